import type { WorkerIdentity } from './pid-file.ts';
export interface WorkerStart {
  readonly program: string;
  readonly configFile: string;
  /** Stats socket that the configuration binds; the start is over when the new process answers on it. */
  readonly statsSocket: string;
  /** The workers whose listeners are taken over (`-x socket`), told to finish (`-sf pids`). */
  readonly takeOverFrom: { readonly socket: string; readonly pids: readonly number[] } | null;
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds; default 20000. */
  readonly timeout?: number;
}
export type WorkerStarted =
  | { readonly ok: true; readonly worker: WorkerIdentity; /** Resolves when the process ends while we live. */ readonly exited: Promise<WorkerExit>; readonly output: string }
  | { readonly ok: false; readonly output: string };
export interface WorkerExit { readonly code: number | null; readonly signal: NodeJS.Signals | null }
export function startWorker(_start: WorkerStart): Promise<WorkerStarted> { throw new Error('not written yet'); }
