import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, readBootId } from './process-identity.ts';
import type { WorkerIdentity } from './process-identity.ts';
import { writeFileIfChanged } from './write-file.ts';

export { readIdentity } from './process-identity.ts';
export type { WorkerIdentity } from './process-identity.ts';

/** A HAProxy that was started for this state directory. */
export interface WorkerRecord extends WorkerIdentity {
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Counts up with every worker of the state directory; the highest is the one in charge. */
  readonly generation: number;
}

/**
 * Workers of `<stateDir>/workers.json` that still run, oldest generation first. None without a file. Throws when the file holds
 * something else: which processes may be signalled is then unknown, and nothing else would tell.
 */
export async function readWorkers(stateDir: string): Promise<readonly WorkerRecord[]> {
  const path = fileOf(stateDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const decoded = decodeWorkers(text);
  if (decoded === null) throw new Error(`${path} is not a list of workers; if no HAProxy of this state directory runs any more, delete the file`);
  // After a boot every pid and every start tick may come again.
  if (decoded.boot !== readBootId()) return [];
  return decoded.workers.filter(isRunning).sort((one, other) => one.generation - other.generation);
}

/** Replaces the list, atomically, 0600. */
export async function writeWorkers(stateDir: string, workers: readonly WorkerRecord[]): Promise<void> {
  await writeFileIfChanged(fileOf(stateDir), `${JSON.stringify({ boot: readBootId(), workers }, null, 1)}\n`);
}

/**
 * The one place from which signals are sent. False, and nothing signalled, when the process is gone or another one has its pid.
 * Throws EPERM when it runs under an account that may not be signalled.
 */
export function signalWorker(worker: WorkerIdentity, signal: NodeJS.Signals): boolean {
  if (!isRunning(worker)) return false;
  try {
    return process.kill(worker.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

function fileOf(stateDir: string): string {
  return join(stateDir, 'workers.json');
}

function decodeWorkers(text: string): { readonly boot: string; readonly workers: readonly WorkerRecord[] } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('boot' in value) || !('workers' in value)) return null;
  const { boot, workers } = value;
  return typeof boot === 'string' && Array.isArray(workers) && workers.every(isWorkerRecord) ? { boot, workers } : null;
}

function isWorkerRecord(value: unknown): value is WorkerRecord {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Record<string, unknown>;
  // A pid below 1 would signal process groups.
  return ['pid', 'startTicks', 'startedAt', 'generation'].every((key) => Number.isSafeInteger(record[key])) && (record['pid'] as number) > 1;
}
