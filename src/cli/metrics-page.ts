import type { Config } from '../config.ts';
import { parseShowStat } from '../haproxy/observed/show-stat.ts';
import type { Clock } from '../lib/clock.ts';
import { createBaselines } from '../metrics/baselines.ts';
import type { FairwayMetrics } from '../metrics/fairway-metrics.ts';
import { haproxyMetrics } from '../metrics/haproxy-metrics.ts';
import type { RunningRouter } from './running-router.ts';

export interface MetricsPageParts {
  readonly router: RunningRouter;
  readonly metrics: FairwayMetrics;
  readonly config: Config;
  readonly clock: Clock;
  readonly ready: () => boolean;
}

/** The text of /metrics, made anew for each scrape: Fairway's figures, then HAProxy's. */
export function metricsPage({ router, metrics, config, clock, ready }: MetricsPageParts): () => AsyncGenerator<string | Buffer> {
  const baselines = createBaselines();
  let [scrapes, failures] = [0, 0];
  return async function* page() {
    scrapes += 1;
    const view = router.view();
    yield await metrics.text({ ready: ready(), oldWorkers: view?.workers.filter((worker) => !worker.current).length ?? 0 });
    if (view === null) {
      yield single('haproxy_up', 'gauge', 'Whether HAProxy answers.', 0);
      return;
    }
    const members = view.table.rules.reduce((sum, rule) => sum + rule.pool.members.length, 0);
    const [answer, info] = await Promise.all([router.figures.showStat('all'), router.figures.showInfo()]);
    const stat = answer === null ? null : parseShowStat(answer);
    if (answer !== null && stat === null) failures += 1;
    yield [
      single('haproxy_up', 'gauge', 'Whether HAProxy answers.', stat === null ? 0 : 1),
      single('haproxy_exporter_total_scrapes', 'counter', 'Times that these figures were asked for.', scrapes),
      single('haproxy_exporter_csv_parse_failures', 'counter', 'Answers of HAProxy that could not be read.', failures),
      '# HELP haproxy_exporter_server_threshold Members, and the number above which they get the essential figures only.\n# TYPE haproxy_exporter_server_threshold gauge\n',
      `haproxy_exporter_server_threshold{type="current"} ${members}\nhaproxy_exporter_server_threshold{type="limit"} ${config.metrics.memberThreshold}\n`,
      ...(info === null ? [] : [processFigures(info, clock)]),
    ].join('');
    if (stat === null) return;
    const rules = new Map(view.table.rules.map((rule) => [rule.id, rule]));
    baselines.begin(info?.get('Pid') ?? '');
    yield* haproxyMetrics({
      stat, baselines, owners: router.figures, rule: (id) => rules.get(id), everyMemberFigure: members <= config.metrics.memberThreshold,
    });
  };
}

function single(name: string, type: 'counter' | 'gauge', help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${name} ${value}\n`;
}

function processFigures(info: ReadonlyMap<string, string>, clock: Clock): string {
  const number = (name: string): number => Number(info.get(name) ?? NaN);
  return [
    single('haproxy_max_connections', 'gauge', 'Most connections at a time.', number('Maxconn')),
    single('haproxy_process_current_connections', 'gauge', 'Connections now, those to the admin socket included.', number('CurrConns')),
    single('haproxy_process_connections_total', 'counter', 'Connections.', number('CumConns')),
    single('haproxy_process_requests_total', 'counter', 'Requests.', number('CumReq')),
    single('haproxy_process_pool_allocated_bytes', 'gauge', "Memory of HAProxy's pools.", number('PoolAlloc_MB') * 1_048_576),
    single('haproxy_process_start_time_seconds', 'gauge', 'Start of the worker that serves, in seconds since the epoch.', Math.round(clock.now() / 1000) - number('Uptime_sec')),
  ].join('');
}
