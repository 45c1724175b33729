import type { Balance } from '../../admission/claim.ts';
import { none } from '../../lib/none.ts';
import type { RoutingTable } from '../../table/routing-table.ts';
import type { BackendSection } from '../config/render-config.ts';
import { kindOf, type ServerSpec } from '../desired/pool-spec.ts';
import { backendName, kindName, kindOfBackend, mapNames, type BackendKind } from '../naming.ts';
import { emptyObserved, observedServer } from '../observed/observed.ts';
import type { PlanContext } from './plan.ts';
import { Planner } from './planner.ts';

/** How many spare backends a new configuration gets. */
export interface SparePolicy {
  /** Least number of the commonest kind: the default balance algorithm without uncommon settings. */
  readonly commonest: number;
  readonly balance: Balance;
}

/** A whole configuration's worth: what HAProxy starts with when it serves `table` from files alone. */
export interface Layout {
  readonly kinds: readonly BackendKind[];
  readonly backends: readonly BackendSection[];
  /** File name -> content, below the maps directory. */
  readonly maps: ReadonlyMap<string, string>;
  /** Path -> PEM. */
  readonly certificates: ReadonlyMap<string, string>;
  readonly cas: ReadonlyMap<string, string>;
  readonly certificateList: string;
  /** Knows the started worker's state without asking. */
  readonly planner: Planner;
}

const balances: readonly Balance[] = ['random', 'roundrobin', 'leastconn', 'source'];

/** Kinds that every configuration holds, used or not: what the no-reload contract promises. */
const standardKinds = (): readonly BackendKind[] => [
  ...balances.flatMap((balance) => [false, true].map((full): BackendKind => ({ mode: 'http', balance, full, tunnel: null, adjustCase: false }))),
  ...balances.map((balance): BackendKind => ({ mode: 'tcp', balance, full: false, tunnel: null, adjustCase: false })),
];

const spareCount = (kind: BackendKind, used: number, policy: SparePolicy): number => {
  const share = Math.ceil(used / 32);
  const commonest = kind.mode === 'http' && kind.balance === policy.balance && !kind.adjustCase;
  if (commonest && !kind.full) return Math.max(policy.commonest, share);
  // A second service turns a rule to round robin: the second commonest kind.
  if (kind.mode === 'http' && kind.balance === 'roundrobin' && !kind.full && !kind.adjustCase) return Math.max(Math.ceil(policy.commonest / 2), share);
  return Math.max(commonest ? Math.ceil(policy.commonest / 4) : Math.ceil(policy.commonest / 16), share, 4);
};

/** Lays a table out over backends numbered from 1, by running the planner against a worker that has only spare backends. */
export const layOut = (table: RoutingTable, context: PlanContext, policy: SparePolicy): Layout => {
  const kinds = new Map(standardKinds().map((kind) => [kindName(kind), { kind, used: 0 }]));
  for (const rule of table.rules) {
    if (rule.pool.members.length === 0) continue;
    const kind = kindOf(rule, context);
    const name = kindName(kind);
    const known = kinds.get(name) ?? { kind, used: 0 };
    known.used += 1;
    kinds.set(name, known);
  }
  const observed = emptyObserved();
  for (const [name, { kind, used }] of kinds) {
    const count = used + spareCount(kind, used, policy);
    for (let number = 1; number <= count; number += 1) observed.backends.set(backendName(name, number), new Map());
  }
  const planner = new Planner(observed, context);
  const plan = planner.plan(table);
  if (plan.kind === 'reload') throw new RangeError(`a fresh layout has room for every rule: ${plan.detail}`);

  const certificates = new Map<string, string>();
  const cas = new Map<string, string>();
  const servers = new Map<string, ServerSpec[]>();
  for (const step of plan.steps) {
    if (step.does === 'server-add') {
      const others = servers.get(step.backend);
      if (others === undefined) servers.set(step.backend, [step.server]);
      else others.push(step.server);
    }
    if (step.does === 'certificate-new' || step.does === 'certificate-replace') certificates.set(step.file, step.pem);
    if (step.does === 'ca-new') cas.set(step.file, step.pem);
  }
  // A server that the configuration starts without `check` cannot be given one later.
  for (const has of observed.backends.values()) for (const [name, server] of has) has.set(name, observedServer(server.weight, server.ready, server.checking, server.checking));
  return {
    kinds: [...kinds.values()].map(({ kind }) => kind),
    backends: [...observed.backends.keys()].map((name) => ({ name, kindName: kindOfBackend(name) ?? '', servers: servers.get(name) ?? none })),
    maps: new Map(mapNames.map((name) => [`${name}.map`, [...observed.maps[name]].map(([key, value]) => `${key} ${value}\n`).join('')])),
    certificates, cas,
    certificateList: [...observed.listed].map(([file, host]) => `${file} ${host}\n`).join(''),
    planner,
  };
};
