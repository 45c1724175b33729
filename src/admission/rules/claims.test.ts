import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { options, route, viewOf } from '../../../test/support/admission-objects.ts';
import type { Route } from '../../resources/route.ts';
import { createAdmission } from '../admit.ts';
import type { AdmissionOptions } from '../options.ts';

type Fields = NonNullable<Parameters<typeof route>[0]>;

/** `ns/name` of each route that loses, with its refusal. */
const losers = (routes: readonly Route[], changes: Partial<AdmissionOptions> = {}): Record<string, string> =>
  Object.fromEntries(createAdmission(options(changes))(viewOf(routes)).verdicts.flatMap(({ resource, refusals: [refusal] }) =>
    refusal === undefined ? [] : [[`${resource.metadata.namespace}/${resource.metadata.name}`, refusal.code]]));

const named = (...list: readonly (Fields & { readonly is: string })[]): Route[] =>
  list.map(({ is, ...fields }, index) => route({ namespace: is.split('/')[0]!, name: is.split('/')[1]!, created: index, ...fields }));

const edge = { tls: { termination: 'edge' } } as const;
const passthrough = { tls: { termination: 'passthrough' } } as const;
const wild = { wildcardPolicy: 'Subdomain' } as const;

describe('one host', () => {
  test('paths of one namespace coexist, of another not', () => {
    expect(losers(named({ is: 'a/1' }, { is: 'a/2', path: '/x' }, { is: 'b/3', path: '/y' }))).toEqual({ 'b/3': 'host-claimed' });
  });
  test('the literal path counts', () => {
    expect(losers(named({ is: 'a/1' }, { is: 'a/2', path: '/' }, { is: 'a/3', path: '/a' }, { is: 'a/4', path: '/a/' }, { is: 'a/5', path: '/a' }))).toEqual({ 'a/5': 'path-claimed' });
  });
  test('termination does not matter for the path', () => expect(losers(named({ is: 'a/1' }, { is: 'a/2', ...edge }))).toEqual({ 'a/2': 'path-claimed' }));
  test('passthrough shares with plain routes only', () => {
    expect(losers(named({ is: 'a/1', ...passthrough }, { is: 'a/2', path: '/x', ...edge }, { is: 'a/3', path: '/y' }))).toEqual({ 'a/2': 'passthrough-conflict' });
    expect(losers(named({ is: 'a/1', path: '/x', ...edge }, { is: 'a/2', ...passthrough }, { is: 'a/3', path: '/y' }))).toEqual({ 'a/2': 'passthrough-conflict' });
  });
  test('age: time, then uid, then name', () => {
    expect(losers([route({ name: 'young', created: 2 }), route({ name: 'old', created: 1 })])).toEqual({ 'shop/young': 'path-claimed' });
    expect(losers([route({ name: 'a', uid: '2' }), route({ name: 'b', uid: '1' })])).toEqual({ 'shop/a': 'path-claimed' });
    expect(losers([route({ name: 'b', uid: '' }), route({ name: 'a', uid: '' })])).toEqual({ 'shop/b': 'path-claimed' });
  });
  test('without the ownership check only paths count', () => {
    const routes = named({ is: 'a/1' }, { is: 'b/2', path: '/x' }, { is: 'b/3' }, { is: 'b/4', path: '/y', ...passthrough }, { is: 'a/5', path: '/z', ...edge });
    // b/4 is refused for its path as well, and holds its host all the same.
    expect(losers(routes, { disableNamespaceOwnershipCheck: true })).toEqual({ 'b/3': 'path-claimed', 'b/4': 'path-with-passthrough', 'a/5': 'passthrough-conflict' });
  });
  test('a route refused for something else still holds its host', () => {
    for (const fields of [{ tls: { termination: 'bad' } }, { tls: { termination: 'edge', certificate: 'x', key: 'y' } }, { to: { kind: 'Pod', name: 'x', weight: 1 } }, { problems: [{ path: 'spec.to.weight', message: '', hint: '' }] }] as const) {
      expect(losers(named({ is: 'a/1', ...fields }, { is: 'b/2' }))).toMatchObject({ 'b/2': 'host-claimed' });
    }
  });
  test('a route that asks for nothing readable holds nothing', () => {
    for (const fields of [{ host: 'WWW.example.com' }, { wildcardPolicy: 'x' }, { problems: [{ path: 'spec.host', message: '', hint: '' }] }, { problems: [{ path: 'spec', message: '', hint: '' }] }] as const) {
      expect(losers(named({ is: 'a/1', ...fields }, { is: 'b/2' }))).not.toHaveProperty('b/2');
    }
  });
  test('losers come up when winners go, as often as they go', () => {
    let routes = named({ is: 'a/1' }, { is: 'b/2' }, { is: 'a/3' });
    expect(losers(routes)).toEqual({ 'b/2': 'host-claimed', 'a/3': 'path-claimed' });
    routes = routes.slice(1);
    expect(losers(routes)).toEqual({ 'a/3': 'host-claimed' });
    expect(losers(routes.slice(1))).toEqual({});
  });
});

