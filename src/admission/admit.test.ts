import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { metadata, options, route, service, slice, viewOf } from '../../test/support/admission-objects.ts';
import type { Resource } from '../resources/kinds.ts';
import { compareResources } from '../resources/order.ts';
import { Store } from '../store/store.ts';
import { createAdmission } from './admit.ts';
import { refusals, warnings } from './refusals.ts';

const world = (): Resource[] => [
  { kind: 'Namespace', metadata: metadata('', 'shop'), problems: [] },
  { kind: 'Secret', metadata: metadata('shop', 'tls'), type: 'kubernetes.io/tls', data: {}, problems: [] },
  service('shop', 'web'), slice('shop', 'web'), route(), route({ name: 'late', created: 5 }), route({ name: 'other', host: 'o.test' }), route({ namespace: 'b', name: 'x', host: 'x.test' }),
];

describe('the answer', () => {
  test('one verdict per object, in order; claims in order', () => {
    const { verdicts, claims } = createAdmission(options())(viewOf(world()));
    expect(verdicts.map(({ resource }) => resource)).toEqual(world().sort(compareResources));
    expect(claims.map(({ route: { metadata: { namespace, name } } }) => `${namespace}/${name}`)).toEqual(['b/x', 'shop/other', 'shop/web']);
    expect(verdicts.filter(({ claim }) => claim !== null).map(({ claim }) => claim)).toEqual(claims);
  });
  test('property: the order of arrival does not matter', () => {
    fc.assert(fc.property(fc.shuffledSubarray(world(), { minLength: 8 }), (shuffled) => {
      expect(createAdmission(options())(viewOf(shuffled))).toEqual(createAdmission(options())(viewOf(world())));
    }), { numRuns: 50 });
  });
  test('an object of any kind that cannot be read is refused and harms nobody', () => {
    const broken = { problems: [{ path: 'spec', message: 'spec must be a mapping.', hint: 'x' }] };
    const { verdicts, claims } = createAdmission(options())(viewOf([service('shop', 'bad', broken), slice('shop', 'bad', broken), route()]));
    expect(verdicts.filter(({ refusals: [first] }) => first?.code === 'invalid-object')).toHaveLength(2);
    expect(claims).toHaveLength(1);
  });
  test('lines are asked for only where something is said', () => {
    const asked: string[] = [];
    const lineOf = (_: unknown, path: string): number => asked.push(path) + 100;
    const admit = createAdmission(options({ lineOf }));
    admit(viewOf([route(), service('shop', 'web'), slice('shop', 'web')]));
    expect(asked).toEqual([]);
    const { verdicts } = admit(viewOf([route({ path: 'x', annotations: { 'haproxy.router.openshift.io/balance': 'x' } }), service('shop', 'web'), slice('shop', 'web')]));
    expect(asked).toEqual(['spec.path', 'metadata.annotations[haproxy.router.openshift.io/balance]']);
    expect(verdicts[1]).toMatchObject({ refusals: [{ line: 101 }], warnings: [{ line: 102 }] });
  });
  test('every refusal has a reason of the API', () => {
    for (const entry of Object.values(refusals)) expect(entry.reason).toMatch(/^(NoHostValue|InvalidHost|HostAlreadyClaimed|RouteNotAdmitted|ExtendedValidationFailed|ExternalCertificateValidationFailed)$/);
    for (const entry of [...Object.values(refusals), ...Object.values(warnings)]) expect(Math.min(entry.title.length, entry.meaning.length, entry.fix.length)).toBeGreaterThan(5);
  });
});

describe('identity', () => {
  test('nothing changed: the same answer; one changed: everything else is the same object', () => {
    const store = new Store();
    const admit = createAdmission(options());
    const objects = world();
    store.replace(objects);
    const first = admit(store);
    expect(admit(store)).toBe(first);
    const changed = objects.map((one) => (one.kind === 'Route' && one.metadata.name === 'other' ? { ...one, path: '/p' } : one));
    store.replace(changed);
    const second = admit(store);
    expect(second.verdicts.filter((verdict, index) => verdict !== first.verdicts[index]).map(({ resource }) => resource.metadata.name)).toEqual(['other']);
    expect(second.claims.map((claim, index) => claim === first.claims[index])).toEqual([true, false, true]);
  });
  test('endpoints that come and go change the warnings of their routes only, and no claim', () => {
    const store = new Store();
    const admit = createAdmission(options());
    store.replace(world());
    const first = admit(store);
    store.replace(store.resources.filter(({ kind }) => kind !== 'EndpointSlice'));
    const second = admit(store);
    expect(second.claims).toBe(first.claims);
    expect(second.verdicts.filter(({ warnings: [warning] }) => warning?.code === 'no-endpoints').map(({ resource }) => resource.metadata.name)).toEqual(['x', 'late', 'other', 'web']);
    store.replace([...store.resources, slice('shop', 'web'), slice('b', 'web')]);
    expect(admit(store).verdicts.flatMap((verdict) => verdict.warnings)).toEqual([]);
  });
  test('a slice that says the same of its routes leaves their verdicts alone', () => {
    const store = new Store();
    const admit = createAdmission(options());
    store.replace(world());
    const first = admit(store);
    store.replace(store.resources.map((one) => (one.kind === 'EndpointSlice' ? { ...one, endpoints: [...one.endpoints, ...one.endpoints] } : one)));
    const second = admit(store);
    expect(second.verdicts.filter((verdict) => !first.verdicts.includes(verdict)).map(({ resource }) => resource.kind)).toEqual(['EndpointSlice']);
  });
  test('a claim that is lost and won again is the same claim', () => {
    const admit = createAdmission(options());
    const [old, young] = [route({ name: 'old', created: 1 }), route({ name: 'young', created: 2 })];
    const [claim] = admit(viewOf([young])).claims;
    expect(admit(viewOf([old, young])).claims).toHaveLength(1);
    expect(admit(viewOf([young])).claims[0]).toBe(claim);
  });
});

test('property: many steps give what one fresh look gives, and what is unchanged stays itself', () => {
  const pool = ['a', 'b', 'c'].flatMap((name) => [
    ...['h1.test', 'h2.test', 'BAD'].flatMap((host) => ['', '/p'].map((path) => route({ name, host, path, created: name.charCodeAt(0), to: { kind: 'Service', name, weight: 1 } }))),
    service('shop', name), slice('shop', name), slice('shop', name, { endpoints: [] }), { ...service('shop', name), problems: [{ path: 'x', message: 'm', hint: 'h' }] },
  ]);
  const steps = fc.array(fc.uniqueArray(fc.constantFrom(...pool), { selector: ({ kind, metadata: { name } }) => `${kind}/${name}` }), { maxLength: 8 });
  fc.assert(fc.property(steps, (sets) => {
    const store = new Store();
    const admit = createAdmission(options());
    for (const set of sets) {
      store.replace(set);
      const answer = admit(store);
      expect(answer).toEqual(createAdmission(options())(viewOf(set)));
      expect(admit(store)).toBe(answer);
    }
  }), { numRuns: 300 });
});
