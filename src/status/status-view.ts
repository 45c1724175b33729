import type { Verdict } from '../admission/verdict.ts';
import type { WorkerView } from '../haproxy/driver.ts';
import type { HaproxyFigures } from '../haproxy/figures.ts';
import type { StatTable } from '../haproxy/observed/show-stat.ts';
import type { SourceProblem } from '../sources/source.ts';
import type { Member, Rule, RoutingTable } from '../table/routing-table.ts';
import type { HistoryView } from './history.ts';
import { datesOf } from './certificate-dates.ts';

/**
 * `up`, `down`: by health checks, or `up` because the last connection worked. `draining`: weight 0, keeps its sessions. `unchecked`: nobody
 * looks. `unknown`: HAProxy does not answer. `absent`: HAProxy has no such server (a difference that the next comparison repairs).
 */
export type Health = 'up' | 'down' | 'draining' | 'maintenance' | 'unchecked' | 'absent' | 'unknown';

export interface MemberStatus {
  readonly address: string;
  readonly port: number;
  readonly service: string;
  readonly pod: string;
  readonly weight: number;
  readonly health: Health;
  /** HAProxy's own words: `UP`, `DOWN 1/2`, `no check`. */
  readonly detail: string;
  readonly sessions: number | null;
}

export interface RuleStatus {
  readonly route: string;
  readonly host: string;
  readonly path: string;
  readonly termination: Rule['termination'];
  readonly insecure: Rule['insecure'];
  readonly balance: string;
  readonly members: readonly MemberStatus[];
}

export interface StatusView {
  readonly fairway: { readonly version: string; readonly pid: number; readonly startedAt: string; readonly ready: boolean; readonly directory: string; readonly adopted: boolean };
  readonly haproxy: {
    readonly answers: boolean;
    readonly version: string | null;
    readonly uptimeSeconds: number | null;
    readonly connections: number | null;
    readonly maxConnections: number | null;
    readonly workers: readonly { readonly pid: number; readonly startedAt: string; readonly current: boolean }[];
  };
  readonly counts: { readonly objects: number; readonly rules: number; readonly pools: number; readonly members: number; readonly membersDown: number; readonly certificates: number; readonly refused: number; readonly warnings: number };
  readonly rules: readonly RuleStatus[];
  readonly certificates: readonly { readonly host: string; readonly route: string; readonly notBefore: string | null; readonly notAfter: string | null; readonly expired: boolean }[];
  readonly refused: readonly { readonly kind: string; readonly namespace: string; readonly name: string; readonly file: string; readonly line: number; readonly code: string; readonly reason: string; readonly message: string; readonly hint: string }[];
  readonly problems: readonly { readonly code: string; readonly severity: 'error' | 'warning'; readonly file: string; readonly line: number; readonly message: string; readonly hint: string }[];
  readonly reloads: { readonly total: number; readonly byReason: Readonly<Record<string, number>>; readonly latest: readonly { readonly at: string; readonly reason: string; readonly detail: string }[] };
  readonly drift: { readonly repaired: number; readonly latest: readonly { readonly at: string; readonly differences: readonly string[] }[] };
  readonly changes: { readonly total: number; readonly last: { readonly at: string; readonly milliseconds: number; readonly steps: number } | null };
  readonly restarts: { readonly total: number; readonly latest: readonly { readonly at: string; readonly message: string }[] };
  readonly refusedByHaproxy: readonly { readonly rule: string; readonly message: string }[];
  readonly failure: { readonly at: string; readonly message: string } | null;
}

/** Everything the view is made of, at one moment. */
export interface StatusInputs {
  readonly fairway: { readonly version: string; readonly pid: number; readonly startedAt: number; readonly ready: boolean; readonly directory: string; readonly adopted: boolean };
  readonly table: RoutingTable;
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly SourceProblem[];
  readonly workers: readonly WorkerView[];
  readonly history: HistoryView;
  /** null: HAProxy does not answer. */
  readonly stat: StatTable | null;
  readonly info: ReadonlyMap<string, string> | null;
  readonly owners: Pick<HaproxyFigures, 'backendOwner' | 'memberOf'>;
  readonly now: number;
}

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

