import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeObject } from '../resources/decode-object.ts';
import type { Resource } from '../resources/kinds.ts';
import { patchSorted } from '../lib/patch-sorted.ts';
import { compareAge, compareResources } from '../resources/order.ts';
import { Store } from './store.ts';

const made = (apiVersion: string, kind: string, name: string, more: object = {}, metadata: object = {}): Resource => {
  const decoded = decodeObject({ apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, ...more }, { file: 'a.yaml', line: 1 });
  if (decoded.is !== 'resource') throw new Error(JSON.stringify(decoded));
  return decoded.resource;
};
const route = (name: string, created = '2024-01-01T00:00:00Z'): Resource => made('route.openshift.io/v1', 'Route', name, {}, { creationTimestamp: created });
const slice = (name: string, service: string): Resource => made('discovery.k8s.io/v1', 'EndpointSlice', name, {}, service === '' ? {} : { labels: { 'kubernetes.io/service-name': service } });
const service = (name: string): Resource => made('v1', 'Service', name);
const secret = (name: string): Resource => made('v1', 'Secret', name);

describe('Store', () => {
  test('answers by name, and forgets what left', () => {
    const store = new Store();
    const [web, tls, one, two] = [service('web'), secret('tls'), slice('web-2', 'web'), slice('web-1', 'web')];
    store.replace([one, two, tls, web]);
    expect(store.service('shop', 'web')).toBe(web);
    expect(store.secret('shop', 'tls')).toBe(tls);
    expect(store.slicesOf('shop', 'web')).toEqual([two, one]);
    expect([store.service('shop', 'tls'), store.service('other', 'web'), store.secret('shop', 'web')]).toEqual([undefined, undefined, undefined]);
    store.replace([one]);
    expect([store.service('shop', 'web'), store.secret('shop', 'tls'), store.slicesOf('shop', 'web')]).toEqual([undefined, undefined, [one]]);
    store.replace([]);
    expect(store.slicesOf('shop', 'web')).toEqual([]);
  });

  test('routes stand oldest first', () => {
    const [old, young] = [route('z', '2020-01-01T00:00:00Z'), route('a', '2024-01-01T00:00:00Z')];
    const store = new Store();
    store.replace([young, old]);
    expect(store.routes).toEqual([old, young]);
  });

  test('a slice that moves to another service leaves the first', () => {
    const store = new Store();
    store.replace([slice('s', 'web')]);
    const moved = slice('s', 'other');
    const difference = store.replace([moved]);
    expect([store.slicesOf('shop', 'web'), store.slicesOf('shop', 'other')]).toEqual([[], [moved]]);
    expect([difference.gone.length, difference.come.length]).toEqual([1, 1]);
  });

  test('what did not change is the same array', () => {
    const store = new Store();
    const all = [slice('a-1', 'a'), slice('b-1', 'b'), route('r'), service('a')].sort(compareResources);
    store.replace(all);
    const before = { routes: store.routes, resources: store.resources, a: store.slicesOf('shop', 'a') };
    expect(store.replace([...all])).toEqual({ gone: [], come: [] });
    expect(store.resources).toBe(before.resources);
    store.replace([...all.filter((one) => one.metadata.name !== 'b-1'), slice('b-1', 'b')]);
    expect(store.routes).toBe(before.routes);
    expect(store.slicesOf('shop', 'a')).toBe(before.a);
    expect(store.slicesOf('shop', 'none')).toBe(store.slicesOf('shop', 'either'));
  });

  test('the same object twice is a mistake of the source, said aloud', () => {
    expect(() => new Store().replace([route('a'), route('a')])).toThrow('holds Route shop/a twice');
  });

  test('after any history the store is what a new one would be, whatever the order of the snapshot', () => {
    const make = [(name: string) => route(name, `20${name.charCodeAt(0) % 10}0-01-01T00:00:00Z`), service, secret, (name: string) => slice(name, 'a'), (name: string) => slice(name, name)];
    const object = fc.tuple(fc.nat(make.length - 1), fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.nat(1));
    const history = fc.array(fc.uniqueArray(object, { selector: ([kind, name]) => `${kind === 4 ? 3 : kind}/${name}`, maxLength: 20 }), { maxLength: 6 });
    const shared = new Map<string, Resource>();
    fc.assert(fc.property(history, fc.boolean(), (snapshots, sorted) => {
      const store = new Store();
      for (const wanted of snapshots) {
        const next = wanted.map(([kind, name, version]) => {
          const key = `${kind}/${name}/${version}`;
          const known = shared.get(key) ?? make[kind]!(name);
          shared.set(key, known);
          return known;
        });
        const before = new Set(store.resources);
        const difference = store.replace(sorted ? [...next].sort(compareResources) : next);
        expect(new Set(difference.gone)).toEqual(new Set([...before].filter((one) => !next.includes(one))));
        expect(new Set(difference.come)).toEqual(new Set(next.filter((one) => !before.has(one))));
        expect(store.resources).toEqual([...next].sort(compareResources));
        expect(store.routes).toEqual(next.filter((one) => one.kind === 'Route').sort(compareAge));
        for (const name of ['a', 'b', 'c']) {
          expect(store.service('shop', name)).toBe(next.find((one) => one.kind === 'Service' && one.metadata.name === name));
          expect(store.slicesOf('shop', name)).toEqual(next.filter((one) => one.kind === 'EndpointSlice' && one.serviceName === name).sort(compareResources));
        }
      }
    }), { numRuns: 200 });
  });
});

test('patchSorted is removing, adding and sorting', () => {
  const numbers = fc.uniqueArray(fc.nat(60), { maxLength: 40 });
  fc.assert(fc.property(numbers, numbers, fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (have, others, leaves) => {
    const sorted = [...have].sort((a, b) => a - b);
    const gone = have.filter((_, place) => leaves[place]);
    const come = others.filter((one) => !have.includes(one) || gone.includes(one));
    const wanted = [...have.filter((one) => !gone.includes(one)), ...come].sort((a, b) => a - b);
    expect(patchSorted(sorted, gone, come, (a, b) => a - b)).toEqual(wanted);
  }));
});
