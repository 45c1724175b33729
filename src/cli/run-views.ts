import type { Verdict } from '../admission/verdict.ts';
import type { Config } from '../config.ts';
import { parseShowStat } from '../haproxy/observed/show-stat.ts';
import type { Clock } from '../lib/clock.ts';
import type { History } from '../status/history.ts';
import { buildStatusView } from '../status/status-view.ts';
import type { StatusInputs, StatusView } from '../status/status-view.ts';
import { BadQuery } from '../status/state-socket.ts';
import type { ExplainQuery } from '../status/state-socket.ts';
import type { Origin } from '../resources/metadata.ts';
import { withHaproxy } from './explain-haproxy.ts';
import { explainReport, parseRequest } from './explain-report.ts';
import type { ExplainReport, OriginOf } from './explain-report.ts';
import type { RunningRouter } from './running-router.ts';

/** The status of a running router, read now. */
export async function statusOf(
  router: RunningRouter, history: History, facts: Omit<StatusInputs['fairway'], 'ready' | 'adopted'>, ready: boolean, clock: Clock,
): Promise<StatusView> {
  const view = router.view();
  const [answer, info] = view === null ? [null, null] : await Promise.all([router.figures.showStat('all'), router.figures.showInfo()]);
  return buildStatusView({
    fairway: { ...facts, ready, adopted: view?.adopted ?? false },
    table: view?.table ?? { rules: [], certificates: [], defaultCertificate: '', refused: [] },
    verdicts: view?.verdicts ?? [],
    problems: view?.problems ?? [],
    workers: view?.workers ?? [],
    history: history.view(),
    stat: answer === null ? null : parseShowStat(answer),
    info,
    owners: router.figures,
    now: clock.now(),
  });
}

/** Where the objects of rules stand, by rule id. */
export function originsOf(verdicts: readonly Verdict[]): OriginOf {
  let origins: Map<string, Origin> | null = null;
  return (rule) => {
    origins ??= new Map(verdicts.filter(({ claim }) => claim !== null).map(({ resource: { metadata } }) => [`${metadata.namespace}/${metadata.name}`, metadata.origin]));
    return origins.get(rule);
  };
}

/** What a running router does with a request, and whether its HAProxy agrees. */
export async function explainRunning(router: RunningRouter, config: Config, query: ExplainQuery): Promise<ExplainReport> {
  const view = router.view();
  if (view === null) throw new BadQuery('the router does not serve yet');
  const parsed = parseRequest(query);
  if (!parsed.ok) throw new BadQuery(parsed.message);
  const report = explainReport({
    table: view.table, options: query, request: parsed.request, method: parsed.method, ports: config.listen, originOf: originsOf(view.verdicts),
  });
  return withHaproxy(report, router);
}
