import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Verdict } from '../admission/verdict.ts';
import type { Outcome } from '../haproxy/driver.ts';
import type { SourceProblem } from '../sources/source.ts';
import type { RoutingTable } from '../table/routing-table.ts';

/** One round of the loop that made HAProxy serve a table. */
export interface ConvergedFacts {
  readonly table: RoutingTable;
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly SourceProblem[];
  readonly outcome: Outcome;
  /** From the moment the first of its changes was seen to the last confirmed step; null: nothing had changed. */
  readonly changeToLive: number | null;
}

/** What is counted by reading rather than by being told. */
export interface Readings {
  readonly oldWorkers: number;
  readonly ready: boolean;
}

export interface FairwayMetrics {
  converged(facts: ConvergedFacts): void;
  verified(facts: { readonly outcome: Outcome }): void;
  adopted(): void;
  /** A round that failed: HAProxy did not answer, a file could not be written. */
  failed(): void;
  /** HAProxy ended by itself and was started again. */
  restarted(): void;
  /** Prometheus text. */
  text(readings: Readings): Promise<string>;
}

/** Seconds: from a socket write to a reload of a large configuration. */
const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Fairway's own figures, in a registry of their own.
 * @param reloadReasons every reason there is: each is shown from the start, with 0, so that a rate can be taken of the first one.
 */
export function createFairwayMetrics(reloadReasons: readonly string[], version: string): FairwayMetrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge => new Gauge({ name, help, labelNames: [...labelNames], registers });
  const counter = (name: string, help: string, labelNames: readonly string[] = []): Counter => new Counter({ name, help, labelNames: [...labelNames], registers });

  const objects = gauge('fairway_objects', 'Objects read, by kind.', ['kind']);
  const refused = gauge('fairway_refused_objects', 'Objects that admission refuses now, by the reason of the first refusal.', ['reason']);
  const warned = gauge('fairway_warnings', 'Warnings on admitted objects now, by code.', ['code']);
  const problems = gauge('fairway_source_problems', 'Problems of the input files now, by severity.', ['severity']);
  const rules = gauge('fairway_rules', 'Rules served.');
  const pools = gauge('fairway_pools', 'Pools served: rules that have members.');
  const members = gauge('fairway_members', 'Members served.');
  const certificates = gauge('fairway_certificates', 'Certificates served, the default one aside.');
  const changes = counter('fairway_changes_total', 'Rounds in which something had changed.');
  const steps = counter('fairway_plan_steps_total', 'Steps sent to HAProxy and confirmed.');
  const live = new Histogram({ name: 'fairway_change_to_live_seconds', help: 'Time from seeing a change to serving it.', buckets, registers });
  const reloads = counter('fairway_haproxy_reloads_total', 'New HAProxy workers that took over, by reason.', ['reason']);
  const drift = counter('fairway_drift_repaired_total', 'Differences in HAProxy that nobody had asked for, repaired.');
  const refusedRules = counter('fairway_haproxy_refused_rules_total', 'Rules that HAProxy itself refused.');
  const adoptions = counter('fairway_haproxy_adoptions_total', 'Running HAProxy processes taken over at start.');
  const restarts = counter('fairway_haproxy_restarts_total', 'HAProxy processes that ended by themselves and were started again.');
  const failures = counter('fairway_failed_rounds_total', 'Rounds that could not be finished and were tried again.');
  const oldWorkers = gauge('fairway_haproxy_old_workers', 'HAProxy workers that only finish their open connections.');
  const ready = gauge('fairway_ready', 'Whether /healthz/ready says yes.');
  gauge('fairway_build_info', 'Version of Fairway.', ['version']).set({ version }, 1);

  for (const reason of reloadReasons) reloads.inc({ reason }, 0);
  for (const kind of ['Namespace', 'Route', 'Service', 'EndpointSlice', 'Secret']) objects.set({ kind }, 0);
  for (const severity of ['error', 'warning']) problems.set({ severity }, 0);

  const told = (outcome: Outcome): void => {
    steps.inc(outcome.steps);
    drift.inc(outcome.drift.length);
    refusedRules.inc(outcome.refused.length);
    if (outcome.reload) reloads.inc({ reason: outcome.reload.reason });
  };
  const tally = <T>(into: Gauge, items: Iterable<T>, labelsOf: (item: T) => Record<string, string>): void => {
    const counts = new Map<string, { readonly labels: Record<string, string>; count: number }>();
    for (const item of items) {
      const labels = labelsOf(item);
      const key = Object.values(labels).join('\0');
      const entry = counts.get(key);
      if (entry) entry.count += 1;
      else counts.set(key, { labels, count: 1 });
    }
    for (const { labels, count } of counts.values()) into.set(labels, count);
  };

  /** Counted when somebody asks: at 10,000 rules it costs more than a change does. */
  let latest: ConvergedFacts | null = null;
  const count = ({ table, verdicts, problems: found }: ConvergedFacts): void => {
    // Kinds and severities keep their zero; reasons and codes that no object has any more go.
    for (const kind of ['Namespace', 'Route', 'Service', 'EndpointSlice', 'Secret']) objects.set({ kind }, 0);
    for (const severity of ['error', 'warning']) problems.set({ severity }, 0);
    refused.reset();
    warned.reset();
    tally(objects, verdicts, ({ resource }) => ({ kind: resource.kind }));
    tally(refused, verdicts.filter(({ refusals }) => refusals.length > 0), ({ refusals }) => ({ reason: refusals[0]?.reason ?? '' }));
    tally(warned, verdicts.flatMap(({ warnings }) => warnings), ({ code }) => ({ code }));
    tally(problems, found, ({ severity }) => ({ severity }));
    rules.set(table.rules.length);
    pools.set(table.rules.filter(({ pool }) => pool.members.length > 0).length);
    members.set(table.rules.reduce((sum, { pool }) => sum + pool.members.length, 0));
    certificates.set(table.certificates.length);
  };

  return {
    converged(facts) {
      told(facts.outcome);
      latest = facts;
      if (facts.changeToLive === null) return;
      changes.inc();
      live.observe(facts.changeToLive / 1000);
    },
    verified: ({ outcome }) => { told(outcome); },
    adopted: () => { adoptions.inc(); },
    failed: () => { failures.inc(); },
    restarted: () => { restarts.inc(); },
    async text(readings) {
      if (latest !== null) count(latest);
      oldWorkers.set(readings.oldWorkers);
      ready.set(readings.ready ? 1 : 0);
      return registry.metrics();
    },
  };
}
