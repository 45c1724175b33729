import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../test/support/addresses.ts';
import { cleanEnvironment, repository } from '../../test/support/fairway-command.ts';
import { parseMetrics, sumOf, type Sample } from '../../test/support/prometheus.ts';
import { runningWorkers } from '../../test/support/workers.ts';
import { startChild, type Child } from './children.ts';
import { atEnd } from './endings.ts';
import { requestOnce } from './raw-http.ts';
import { scratchDirectory } from './scratch.ts';

export interface RouterWish {
  readonly directory: string;
  /** HAProxy's threads; default: its own choice. */
  readonly threads?: number;
  readonly flags?: readonly string[];
}

export interface BenchRouter {
  readonly http: number;
  readonly https: number;
  readonly admin: number;
  readonly stateDir: string;
  /** Starts `fairway run`; resolves at once. */
  launch(): Child;
  /** Resolves when /healthz/ready says 200. */
  ready(): Promise<void>;
  control(): Child;
  haproxyPids(): readonly number[];
  metrics(): Promise<readonly Sample[]>;
  reloads(): Promise<number>;
  end(): Promise<void>;
}

export const prepareRouter = async (wish: RouterWish): Promise<BenchRouter> => {
  const state = join(scratchDirectory(), 'state');
  const [http, https, admin] = (await freePorts(3)) as [number, number, number];
  let control: Child | null = null;
  const haproxyPids = (): readonly number[] => runningWorkers(state).map(({ pid }) => pid);
  const killWorkers = (): void => { for (const pid of haproxyPids()) process.kill(pid, 'SIGKILL'); };
  const must = (): Child => {
    if (control === null) throw new Error('the router was not launched');
    return control;
  };
  const end = async (): Promise<void> => {
    await control?.end('SIGTERM', 15_000);
    killWorkers();
  };
  const metrics = async (): Promise<readonly Sample[]> => parseMetrics((await requestOnce(admin, 'localhost', '/metrics')).body);
  atEnd({ end, now: killWorkers });
  return {
    http, https, admin, stateDir: state, haproxyPids, metrics, end,
    launch() {
      control = startChild(join(repository, 'bin/fairway'), [
        'run', wish.directory, '--http-port', String(http), '--https-port', String(https), '--admin-port', String(admin), '--state-dir', state,
        '--drain', '1s', ...(wish.threads === undefined ? [] : ['--threads', String(wish.threads)]), ...(wish.flags ?? []),
      ], cleanEnvironment(nodeOptions));
      return control;
    },
    async ready() {
      for (;;) {
        if (must().process.exitCode !== null) throw new Error(`the router ended:\n${must().output().slice(-4000)}`);
        const answer = await requestOnce(admin, 'localhost', '/healthz/ready').catch(() => null);
        if (answer?.status === 200) return;
        await sleep(10);
      }
    },
    control: must,
    reloads: async () => sumOf([...(await metrics())], 'fairway_haproxy_reloads_total', {}),
  };
};

/** For looking into a figure: `FAIRWAY_BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=/tmp/profiles"` reaches the control plane. */
const given = process.env['FAIRWAY_BENCH_NODE_OPTIONS'];
const nodeOptions: Readonly<Record<string, string>> = given === undefined ? {} : { NODE_OPTIONS: given };

/** A router that serves. */
export const startRouter = async (wish: RouterWish): Promise<BenchRouter> => {
  const router = await prepareRouter(wish);
  router.launch();
  await router.ready();
  return router;
};
