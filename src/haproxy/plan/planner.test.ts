import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyTables, namedPems } from '../../../test/support/any-tables.ts';
import { carryOut, copyOf, routingMaps, sendings } from '../../../test/support/strict-haproxy.ts';
import type { RoutingTable, Rule } from '../../table/routing-table.ts';
import { allowListId } from '../desired/allow-list.ts';
import { poolSpec } from '../desired/pool-spec.ts';
import { digestOf, fieldSeparator, kindOfBackend, mapNames, maps } from '../naming.ts';
import { observedServer, type Observed } from '../observed/observed.ts';
import { layOut } from './layout.ts';
import type { Leftover, Plan, PlanContext } from './plan.ts';
import { Planner } from './planner.ts';
import type { Step } from './steps.ts';

const context: PlanContext = {
  caFile: (pem) => `/certs/ca-${pem}`, certificateFile: (host, pem) => `/certs/${digestOf(`${host}\n${pem}`)}`, defaultCertificateFile: '/certs/default', http2: true, forwardedHeaders: 'append',
};
const start = (table: RoutingTable): Planner => layOut(table, context, { commonest: 192, balance: 'random' }).planner;

const stepsOf = (plan: Plan): Extract<Plan, { kind: 'steps' }> => {
  if (plan.kind === 'reload') throw new Error(`reload: ${plan.reason}: ${plan.detail}`);
  return plan;
};

/** The image without what may differ between two workers that serve the same: numbers of backends, and servers that wait to be deleted. */
const meaning = (image: Observed, table: RoutingTable, backendOf: (rule: string) => string | null): unknown => ({
  maps: Object.fromEntries(mapNames.map((name) => [name, Object.fromEntries([...image.maps[name]].sort().map(([key, value]) => [key, value.replace(/^((?:http|tcp)-[a-z0-9-]+)\.\d+\|/, '$1|')]))])),
  pools: Object.fromEntries(table.rules.map((rule) => {
    const backend = backendOf(rule.id);
    const servers = backend === null ? [] : [...image.backends.get(backend) ?? []].filter(([, { ready }]) => ready).sort();
    return [rule.id, { kind: backend === null ? null : kindOfBackend(backend), servers: servers.map(([name, { weight, checking }]) => ({ name, weight, checking })) }];
  })),
  certificates: [...image.certificates].sort(), listed: [...image.listed].sort(), cas: [...image.cas].sort(),
});

const expectServes = (planner: Planner, table: RoutingTable): void => {
  const fresh = start(table);
  expect(meaning(planner.observed, table, (rule) => planner.backendOf(rule))).toEqual(meaning(fresh.observed, table, (rule) => fresh.backendOf(rule)));
  const owned = new Set(table.rules.map(({ id }) => planner.backendOf(id)));
  for (const sending of sendings(planner.observed)) expect(sending.backend).toBe(planner.backendOf(sending.rule));
  expect(owned.size).toBe(new Set(table.rules.map(({ id }) => planner.backendOf(id) ?? 'none')).size);
};

const names = (rule: Rule | undefined): readonly string[] => rule?.pool.members.map(({ id }) => id) ?? [];

