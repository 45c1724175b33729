/** How long to wait for more events before acting. Milliseconds. */
export interface QuietPace {
  /** Act when nothing happened for this long ... */
  readonly quiet: number;
  /** ... but never later than this after the first event. */
  readonly longest: number;
}

/** Makes one call out of a burst of events. */
export class Quiet {
  readonly #pace: QuietPace;
  readonly #act: () => void;
  #timer: NodeJS.Timeout | null = null;
  #first = 0;
  #last = 0;

  constructor(pace: QuietPace, act: () => void) {
    this.#pace = pace;
    this.#act = act;
  }

  /** Something happened. */
  poke(): void {
    this.#last = performance.now();
    if (this.#timer !== null) return;
    this.#first = this.#last;
    this.#wait(this.#pace.quiet);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const now = performance.now();
      const left = Math.min(this.#last + this.#pace.quiet, this.#first + this.#pace.longest) - now;
      // Timers run up to a millisecond early or late: half of one is no reason to sleep again.
      if (left > 0.5) {
        this.#wait(left);
        return;
      }
      this.#timer = null;
      this.#act();
    }, milliseconds);
  }
}
