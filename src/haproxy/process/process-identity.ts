import { readFileSync } from 'node:fs';

/** A process that cannot be mistaken for another one that got the same pid later. */
export interface WorkerIdentity {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat (proc(5)): when it started, clock ticks after boot. */
  readonly startTicks: number;
}

/** Null when no such process runs; a zombie does not run. */
export function readIdentity(pid: number): WorkerIdentity | null {
  const stat = readProcFile(`/proc/${pid}/stat`);
  const parsed = stat === null ? null : parseStat(stat);
  return parsed === null || parsed.state === 'Z' || parsed.state === 'X' ? null : { pid, startTicks: parsed.startTicks };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: WorkerIdentity): boolean {
  return readIdentity(identity.pid)?.startTicks === identity.startTicks;
}

/** Changes with every boot of the machine: start ticks of another boot mean nothing. */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Resident memory of a process in bytes; 0 when it is gone. */
export function readResidentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProcFile(`/proc/${pid}/status`) ?? '')?.[1];
  return kilobytes === undefined ? 0 : Number(kilobytes) * 1024;
}

/** `123 (a name) with) S 1 ...`: the name may hold spaces and parentheses, so fields are counted from the last one. */
export function parseStat(text: string): { readonly state: string; readonly startTicks: number } | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTicks = Number(fields[19]);
  return state === undefined || !Number.isSafeInteger(startTicks) ? null : { state, startTicks };
}

function readProcFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ESRCH: it ended between open and read.
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}