/** At every moment between two steps, whoever is sent somewhere arrives at the rule's own members and under its own settings. */
const expectSafe = (image: Observed, before: RoutingTable, after: RoutingTable, step: Step, unchanged: ReadonlySet<string>): void => {
  const owner = new Map<string, string>();
  for (const sending of sendings(image)) {
    const { map, key, backend, rule, settings, value } = sending;
    const hold = (what: string, holds: boolean): void => {
      if (!holds) throw new Error(`${what}\nafter ${JSON.stringify(step)}\nsent ${JSON.stringify(sending)}`);
    };
    const was = before.rules.find(({ id }) => id === rule);
    const will = after.rules.find(({ id }) => id === rule);
    const asBefore = unchanged.has(`${map} ${key} ${value}`);
    const ready = new Set([...image.backends.get(backend) ?? []].filter(([, server]) => server.ready).map(([name]) => name));
    const needed = asBefore ? names(was).filter((name) => will === undefined || names(will).includes(name)) : names(will);
    hold('a server of another pool takes traffic', [...ready].every((name) => names(was).includes(name) || names(will).includes(name)));
    hold('a member is missing', needed.every((name) => ready.has(name)));
    hold('two rules are sent to one backend', (owner.get(backend) ?? rule) === rule);
    owner.set(backend, rule);
    const ca = (asBefore ? was : will)?.pool.tls?.ca ?? null;
    hold('the CA is missing', ca === null || image.cas.has(context.caFile(ca)));
    if (settings === '-') continue;
    const stored = image.maps.settings.get(settings);
    hold('the settings are missing', stored !== undefined);
    const allow = (JSON.parse(stored ?? '{}') as { allow?: string }).allow;
    for (const one of [was, will]) {
      const list = one?.settings.allowList ?? null;
      if (allow === undefined || list === null || list.length === 0 || allowListId(list) !== allow) continue;
      hold('the allow list is missing', [...image.maps.allow.keys()].some((entry) => entry.startsWith(`${allow}:`)));
    }
  }
  const kept = before.certificates.filter(({ host }) => after.certificates.some((one) => one.host === host));
  const listed = new Set(image.listed.values());
  if (!kept.every(({ host }) => listed.has(host))) throw new Error(`a host is without its certificate after ${JSON.stringify(step)}`);
};

/** Keywords with which each server was made: `backend/server` -> text. Nothing changes them later. */
type Made = Map<string, string>;
const madeBy = (planner: Planner): Made => new Map([...planner.observed.backends.keys()].flatMap((backend) => planner.serversOf(backend).map(({ name, keywords }) => [`${backend}/${name}`, keywords] as const)));

const expectMade = (made: Made, planner: Planner, table: RoutingTable): void => {
  for (const rule of table.rules) {
    const backend = planner.backendOf(rule.id);
    for (const { name, keywords } of backend === null ? [] : poolSpec(rule, context).servers) expect({ rule: rule.id, name, keywords: made.get(`${backend ?? ''}/${name}`) }).toEqual({ rule: rule.id, name, keywords });
  }
};

/** Sends the plan to a strict HAProxy, looks after each step, and compares with the planner's own image. */
const carry = (image: Observed, planner: Planner, plan: Extract<Plan, { kind: 'steps' }>, before: RoutingTable | null, after: RoutingTable): void => {
  const unchanged = new Set(sendings(image).map(({ map, key, value }) => `${map} ${key} ${value}`));
  for (const step of plan.steps) {
    carryOut(image, step);
    if (before !== null) expectSafe(image, before, after, step, unchanged);
  }
  expect(image).toEqual(planner.observed);
};

/** Deletes what the planner says may go, as the driver does when connections are closed. */
const clean = (image: Observed, planner: Planner, leftovers: readonly Leftover[]): void => {
  for (const leftover of leftovers) for (const step of planner.retire(leftover)) {
    carryOut(image, step);
    if (step.does === 'server-delete' || step.does === 'server-maintenance') carryOut(planner.observed, step);
  }
};

const emptyTable: RoutingTable = { rules: [], certificates: [], defaultCertificate: 'd1', refused: [] };

