import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { parseShowInfo } from '../observed/show-info.ts';
import { RuntimeSocket, RuntimeSocketError } from '../runtime/runtime-socket.ts';
import { openLogFile, readLogFrom } from './log-file.ts';
import { readIdentity } from './process-identity.ts';
import type { WorkerIdentity } from './process-identity.ts';

export interface WorkerStart {
  readonly program: string;
  readonly configFile: string;
  /** Stats socket that the configuration binds; the start is over when the new process itself answers on it. */
  readonly statsSocket: string;
  /**
   * Whose listeners are taken over (`-x socket`) and who is then told to finish (`-sf pids`, SIGUSR1 from HAProxy itself: pass
   * only pids just read with `readWorkers`).
   */
  readonly takeOverFrom: { readonly socket: string; readonly pids: readonly number[] } | null;
  readonly logFile: string;
  /** Variables besides those of this process. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when the process has been given all that it reads. Before that nobody asks whether it serves, and it has all the time. */
  readonly given?: Promise<void>;
  /** Milliseconds from then on; default 20000. */
  readonly timeout?: number;
  /** Nobody wants it any more: it is killed unless it serves already. */
  readonly unwanted?: AbortSignal;
  /** Told when the process has ended, whenever that is, or could not be started. */
  readonly ended?: () => void;
}

export interface WorkerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type WorkerStarted =
  | {
    readonly ok: true;
    readonly worker: WorkerIdentity;
    /** Resolves when the process ends, if this one lives to see it. */
    readonly exited: Promise<WorkerExit>;
    /** What HAProxy said while it started: warnings. */
    readonly output: string;
  }
  | { readonly ok: false; readonly output: string };

/**
 * Starts a HAProxy (`-db`: stays in the foreground, no master) in a session of its own, its output in a file: it outlives this
 * process. Resolves when it serves, or when it ended or did not serve in time; then it does not run any more. One that ends
 * with a complaint does so before its predecessor is told to finish: that one serves on.
 */
export async function startWorker(start: WorkerStart): Promise<WorkerStarted> {
  const { takeOverFrom } = start;
  const args = ['-db', '-f', start.configFile];
  if (takeOverFrom !== null) {
    // HAProxy gives up when nobody answers on the `-x` socket: an old worker that hangs must not keep a new one from starting.
    if ((await askPid(takeOverFrom.socket, 1000)) !== null) args.push('-x', takeOverFrom.socket);
    if (takeOverFrom.pids.length > 0) args.push('-sf', ...takeOverFrom.pids.map(String));
  }
  const log = openLogFile(start.logFile);
  const child = launch(start, args, log.fd);
  closeSync(log.fd);
  const exited = new Promise<WorkerExit>((resolve) => { child.once('exit', (code, signal) => { resolve({ code, signal }); }); });
  const failed = new Promise<string>((resolve) => {
    child.once('error', (error) => { resolve(`[ALERT] : cannot run ${start.program}: ${error.message}\n`); });
  });
  if (start.ended !== undefined) Promise.race([exited, failed]).then(start.ended, start.ended);
  const kill = (): void => { child.kill('SIGKILL'); };
  start.unwanted?.addEventListener('abort', kill);
  const outcome = await Promise.race([
    exited.then(() => 'ended' as const), failed.then(() => 'ended' as const),
    (start.given ?? Promise.resolve()).then(() => untilItAnswers(child, start.statsSocket, start.timeout ?? 20_000)),
  ]);
  start.unwanted?.removeEventListener('abort', kill);
  const identity = child.pid === undefined ? null : readIdentity(child.pid);
  if (outcome === 'answers' && identity !== null) {
    child.unref();
    return { ok: true, worker: identity, exited, output: readLogFrom(start.logFile, log.size) };
  }
  if (child.pid === undefined) return { ok: false, output: await failed };
  let remark = '';
  if (outcome === 'late') {
    remark = `[ALERT] : HAProxy did not serve within ${start.timeout ?? 20_000} ms and was stopped\n`;
    kill();
  }
  const { code } = await exited;
  // env(1): 126 for a program that cannot be run, 127 for one that is not there.
  if (code === 126 || code === 127) remark = `[ALERT] : cannot run ${start.program}\n`;
  return { ok: false, output: readLogFrom(start.logFile, log.size) + remark };
}

/**
 * Of glibc (its manual, "Memory Allocation Tunables"; 2.35 or newer, others do not know the first word). Large pages: ten thousand backends
 * lie 7 kB apart, and with pages of 4 kB nearly every one that a request touches is missing in the processor's page look-aside buffer. Asked
 * for where the kernel gives them on request (transparent_hugepage, `madvise` or `always`), they halve what the look-ups of a request cost.
 * More freed pieces kept at hand: OpenSSL frees as many as it asks for, 5 % of the time to load certificates.
 */
const tunables = 'glibc.malloc.hugetlb=1:glibc.malloc.tcache_count=127';

function launch(start: WorkerStart, args: readonly string[], fd: number): ChildProcess {
  const variables = Object.entries(start.env).map(([name, value]) => `${name}=${value}`);
  // env(1) changes the environment and becomes the program: the pid is HAProxy's own. What the launcher sets for Node's memory
  // would make HAProxy's threads wait for each other.
  return spawn('env', ['-u', 'MALLOC_ARENA_MAX', `GLIBC_TUNABLES=${tunables}`, ...variables, start.program, ...args], { detached: true, stdio: ['ignore', fd, fd] });
}

/** Until the process answers itself: before that its predecessor does, on the same path. */
async function untilItAnswers(child: ChildProcess, socket: string, timeout: number): Promise<'answers' | 'late' | 'ended'> {
  const until = performance.now() + timeout;
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return 'ended';
    if ((await askPid(socket, 1000)) === child.pid) return 'answers';
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  return 'late';
}

/** Pid of the HAProxy behind a stats socket; null when nobody answers. */
async function askPid(path: string, timeout: number): Promise<number | null> {
  try {
    return Number(parseShowInfo(await new RuntimeSocket(path, { timeout }).read('show info')).get('Pid'));
  } catch (error) {
    if (error instanceof RuntimeSocketError) return null;
    throw error;
  }
}