describe('wildcards', () => {
  const allowed = { allowWildcardRoutes: true };
  test('wildcards of one parent: like one host', () => {
    expect(losers(named({ is: 'a/1', host: 'x.e.test', ...wild }, { is: 'a/2', host: 'y.e.test', ...wild }, { is: 'a/3', host: 'z.e.test', path: '/p', ...wild }, { is: 'b/4', host: 'q.e.test', path: '/q', ...wild }), allowed))
      .toEqual({ 'a/2': 'path-claimed', 'b/4': 'wildcard-claimed' });
    expect(losers(named({ is: 'a/1', host: 'x.e.test', ...wild, ...passthrough }, { is: 'a/2', host: 'y.e.test', path: '/p', ...wild, ...edge }), allowed)).toEqual({ 'a/2': 'passthrough-conflict' });
  });
  test('a wildcard and hosts below it', () => {
    expect(losers(named({ is: 'a/1', host: 'x.e.test', ...wild }, { is: 'a/2', host: 'y.e.test' }, { is: 'b/3', host: 'z.e.test' }, { is: 'b/4', host: 'e.test' }, { is: 'b/5', host: 'a.z.e.test' }), allowed)).toEqual({ 'b/3': 'wildcard-claimed' });
    expect(losers(named({ is: 'b/1', host: 'z.e.test' }, { is: 'a/2', host: 'x.e.test', ...wild }), allowed)).toEqual({ 'a/2': 'wildcard-claimed' });
    expect(losers(named({ is: 'b/1', host: 'z.e.test' }, { is: 'a/2', host: 'x.e.test', ...wild }), { ...allowed, disableNamespaceOwnershipCheck: true })).toEqual({});
  });
  test('a wildcard shares its own host like any route', () => {
    expect(losers(named({ is: 'a/1', host: 'x.e.test' }, { is: 'a/2', host: 'x.e.test', ...wild }), allowed)).toEqual({ 'a/2': 'path-claimed' });
  });
  test('passthrough wildcard and a more specific host of the same namespace coexist', () => {
    expect(losers(named({ is: 'a/1', host: 'x.e.test', ...wild, ...passthrough }, { is: 'a/2', host: 'y.e.test', ...edge }), allowed)).toEqual({});
  });
  test('hosts come up when the wildcard goes', () => {
    const routes = named({ is: 'a/1', host: 'x.e.test', ...wild }, { is: 'b/2', host: 'y.e.test' }, { is: 'c/3', host: 'z.e.test' });
    const admit = createAdmission(options(allowed));
    expect(admit(viewOf(routes)).claims).toHaveLength(1);
    expect(admit(viewOf(routes.slice(1))).claims).toHaveLength(2);
    expect(admit(viewOf(routes)).claims).toHaveLength(1);
  });
});

