import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePorts } from './addresses.ts';
import { atEnd, atExit } from './cleanup.ts';
import { eventually } from './eventually.ts';
import { cleanEnvironment, fairway, fairwayProgram } from './fairway-command.ts';
import type { CommandAnswer } from './fairway-command.ts';
import { openH2 } from './h2-client.ts';
import type { H2Connection } from './h2-client.ts';
import { send } from './http-client.ts';
import type { Answer, RequestWish, TlsWish } from './http-client.ts';
import { manifestText } from './manifests.ts';
import type { Manifest } from './manifests.ts';
import { parseMetrics, sumOf } from './prometheus.ts';
import type { Sample } from './prometheus.ts';
import { runningWorkers } from './workers.ts';

export interface RouterWish {
  /** First content of the directory: objects (one file) or file names with their contents. */
  readonly manifests?: readonly Manifest[] | Readonly<Record<string, readonly Manifest[] | string>>;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Do not wait for readiness (default: wait). */
  readonly wait?: boolean;
}

type Ask = Omit<RequestWish, 'port' | 'host' | 'tls'>;

export interface Router {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
  readonly directory: string;
  readonly stateDir: string;
  /** Everything the program printed. */
  log(): string;
  /** Writes a manifest file the way a careful tool does: beside, then renamed. */
  write(file: string, content: readonly Manifest[] | string): Promise<void>;
  remove(file: string): Promise<void>;
  /** Plain HTTP request to `host`. */
  get(host: string, path?: string, wish?: Ask): Promise<Answer>;
  /** The same over TLS. */
  getTls(host: string, path?: string, wish?: Ask & { readonly tls?: TlsWish }): Promise<Answer>;
  h2(sni: string, wish?: { ca?: string }): Promise<H2Connection>;
  /** Retries until `host` is answered as `check` (which throws) wants. */
  live(host: string, check: (answer: Answer) => void, wish?: Ask & { readonly path?: string; readonly tls?: boolean; readonly within?: number }): Promise<Answer>;
  /** `fairway status --json` of this router. */
  status(): Promise<CommandAnswer>;
  metrics(): Promise<Sample[]>;
  /** Reloads of HAProxy since Fairway started, of one reason or of all. */
  reloads(reason?: string): Promise<number>;
  ready(): Promise<boolean>;
  /** The HAProxy process that serves now. */
  haproxyPid(): number;
  /** All of them, old ones included. */
  haproxyPids(): number[];
  pid(): number;
  /** Signals Fairway (not HAProxy). */
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal's name, when Fairway has ended. */
  exited(within?: number): Promise<number | NodeJS.Signals>;
  /** Starts Fairway again with the same directories and ports; it must have ended. Waits for readiness. */
  start(flags?: readonly string[]): Promise<void>;
}

/** Starts `bin/fairway run` on a directory of its own, and ends it (HAProxy too) after the test file. */
export async function startRouter(wish: RouterWish = {}): Promise<Router> {
  const base = await mkdtemp(join(tmpdir(), 'fairway-test-'));
  const directory = join(base, 'manifests');
  const stateDir = join(base, 'state');
  await mkdir(directory);
  const [http, https, admin] = (await freePorts(3)) as [number, number, number];
  let child: ChildProcess | null = null;
  let log = '';
  let writes = 0;

  const write = async (file: string, content: readonly Manifest[] | string): Promise<void> => {
    const target = join(directory, file);
    await mkdir(dirname(target), { recursive: true });
    const text = typeof content === 'string' ? content : manifestText(content);
    // Outside the directory, so that the half-written file is never seen.
    writes += 1;
    const beside = join(base, `being-written-${writes}`);
    await writeFile(beside, text);
    await rename(beside, target);
  };
  const killAll = (): void => {
    if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    for (const worker of runningWorkers(stateDir)) process.kill(worker.pid, 'SIGKILL');
  };
  const forgetExit = atExit(killAll);
  atEnd(async () => {
    if (child?.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await exited(10_000).catch(() => undefined);
    }
    killAll();
    forgetExit();
    await rm(base, { recursive: true, force: true });
  });

  const exited = async (within = 15_000): Promise<number | NodeJS.Signals> => {
    const process = child;
    if (!process) throw new Error('not started');
    return eventually(() => {
      const end = process.exitCode ?? process.signalCode;
      if (end === null) throw new Error(`still running after ${within} ms\n${log.slice(-3_000)}`);
      return end;
    }, within);
  };
  const ready = async (): Promise<boolean> => {
    try {
      return (await send({ port: admin, host: 'localhost', path: '/healthz/ready', timeout: 2_000 })).status === 200;
    } catch {
      return false;
    }
  };
  const start = async (flags: readonly string[] = wish.flags ?? [], wait = true): Promise<void> => {
    const started = spawn(
      fairwayProgram,
      [
        'run', directory, '--http-port', String(http), '--https-port', String(https), '--admin-port', String(admin),
        '--state-dir', stateDir, ...flags,
      ],
      { env: cleanEnvironment(wish.env), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = started;
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (chunk: Buffer) => { log += chunk.toString('utf8'); });
    if (!wait) return;
    await eventually(async () => {
      if (started.exitCode !== null) return;
      if (!(await ready())) throw new Error(`not ready; it said:\n${log.slice(-4_000)}`);
    }, 20_000);
    if (started.exitCode !== null) throw new Error(`ended with ${started.exitCode} instead of serving; it said:\n${log.slice(-4_000)}`);
  };

  const initial = wish.manifests ?? [];
  for (const [file, content] of Object.entries(Array.isArray(initial) ? { 'first.yaml': initial as Manifest[] } : (initial as Record<string, Manifest[] | string>))) {
    await write(file, content);
  }
  await start(wish.flags, wish.wait ?? true);

  const get: Router['get'] = (host, path = '/', ask = {}) => send({ ...ask, port: http, host, path });
  const getTls: Router['getTls'] = (host, path = '/', { tls, ...ask } = {}) => send({ ...ask, port: https, host, path, tls: tls ?? true });
  const metrics = async (): Promise<Sample[]> => parseMetrics((await send({ port: admin, host: 'localhost', path: '/metrics' })).body);
  return {
    http,
    https,
    admin,
    directory,
    stateDir,
    log: () => log,
    write,
    remove: (file) => rm(join(directory, file)),
    get,
    getTls,
    h2: (sni, more = {}) => openH2({ port: https, sni, ...more }),
    live: async (host, check, { tls = false, within = 5_000, path = '/', ...ask } = {}) =>
      eventually(async () => {
        const answer = await (tls ? getTls(host, path, ask) : get(host, path, ask));
        check(answer);
        return answer;
      }, within).catch((failure: unknown) => {
        throw new Error(`${host}${path} is not as it should be after ${within} ms; the router said:\n${log.slice(-2_000)}`, { cause: failure });
      }),
    status: () => fairway(['status', '--state-dir', stateDir, '--json']),
    metrics,
    reloads: async (reason) => sumOf(await metrics(), 'fairway_haproxy_reloads_total', reason === undefined ? {} : { reason }),
    ready,
    haproxyPid: () => {
      const newest = runningWorkers(stateDir).at(-1);
      if (!newest) throw new Error('no HAProxy runs');
      return newest.pid;
    },
    haproxyPids: () => runningWorkers(stateDir).map(({ pid }) => pid),
    pid: () => child?.pid ?? 0,
    kill: (signal) => { child?.kill(signal); },
    exited,
    start: (flags) => start(flags),
  };
}