describe('from table to table', () => {
  test('property: every step is needed, every moment between two is safe, and the end is what a fresh layout serves', () => {
    fc.assert(fc.property(anyTables(namedPems, { length: 4 }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), ([first = emptyTable, ...rest], idle) => {
      const planner = start(first);
      const image = copyOf(planner.observed);
      const made = madeBy(planner);
      let before = first;
      let leftovers: readonly Leftover[] = [];
      for (const [index, after] of rest.entries()) {
        const planned = planner.plan(after);
        // Servers that wait to be deleted keep their backends from being used again by the same members.
        if (planned.kind === 'reload' && planned.reason === 'spares-exhausted' && leftovers.length > 0) return;
        const plan = stepsOf(planned);
        carry(image, planner, plan, before, after);
        for (const step of plan.steps) if (step.does === 'server-add') made.set(`${step.backend}/${step.server.name}`, step.server.keywords);
        expectServes(planner, after);
        expectMade(made, planner, after);
        leftovers = [...leftovers, ...plan.leftovers];
        if (idle[index] === true) {
          clean(image, planner, leftovers);
          leftovers = [];
          expectServes(planner, after);
          for (const rule of after.rules) {
            const backend = planner.backendOf(rule.id);
            if (backend !== null) expect([...planner.observed.backends.get(backend)?.keys() ?? []].sort()).toEqual(names(rule).toSorted());
          }
        }
        before = after;
      }
    }), { numRuns: 80 });
  }, 60_000);
  test('property: an equal table costs nothing, the same objects or not', () => {
    fc.assert(fc.property(anyTables(namedPems, { length: 2 }), ([first = emptyTable, second = emptyTable]) => {
      const planner = start(first);
      expect(stepsOf(planner.plan(first)).steps).toEqual([]);
      stepsOf(planner.plan(second));
      expect(stepsOf(planner.plan(structuredClone(second)))).toEqual({ kind: 'steps', steps: [], leftovers: [] });
    }), { numRuns: 100 });
  });
  test('property: a reload only for a kind that is new, or when spares are used up', () => {
    fc.assert(fc.property(anyTables(namedPems, { length: 3, rare: true }), ([first = emptyTable, ...rest]) => {
      const planner = start(first);
      const kinds = new Set([...planner.observed.backends.keys()].map(kindOfBackend));
      for (const table of rest) {
        const plan = planner.plan(table);
        const missing = table.rules.filter(({ pool }) => pool.members.length > 0).map((rule) => poolSpec(rule, context).kindName).filter((kind) => !kinds.has(kind));
        expect(plan.kind === 'reload' ? plan.reason : null).toBe(missing.length > 0 ? 'new-pool-kind' : null);
        if (plan.kind === 'reload') return;
      }
    }), { numRuns: 100 });
  });
});

/** Wants of each server in the image: leftovers are those of no rule. */
const unwanted = (planner: Planner, table: RoutingTable): readonly string[] => {
  const wanted = new Set(table.rules.flatMap((rule) => names(rule).map((name) => `${planner.backendOf(rule.id) ?? ''}/${name}`)));
  return [...planner.observed.backends].flatMap(([backend, servers]) => [...servers.keys()].map((name) => `${backend}/${name}`)).filter((name) => !wanted.has(name)).sort();
};

describe('adoption', () => {
  test('property: a new planner plans nothing but the deletion of what was left over', () => {
    fc.assert(fc.property(anyTables(namedPems, { length: 3 }), ([first = emptyTable, ...rest]) => {
      const planner = start(first);
      for (const table of rest) stepsOf(planner.plan(table));
      const table = rest.at(-1) ?? first;
      const adopted = new Planner(copyOf(planner.observed), context);
      const { steps, leftovers } = stepsOf(adopted.plan(structuredClone(table)));
      // A rule that another one hides is sent nothing, so nothing tells where it stood: it is placed anew.
      const served = new Set(sendings(planner.observed).map(({ rule }) => rule));
      const hidden = table.rules.filter(({ id, pool }) => !served.has(id) && pool.members.length > 0);
      expect(steps.filter(({ does, rule }) => does !== 'server-maintenance' && !hidden.some(({ id }) => id === rule))).toEqual([]);
      for (const id of served) expect(adopted.backendOf(id)).toBe(planner.backendOf(id));
      expectServes(adopted, table);
      expect([...new Set(leftovers.map(({ backend, server }) => `${backend}/${server}`))].sort()).toEqual(unwanted(adopted, table));
      if (hidden.length === 0) expect(new Map([...adopted.spares()].filter(([, count]) => count > 0))).toEqual(new Map([...planner.spares()].filter(([, count]) => count > 0)));
    }), { numRuns: 100 });
  });
});

type Drift = typeof anyDrift extends fc.Arbitrary<infer T> ? T : never;

