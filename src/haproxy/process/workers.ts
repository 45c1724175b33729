import type { Clock } from '../../lib/clock.ts';
import { listOldWorkers, terminateOverdue, type OldWorker } from './old-workers.ts';
import { readWorkers, writeWorkers, type WorkerIdentity, type WorkerRecord } from './pid-file.ts';
import { stopWorkers } from './stop-workers.ts';

/** The workers of one state directory, as last read from or written to its pid file. */
export class Workers {
  readonly #stateDir: string;
  readonly #clock: Clock;
  #list: readonly WorkerRecord[] = [];

  constructor(stateDir: string, clock: Clock) {
    this.#stateDir = stateDir;
    this.#clock = clock;
  }

  get list(): readonly WorkerRecord[] {
    return this.#list;
  }

  async read(): Promise<readonly WorkerRecord[]> {
    this.#list = await readWorkers(this.#stateDir);
    return this.#list;
  }

  /** The one in charge, or null when none runs. */
  async readNewest(): Promise<WorkerRecord | null> {
    return (await this.read()).reduce<WorkerRecord | null>((best, one) => (best === null || one.generation > best.generation ? one : best), null);
  }

  /** Writes down one that was just started. */
  async add({ pid, startTicks }: WorkerIdentity): Promise<WorkerRecord> {
    const worker: WorkerRecord = { pid, startTicks, startedAt: this.#clock.now(), generation: Math.max(0, ...this.#list.map(({ generation }) => generation)) + 1 };
    this.#list = [...this.#list, worker];
    await writeWorkers(this.#stateDir, this.#list);
    return worker;
  }

  /** Ends those that were taken over from more than `bound` milliseconds ago; gives them. */
  async endOverdue(bound: number): Promise<readonly OldWorker[]> {
    return terminateOverdue(listOldWorkers(await this.read(), this.#clock.now()), bound);
  }

  /** Ends all; what is open has `milliseconds` to finish. */
  async stop(milliseconds: number): Promise<void> {
    await stopWorkers(this.#stateDir, milliseconds, this.#clock);
    this.#list = [];
  }
}