export function buildStatusView(inputs: StatusInputs): StatusView {
  const seen = observedServers(inputs);
  const rules = inputs.table.rules.map((rule) => ruleStatus(rule, inputs.stat === null ? null : (seen.get(rule.id) ?? new Map())));
  const members = rules.flatMap((rule) => rule.members);
  const refused = inputs.verdicts.filter((verdict) => verdict.refusals.length > 0);
  const info = (name: string): number | null => (inputs.info?.has(name) === true ? Number(inputs.info.get(name)) : null);
  const { history } = inputs;
  return {
    fairway: { ...inputs.fairway, startedAt: time(inputs.fairway.startedAt) },
    haproxy: {
      answers: inputs.info !== null,
      version: inputs.info?.get('Version') ?? null,
      uptimeSeconds: info('Uptime_sec'),
      connections: info('CurrConns'),
      maxConnections: info('Maxconn'),
      workers: inputs.workers.map((worker) => ({ ...worker, startedAt: time(worker.startedAt) })),
    },
    counts: {
      objects: inputs.verdicts.length,
      rules: rules.length,
      pools: rules.filter((rule) => rule.members.length > 0).length,
      members: members.length,
      membersDown: members.filter((member) => member.health === 'down').length,
      certificates: inputs.table.certificates.length,
      refused: refused.length,
      warnings: inputs.verdicts.reduce((sum, verdict) => sum + verdict.warnings.length, 0),
    },
    rules,
    certificates: inputs.table.certificates.map((certificate) => {
      const dates = datesOf(certificate);
      return {
        host: certificate.host, route: certificate.rule,
        notBefore: dates === null ? null : time(dates.notBefore),
        notAfter: dates === null ? null : time(dates.notAfter),
        expired: dates !== null && dates.notAfter < inputs.now,
      };
    }),
    refused: refused.flatMap(({ resource, refusals }) => refusals.map(({ code, reason, message, hint, line }) => ({
      kind: resource.kind, namespace: resource.metadata.namespace, name: resource.metadata.name, file: resource.metadata.origin.file, line, code, reason, message, hint,
    }))),
    problems: inputs.problems.map(({ code, severity, file, line, message, hint }) => ({ code, severity, file, line, message, hint })),
    reloads: { ...history.reloads, latest: history.reloads.latest.map((record) => ({ ...record, at: time(record.at) })) },
    drift: { ...history.drift, latest: history.drift.latest.map((record) => ({ ...record, at: time(record.at) })) },
    changes: { total: history.changes.total, last: history.changes.last === null ? null : { ...history.changes.last, at: time(history.changes.last.at) } },
    restarts: { ...history.restarts, latest: history.restarts.latest.map((record) => ({ ...record, at: time(record.at) })) },
    refusedByHaproxy: history.refusedByHaproxy,
    failure: history.failure === null ? null : { ...history.failure, at: time(history.failure.at) },
  };
}

interface Observed {
  readonly status: string;
  readonly sessions: number;
}

/** Rule id -> member id -> what HAProxy says. */
function observedServers({ stat, owners }: StatusInputs): ReadonlyMap<string, ReadonlyMap<string, Observed>> {
  const seen = new Map<string, Map<string, Observed>>();
  if (stat === null) return seen;
  for (const [proxy, server, type, status, sessions] of stat.rows(['pxname', 'svname', 'type', 'status', 'scur'])) {
    if (type !== '2') continue;
    const owner = owners.backendOwner(proxy);
    if (owner.kind !== 'rule') continue;
    const member = owners.memberOf(proxy, server);
    if (member === undefined) continue;
    const ofRule = seen.get(owner.rule) ?? new Map<string, Observed>();
    ofRule.set(member, { status, sessions: Number(sessions) });
    seen.set(owner.rule, ofRule);
  }
  return seen;
}

function ruleStatus(rule: Rule, seen: ReadonlyMap<string, Observed> | null): RuleStatus {
  return {
    route: rule.id,
    host: rule.wildcard ? `*.${rule.host}` : rule.host,
    path: rule.path,
    termination: rule.termination,
    insecure: rule.insecure,
    balance: rule.pool.balance,
    members: rule.pool.members.map((member) => memberStatus(member, seen)),
  };
}

function memberStatus(member: Member, seen: ReadonlyMap<string, Observed> | null): MemberStatus {
  const observed = seen?.get(member.id);
  const { address, port, service, pod, weight } = member;
  const health: Health = seen === null ? 'unknown' : observed === undefined ? 'absent' : healthOf(observed.status, weight);
  return { address, port, service, pod, weight, health, detail: observed?.status ?? '', sessions: observed?.sessions ?? null };
}

/** Words of `show stat`: management manual 9.1, field 17. `UP 1/3`: about to go down; `DOWN 1/2`: about to come up. */
function healthOf(status: string, weight: number): Health {
  if (status.startsWith('MAINT')) return 'maintenance';
  if (status.startsWith('DRAIN') || (weight === 0 && !status.startsWith('DOWN'))) return 'draining';
  if (status.startsWith('UP')) return 'up';
  if (status.startsWith('DOWN') || status === 'NOLB') return 'down';
  return 'unchecked';
}
