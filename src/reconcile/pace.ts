import type { Clock } from '../lib/clock.ts';

/**
 * Waits for quiet, but never longer than a maximum: changes that come together are served together, and a stream of changes
 * cannot put off the first of them. Milliseconds.
 */
export class Pace {
  readonly #limits: { readonly quiet: number; readonly longest: number };
  readonly #clock: Clock;
  readonly #go: () => void;
  #first: number | null = null;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;

  constructor(limits: { readonly quiet: number; readonly longest: number }, clock: Clock, go: () => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#go = go;
  }

  changed(): void {
    const now = this.#clock.monotonic();
    this.#first ??= now;
    const wait = Math.min(this.#limits.quiet, this.#first + this.#limits.longest - now);
    this.#clear();
    const fire = (): void => {
      this.#timer = null;
      this.#first = null;
      this.#go();
    };
    this.#timer = wait < 1 ? setImmediate(fire) : setTimeout(fire, wait);
  }

  stop(): void {
    this.#clear();
    this.#first = null;
  }

  #clear(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer as NodeJS.Timeout);
    clearImmediate(this.#timer as NodeJS.Immediate);
    this.#timer = null;
  }
}
