import type { WorkerRecord } from './pid-file.ts';
export interface OldWorker { readonly worker: WorkerRecord; /** Milliseconds since its successor started. */ readonly age: number; readonly residentBytes: number }
/** Every worker but the one of the highest generation, oldest first. */
export function listOldWorkers(_workers: readonly WorkerRecord[], _now: number): readonly OldWorker[] { throw new Error('not written yet'); }
/** SIGTERM to those that have been old for longer than `bound` milliseconds; returns the ones signalled. */
export function terminateOverdue(_old: readonly OldWorker[], _bound: number): readonly OldWorker[] { throw new Error('not written yet'); }
