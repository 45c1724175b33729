import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { decideRestart, type PastExit } from './process/crash-loop.ts';
import { readIdentity, type WorkerRecord } from './process/pid-file.ts';

export interface WorkerCareOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Starts a worker with what was served last. False when there is nothing to start, or somebody else has started one. */
  readonly start: () => Promise<boolean>;
  /** Does work that nobody waits for, in its turn. */
  readonly background: (work: () => Promise<void>) => void;
  readonly onRestart: (reason: string) => void;
}

export const isWorkerAlive = (worker: WorkerRecord): boolean => readIdentity(worker.pid)?.startTicks === worker.startTicks;

/**
 * Tells whether a worker that closed a connection lives on, by opening another. A process that is killed closes its sockets before
 * it stops being one, the later the more memory it has, so one that is there but does not answer is looked at again.
 */
export const hasEnded = async (worker: WorkerRecord, connect: () => Promise<void>): Promise<boolean> => {
  for (let attempt = 0; attempt < 250; attempt += 1) {
    if (!isWorkerAlive(worker)) return true;
    const answers = await connect().then(() => true, () => false);
    if (answers) return false;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  return false;
};

/** Starts HAProxy again when it is gone: at once, but with growing distance when it keeps ending. */
export class WorkerCare {
  readonly #options: WorkerCareOptions;
  readonly #exits: PastExit[] = [];

  constructor(options: WorkerCareOptions) {
    this.#options = options;
  }

  /** A worker ended and nobody had asked it to. */
  async gone(worker: WorkerRecord): Promise<void> {
    const { clock, log } = this.#options;
    const now = clock.now();
    this.#exits.push({ at: now, ran: now - worker.startedAt, how: 'ended by itself or by a signal' });
    const { delay, reason } = decideRestart(this.#exits, now);
    log.error('HAProxy is gone; starting it again', { pid: worker.pid, delay, reason });
    if (delay === 0) await this.#restart(reason);
    else this.#restartIn(delay, reason);
  }

  #restartIn(delay: number, reason: string): void {
    setTimeout(() => { this.#options.background(() => this.#restart(reason)); }, delay);
  }

  async #restart(reason: string): Promise<void> {
    const { clock, log, start, onRestart } = this.#options;
    try {
      if (await start()) onRestart(reason);
    } catch (error) {
      log.error('HAProxy could not be started', { because: String(error) });
      const now = clock.now();
      this.#exits.push({ at: now, ran: 0, how: 'did not start' });
      this.#restartIn(Math.max(1000, decideRestart(this.#exits, now).delay), reason);
    }
  }
}
