/** Counts how many hold each thing; tells when the first comes and the last goes. */
export class Uses<T> {
  readonly #held = new Map<string, { count: number; readonly thing: T }>();

  /** true when nobody held it before. */
  take(key: string, thing: T): boolean {
    const known = this.#held.get(key);
    if (known !== undefined) {
      known.count += 1;
      return false;
    }
    this.#held.set(key, { count: 1, thing });
    return true;
  }

  /** The thing when nobody holds it any more, else null. */
  release(key: string): T | null {
    const known = this.#held.get(key);
    if (known === undefined) return null;
    known.count -= 1;
    if (known.count > 0) return null;
    this.#held.delete(key);
    return known.thing;
  }

  has(key: string): boolean {
    return this.#held.has(key);
  }

  keys(): IterableIterator<string> {
    return this.#held.keys();
  }
}
