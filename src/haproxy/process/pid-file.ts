/** A process that cannot be mistaken for another one that got the same pid later. */
export interface WorkerIdentity { readonly pid: number; /** Field 22 of /proc/<pid>/stat: clock ticks after boot. */ readonly startTicks: number }
export interface WorkerRecord extends WorkerIdentity { /** Milliseconds since the epoch. */ readonly startedAt: number; readonly generation: number }
/** Null when no such process runs (a zombie does not run). */
export function readIdentity(_pid: number): WorkerIdentity | null { throw new Error('not written yet'); }
/** Workers of `<stateDir>/workers.json` that still run as the same process. */
export function readWorkers(_stateDir: string): Promise<readonly WorkerRecord[]> { throw new Error('not written yet'); }
export function writeWorkers(_stateDir: string, _workers: readonly WorkerRecord[]): Promise<void> { throw new Error('not written yet'); }
/** False, and nothing signalled, when the process is gone or another one has its pid. */
export function signalWorker(_worker: WorkerIdentity, _signal: NodeJS.Signals): boolean { throw new Error('not written yet'); }