const anyDrift = fc.oneof(
  fc.record({ what: fc.constant('forget' as const), map: fc.constantFrom(...mapNames), at: fc.nat() }),
  fc.record({ what: fc.constant('mistake' as const), map: fc.constantFrom(...mapNames), at: fc.nat(), from: fc.nat() }),
  fc.record({ what: fc.constant('swap' as const), map: fc.constantFrom(...routingMaps), at: fc.nat(), from: fc.nat() }),
  fc.record({ what: fc.constant('invent' as const), map: fc.constantFrom(...mapNames), key: fc.constantFrom('a.test/', 'zzz', 'a.test'), value: fc.constantFrom('1', 'http-random.00001|ns/r0|usual|-|-|-', 'http-random.00002|x/y|-|-|-|-') }),
  fc.record({ what: fc.constant('server' as const), at: fc.nat(), to: fc.constantFrom('gone', 'maintenance', 'heavy', 'unchecked', 'uncheckable' as const) }),
  fc.record({ what: fc.constant('stranger' as const), at: fc.nat(), name: fc.constantFrom('m1', 'm2', 'intruder') }),
  fc.record({ what: fc.constant('file' as const), at: fc.nat(), to: fc.constantFrom('certificate', 'list', 'ca', 'other-host', 'more' as const) }),
);

const drift = (image: Observed, one: Drift): void => {
  const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
  switch (one.what) {
    case 'forget': { const key = pick([...image.maps[one.map].keys()], one.at); if (key !== undefined) image.maps[one.map].delete(key); return; }
    case 'mistake': { const key = pick([...image.maps[one.map].keys()], one.at); if (key !== undefined) image.maps[one.map].set(key, `wrong${one.from}`); return; }
    case 'swap': {
      const key = pick([...image.maps[one.map].keys()], one.at);
      const value = pick(sendings(image), one.from)?.value;
      if (key !== undefined && value !== undefined) image.maps[one.map].set(key, value);
      return;
    }
    case 'invent': image.maps[one.map].set(maps[one.map].kind === 'beg' ? one.key : one.key.replace('/', ''), one.value); return;
    case 'server': {
      const found = pick([...image.backends.values()].flatMap((servers) => [...servers].map(([name, server]) => ({ servers, name, server }))), one.at);
      if (found === undefined) return;
      const { weight, ready, checkable, checking } = found.server;
      if (one.to === 'gone') found.servers.delete(found.name);
      else found.servers.set(found.name, observedServer(one.to === 'heavy' ? 77 : weight, one.to === 'maintenance' ? false : ready, one.to === 'uncheckable' ? false : checkable, one.to.startsWith('unch') ? false : checking));
      return;
    }
    case 'stranger': {
      const servers = pick([...image.backends.values()], one.at);
      if (servers?.has(one.name) === false) servers.set(one.name, observedServer(1, true, true, false));
      return;
    }
    case 'file': {
      const file = pick([...(one.to === 'ca' ? image.cas : image.certificates)], one.at);
      if (one.to === 'more') { image.certificates.add('/certs/more'); image.listed.set('/certs/more', 'more.test'); image.cas.add('/certs/ca-more'); return; }
      if (file === undefined) return;
      if (one.to === 'ca') image.cas.delete(file);
      else if (one.to === 'other-host') { if (image.listed.has(file)) image.listed.set(file, 'elsewhere.test'); }
      else { image.listed.delete(file); if (one.to === 'certificate') image.certificates.delete(file); }
    }
  }
};

describe('drift', () => {
  test('property: from an image that anything was done to, one plan leads back', () => {
    fc.assert(fc.property(anyTables(namedPems, { length: 2 }), fc.array(anyDrift, { minLength: 1, maxLength: 6 }), ([first = emptyTable, second = emptyTable], drifts) => {
      const image = copyOf(start(first).observed);
      for (const one of drifts) drift(image, one);
      const planner = new Planner(copyOf(image), context);
      const plan = stepsOf(planner.plan(second));
      carry(image, planner, plan, null, second);
      expectServes(planner, second);
      clean(image, planner, plan.leftovers);
      expect(unwanted(planner, second)).toEqual([]);
      const value = new Set(sendings(image).map((one) => `${one.backend}${fieldSeparator}${one.rule}`));
      expect(value.size).toBe(new Set(sendings(image).map(({ rule }) => rule)).size);
    }), { numRuns: 100 });
  });
});