describe('what losers are told', () => {
  test('the winner of another namespace is named to operators only', () => {
    const [winner, loser] = named({ is: 'secret-team/hidden' }, { is: 'b/2' });
    const refusal = createAdmission(options())(viewOf([winner!, loser!])).verdicts.find(({ resource }) => resource === loser)!.refusals[0]!;
    expect(refusal).toMatchObject({ reason: 'HostAlreadyClaimed', path: 'spec.host' });
    expect(refusal.winner).toBe(winner);
    expect(refusal.message + refusal.hint).not.toMatch(/secret-team|hidden/);
  });
  test('the winner of one\'s own namespace has a name', () => {
    const [, verdict] = createAdmission(options())(viewOf(named({ is: 'a/first' }, { is: 'a/second' }))).verdicts;
    expect(verdict?.refusals[0]?.message).toContain('first');
  });
});

/** The same question answered by the plainest means: every pair compared, in order of age. */
const model = (routes: readonly Route[], ownership: boolean): ReadonlySet<Route> => {
  const parent = (host: string): string => host.split('.').slice(1).join('.');
  const isWild = (one: Route): boolean => one.wildcardPolicy === 'Subdomain';
  const key = ({ metadata }: Route): string => `${metadata.creationTimestamp}|${metadata.uid}`;
  const clash = (old: Route, young: Route): boolean => {
    const foreign = ownership && old.metadata.namespace !== young.metadata.namespace;
    const pass = (old.tls?.termination === 'passthrough' && young.tls !== null) || (young.tls?.termination === 'passthrough' && old.tls !== null);
    const sameName = old.host === young.host || (isWild(old) && isWild(young) && parent(old.host) === parent(young.host));
    if (sameName) return foreign || old.path === young.path || pass;
    return isWild(old) !== isWild(young) && parent(old.host) === parent(young.host) && foreign;
  };
  const admitted: Route[] = [];
  for (const one of [...routes].sort((a, b) => (key(a) < key(b) ? -1 : 1))) if (!admitted.some((old) => clash(old, one))) admitted.push(one);
  return new Set(admitted);
};

const routes = fc.uniqueArray(
  fc.record({
    name: fc.stringMatching(/^[a-h]$/), namespace: fc.constantFrom('n', 'm', 'o'), created: fc.integer({ min: 1, max: 4 }), host: fc.constantFrom('a.x.test', 'b.x.test', 'c.x.test', 'a.y.test', 'x.test'),
    path: fc.constantFrom('', '/', '/p'), wildcardPolicy: fc.constantFrom('None', 'None', 'Subdomain'), tls: fc.constantFrom(null, { termination: 'edge' }, { termination: 'passthrough' }),
  }),
  { selector: ({ namespace, name }) => `${namespace}/${name}`, maxLength: 14 },
).map((list) => list.map((fields) => route(fields)));
const modes = fc.record({ ownership: fc.boolean(), wildcards: fc.boolean() });

/** Routes that the claim rules alone decide about. */
const held = (verdicts: ReturnType<ReturnType<typeof createAdmission>>['verdicts']): ReadonlySet<unknown> =>
  new Set(verdicts.filter(({ refusals }) => !refusals.some(({ reason }) => reason === 'HostAlreadyClaimed' || reason === 'RouteNotAdmitted')).map(({ resource }) => resource));

test('property: equals the model', () => {
  fc.assert(fc.property(routes, modes, (list, { ownership, wildcards }) => {
    const { verdicts } = createAdmission(options({ allowWildcardRoutes: wildcards, disableNamespaceOwnershipCheck: !ownership }))(viewOf(list));
    expect(held(verdicts)).toEqual(model(wildcards ? list : list.filter(({ wildcardPolicy }) => wildcardPolicy === 'None'), ownership));
    for (const { resource, refusals } of verdicts) {
      for (const { winner } of refusals) if (winner !== undefined) expect(held(verdicts).has(winner) && winner !== resource).toBe(true);
    }
  }), { numRuns: 500 });
});

test('property: the way there does not matter, only who is there', () => {
  fc.assert(fc.property(fc.array(routes, { minLength: 1, maxLength: 6 }), modes, (steps, { ownership, wildcards }) => {
    const chosen = options({ allowWildcardRoutes: wildcards, disableNamespaceOwnershipCheck: !ownership });
    const admit = createAdmission(chosen);
    for (const step of steps) {
      expect(admit(viewOf(step))).toEqual(createAdmission(chosen)(viewOf([...step].reverse())));
    }
  }), { numRuns: 300 });
});
