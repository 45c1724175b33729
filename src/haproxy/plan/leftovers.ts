import type { Clock } from '../../lib/clock.ts';
import type { Leftover } from './plan.ts';

/** How long a server that lost its traffic is left alone before it is first tried to be deleted. Milliseconds. */
const grace = 1000;
const longest = 30_000;
const most = 200;

export interface Waiting {
  readonly leftover: Leftover;
  readonly at: number;
  readonly wait: number;
}

/**
 * Servers that wait to be deleted. HAProxy refuses while connections are open; they are never cut, so deleting is tried again,
 * at growing distance.
 */
export class Leftovers {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  add(leftovers: readonly Leftover[]): void {
    const at = this.#clock.monotonic() + grace;
    for (const leftover of leftovers) this.#waiting.push({ leftover, at, wait: grace });
    this.#arm();
  }

  again({ leftover, wait: last }: Waiting): void {
    const wait = Math.min(longest, last * 2);
    this.#waiting.push({ leftover, at: this.#clock.monotonic() + wait, wait });
    this.#arm();
  }

  /** Takes out those whose time has come, at most so many that a change need not wait for them. */
  due(): readonly Waiting[] {
    const now = this.#clock.monotonic();
    const due = this.#waiting.filter(({ at }) => at <= now).slice(0, most);
    const taken = new Set(due);
    this.#waiting = this.#waiting.filter((one) => !taken.has(one));
    this.#arm();
    return due;
  }

  get size(): number {
    return this.#waiting.length;
  }

  clear(): void {
    this.#waiting = [];
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #arm(): void {
    if (this.#timer !== null || this.#waiting.length === 0) return;
    const next = Math.min(...this.#waiting.map(({ at }) => at));
    this.#timer = setTimeout(() => { this.#timer = null; this.#wake(); }, Math.max(10, next - this.#clock.monotonic()));
    this.#timer.unref();
  }
}
