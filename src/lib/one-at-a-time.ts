/** Work that must not overlap: each piece waits for those that came before, whether they went well or not. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  do<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
