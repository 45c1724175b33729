import { signalWorker } from './pid-file.ts';
import type { WorkerRecord } from './pid-file.ts';
import { readResidentBytes } from './process-identity.ts';

/** A worker that another one took over from: it finishes its open connections. */
export interface OldWorker {
  readonly worker: WorkerRecord;
  /** Milliseconds since its successor started. */
  readonly age: number;
  readonly residentBytes: number;
}

/** Every worker but the one of the highest generation, oldest first. `now` in milliseconds since the epoch. */
export function listOldWorkers(workers: readonly WorkerRecord[], now: number): readonly OldWorker[] {
  const ordered = [...workers].sort((one, other) => one.generation - other.generation);
  return ordered.slice(0, -1).map((worker, index) => ({
    worker,
    age: Math.max(0, now - (ordered[index + 1] ?? worker).startedAt),
    residentBytes: readResidentBytes(worker.pid),
  }));
}

/**
 * SIGTERM, which ends a HAProxy and its connections at once, to those that have been old for longer than `bound` milliseconds.
 * Returns the ones signalled.
 */
export function terminateOverdue(old: readonly OldWorker[], bound: number): readonly OldWorker[] {
  return old.filter(({ age, worker }) => age > bound && signalWorker(worker, 'SIGTERM'));
}
