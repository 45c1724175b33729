import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { atEnd } from './endings.ts';

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  output(): string;
  end(signal?: NodeJS.Signals, within?: number): Promise<void>;
}

/** A process that does not outlive the benchmark. */
export const startChild = (program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child => {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { output += chunk.toString('utf8'); });
  child.on('error', (error) => { output += error.message; });
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const now = (): void => { if (!isOver()) child.kill('SIGKILL'); };
  const end = async (signal: NodeJS.Signals = 'SIGTERM', within = 5000): Promise<void> => {
    if (isOver()) return;
    const over = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(now, within);
    await over;
    clearTimeout(late);
  };
  atEnd({ end, now });
  return { process: child, pid: child.pid ?? 0, output: () => output, end };
};

/** Resident memory in bytes. */
export const residentMemory = (pid: number): number => {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line === null) throw new Error(`/proc/${pid}/status names no VmRSS`);
  return Number(line[1]) * 1024;
};

/** Processor time used so far by all threads, in seconds: fields 14 and 15 of /proc/PID/stat, in ticks of 10 ms (proc(5)). */
export const processorTime = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
