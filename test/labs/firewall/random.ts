/** Seeded random choices (mulberry32): a seed printed by a failed run makes the same rules and packets again. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 <= x < 1. */
  real(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** low <= n <= high. */
  int(low: number, high: number): number {
    return low + Math.floor(this.real() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.real() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const value = from[this.int(0, from.length - 1)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }

  some<T>(from: readonly T[], most: number): T[] {
    const count = this.int(1, Math.min(most, from.length));
    const left = [...from];
    return Array.from({ length: count }, () => left.splice(this.int(0, left.length - 1), 1)).flat();
  }

  /** `[weight, value]` pairs. */
  weighted<T>(pairs: readonly (readonly [number, T])[]): T {
    let at = this.real() * pairs.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of pairs) {
      at -= weight;
      if (at < 0) return value;
    }
    return this.pick(pairs)[1];
  }
}
