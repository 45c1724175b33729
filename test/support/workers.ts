import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A HAProxy process as the state directory records it. */
export interface RecordedWorker {
  readonly pid: number;
  readonly startTicks: number;
  readonly startedAt: number;
  readonly generation: number;
}

/** Field 22 of /proc/PID/stat (proc(5)): the time the process started; null when it is gone or a zombie. */
function startTicksOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything: count from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : Number(fields[19]);
  } catch {
    return null;
  }
}

/** The HAProxy processes of this state directory that still run, oldest first. */
export function runningWorkers(stateDir: string): RecordedWorker[] {
  let text: string;
  try {
    text = readFileSync(join(stateDir, 'workers.json'), 'utf8');
  } catch {
    return [];
  }
  const parsed = JSON.parse(text) as RecordedWorker[] | { workers: RecordedWorker[] };
  const workers = Array.isArray(parsed) ? parsed : parsed.workers;
  return workers.filter(({ pid, startTicks }) => startTicksOf(pid) === startTicks).sort((a, b) => a.generation - b.generation);
}

export function isRunning(pid: number): boolean {
  return startTicksOf(pid) !== null;
}

/** Resident memory in bytes. */
export function residentMemory(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!line) throw new Error(`/proc/${pid}/status names no VmRSS`);
  return Number(line[1]) * 1024;
}
