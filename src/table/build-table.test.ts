import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { route, slice } from '../../test/support/admission-objects.ts';
import { claim, claimSettings } from '../../test/support/table-objects.ts';
import type { Claim, ClaimSettings } from '../admission/claim.ts';
import type { EndpointSlice } from '../resources/endpoint-slice.ts';
import type { Resource } from '../resources/kinds.ts';
import { Store } from '../store/store.ts';
import type { TableOptions } from './build-rule.ts';
import { createTableBuilder } from './build-table.ts';
import { compareRules } from './order.ts';
import type { Rule, RoutingTable } from './routing-table.ts';

const options: TableOptions = { balance: 'random', tcpBalance: 'source', cookieName: null, forwardedHeaders: 'append', checkInterval: 5000, defaultDestinationCa: null, allowLocalAddresses: true };

const build = (claims: readonly Claim[], changes: Partial<TableOptions> = {}, resources: readonly Resource[] = []): RoutingTable => {
  const view = new Store();
  view.replace(resources);
  return createTableBuilder({ ...options, ...changes })({ claims, verdicts: [], view, changed: null, defaultCertificate: 'pem' });
};
const ruleOf = (one: Claim, changes: Partial<TableOptions> = {}): Rule => build([one], changes).rules[0]!;

describe('pools', () => {
  const two = [{ name: 'a', weight: 1 }, { name: 'b', weight: 1 }];
  test.each([
    ['the default of HTTP', claim(), 'random'], ['the default of passthrough', claim({ termination: 'passthrough' }), 'source'], ['several services', claim({ services: two }), 'roundrobin'], ['several services behind passthrough', claim({ services: two, termination: 'passthrough' }), 'roundrobin'],
    ['the annotation', claim({ services: two, settings: { balance: 'leastconn' } }), 'leastconn'], ['one service of weight 0 beside another', claim({ services: [{ name: 'a', weight: 1 }, { name: 'b', weight: 0 }] }), 'random'], ['one service named twice', claim({ services: [{ name: 'a', weight: 1 }, { name: 'a', weight: 2 }] }), 'random'],
  ] as const)('balance: %s', (_, one, balance) => { expect(ruleOf(one).pool.balance).toBe(balance); });
  test('re-encrypt: the route\'s CA, else the default one, else none', () => {
    const reencrypt = (destinationCa: string | null): Claim => claim({ termination: 'reencrypt', destinationCa });
    expect(ruleOf(reencrypt('own'), { defaultDestinationCa: 'default' }).pool.tls).toEqual({ ca: 'own' });
    expect(ruleOf(reencrypt(null), { defaultDestinationCa: 'default' }).pool.tls).toEqual({ ca: 'default' });
    expect(ruleOf(reencrypt(null)).pool.tls).toEqual({ ca: null });
    expect(ruleOf(claim({ termination: 'edge' }), { defaultDestinationCa: 'default' }).pool.tls).toBeNull();
  });
  test('only the default CA asks for the name of the service', () => {
    const names = (one: Claim): unknown => build([one], { defaultDestinationCa: 'default' }, [slice('shop', 'web')]).rules[0]?.pool.members.map(({ verifyHost }) => verifyHost);
    expect(names(claim({ termination: 'reencrypt' }))).toEqual(['web.shop.svc']);
    expect(names(claim({ termination: 'reencrypt', destinationCa: 'own' }))).toEqual([null]);
  });
  test('check interval and connections', () => {
    expect(ruleOf(claim()).pool).toMatchObject({ checkInterval: 5000, memberMaxConnections: null, mode: 'http' });
    expect(ruleOf(claim({ settings: { checkInterval: 100, memberMaxConnections: 3 }, termination: 'passthrough' })).pool).toMatchObject({ checkInterval: 100, memberMaxConnections: 3, mode: 'tcp' });
  });
});

describe('the cookie', () => {
  test.each([
    ['none', 'none', ''], ['edge', 'none', '; Secure; SameSite=None'], ['edge', 'redirect', '; Secure; SameSite=None'], ['edge', 'allow', ''], ['reencrypt', 'none', '; Secure; SameSite=None'], ['reencrypt', 'allow', ''],
  ] as const)('%s with %s: "%s"', (termination, insecure, attributes) => { expect(ruleOf(claim({ termination, insecure })).settings.cookie?.attributes).toBe(attributes); });
  test('its name: annotation, setting, key of the route', () => {
    const named = claim({ settings: { cookie: { name: 'mine', sameSite: 'Strict' } }, termination: 'edge' });
    expect(ruleOf(named, { cookieName: 'all' }).settings.cookie).toEqual({ name: 'mine', attributes: '; Secure; SameSite=Strict' });
    expect(ruleOf(claim(), { cookieName: 'all' }).settings.cookie?.name).toBe('all');
    // The example of the OpenShift documentation's console route.
    expect(ruleOf(claim({ namespace: 'openshift-console', name: 'console' })).settings.cookie?.name).toBe('1e2670d92730b515ce3a1bb65da45062');
  });
  test('disabled, or nothing to put it into', () => {
    expect(ruleOf(claim({ settings: { cookie: null } })).settings.cookie).toBeNull();
    expect(ruleOf(claim({ termination: 'passthrough' })).settings.cookie).toBeNull();
  });
});

describe('what an annotation means depends on the termination', () => {
  const all: Partial<ClaimSettings> = {
    timeoutServer: 1, timeoutTunnel: 2, allowList: ['10.0.0.0/8'], rateLimit: { concurrentTcp: 1, rateTcp: 2, rateHttp: 3 }, hsts: 'max-age=1', rewriteTarget: '/x', h1AdjustCase: true, forwardedHeaders: 'never',
    requestHeaders: [{ type: 'Delete', name: 'a' }], responseHeaders: [{ type: 'Delete', name: 'b' }],
  };
  test.each(['none', 'edge', 'reencrypt'] as const)('%s', (termination) => {
    expect(ruleOf(claim({ termination, path: '/p', settings: all })).settings).toMatchObject({
      timeoutServer: 1, timeoutTunnel: 2, allowList: ['10.0.0.0/8'], rateLimit: all.rateLimit, hsts: termination === 'none' ? null : 'max-age=1', rewrite: { prefix: '/p', target: '/x' }, h1AdjustCase: true, forwardedHeaders: 'never',
      requestHeaders: all.requestHeaders, responseHeaders: all.responseHeaders,
    });
  });
  test('passthrough: connections only', () => {
    expect(ruleOf(claim({ termination: 'passthrough', settings: all })).settings).toMatchObject({
      timeoutServer: null, timeoutTunnel: 2, allowList: ['10.0.0.0/8'], rateLimit: { concurrentTcp: 1, rateTcp: 2, rateHttp: null }, hsts: null, rewrite: null, h1AdjustCase: false, requestHeaders: [], responseHeaders: [],
    });
    expect(ruleOf(claim({ termination: 'passthrough', settings: { timeoutServer: 1 } })).settings).toMatchObject({ timeoutServer: null, timeoutTunnel: 1 });
  });
  test('the root has no prefix to take away', () => { for (const path of ['', '/', '//']) expect(ruleOf(claim({ path, settings: { rewriteTarget: '/x' } })).settings.rewrite).toEqual({ prefix: '', target: '/x' }); });
});

describe('certificates: one per host', () => {
  const certified = (name: string, path: string, created: number, changes: Parameters<typeof claim>[0] = {}): Claim => claim({ name, path, created, uid: name, termination: 'edge', certificate: { pem: `pem-${name}` }, ...changes });
  const chosen = (...claims: readonly Claim[]): readonly unknown[] => build(claims).certificates.map(({ host, pem }) => [host, pem]);
  test('that of the root, else of the oldest', () => {
    expect(chosen(certified('a', '/a', 1), certified('root', '', 9), certified('b', '/b', 0))).toEqual([['www.example.com', 'pem-root']]);
    expect(chosen(certified('a', '/a', 1), certified('b', '/b', 0))).toEqual([['www.example.com', 'pem-b']]);
    expect(chosen(certified('b', '/b', 1), certified('a', '/a', 1))).toEqual([['www.example.com', 'pem-a']]);
  });
  test('wildcards by their own name; hosts without one have none', () => {
    expect(chosen(certified('w', '', 0, { host: 'example.com', wildcard: true }), certified('a', '', 0), claim({ name: 'n', host: 'n.test', termination: 'edge' }))).toEqual([['*.example.com', 'pem-w'], ['www.example.com', 'pem-a']]);
  });
});

describe('refused names', () => {
  test('stand with the reason of their first refusal', () => {
    const refusal = (reason: string): never => ({ code: 'x', reason, message: '' }) as never;
    const verdicts = [{ resource: route(), claim: null, warnings: [], refusals: [refusal('HostAlreadyClaimed'), refusal('InvalidHost')], asked: { host: 'a.test', wildcard: false, path: '/p' } }, { resource: route(), claim: null, warnings: [], refusals: [refusal('x')] }];
    const table = createTableBuilder(options)({ claims: [], verdicts, view: new Store(), changed: null, defaultCertificate: '' });
    expect(table.refused).toEqual([{ host: 'a.test', wildcard: false, path: '/p', reason: 'HostAlreadyClaimed' }]);
  });
});

describe('building again', () => {
  const variants: readonly (readonly Claim[])[] = Array.from({ length: 5 }, (_, index) => ['', '/a'].flatMap((path) => [0, 1].map((variant) => claim({
    name: `r${index}`, host: `h${index % 3}.test`, path, termination: variant === 0 ? 'none' : 'edge', certificate: variant === 0 ? null : { pem: `p${index}${path}` },
    services: [{ name: `s${index % 2}`, weight: 1 }, { name: `s${variant}`, weight: 2 }], settings: claimSettings({ hsts: variant === 0 ? null : 'max-age=1' }),
  }))));
  const slices: readonly (readonly EndpointSlice[])[] = [0, 1].map((service) => [1, 2, 3].map((last) => slice('shop', `s${service}`, { endpoints: [{ addresses: [`10.0.${service}.${last}`], ready: true, pod: '', hostname: '' }] })));
  const anyState = fc.record({ claims: fc.tuple(...variants.map((list) => fc.option(fc.constantFrom(...list), { nil: null }))), slices: fc.tuple(...slices.map((list) => fc.option(fc.constantFrom(...list), { nil: null }))), told: fc.boolean() });
  const present = <T>(list: readonly (T | null)[]): readonly T[] => list.filter((one): one is T => one !== null);

  test('property: whatever was built before, the table is that of a fresh builder, and its difference is the difference', () => {
    fc.assert(fc.property(fc.array(anyState, { minLength: 2, maxLength: 6 }), (states) => {
      const store = new Store();
      const builder = createTableBuilder(options);
      let before: RoutingTable | null = null;
      for (const state of states) {
        const { gone, come } = store.replace(present(state.slices));
        const claims = present(state.claims);
        const table = builder({ claims, verdicts: [], view: store, changed: state.told ? [...gone, ...come] : null, defaultCertificate: 'pem' });
        const fresh = createTableBuilder(options)({ claims, verdicts: [], view: store, changed: null, defaultCertificate: 'pem' });
        expect({ rules: table.rules, certificates: table.certificates }).toEqual({ rules: fresh.rules, certificates: fresh.certificates });
        expect([...table.rules].sort(compareRules)).toEqual(table.rules);
        if (before !== null) {
          const { difference } = table;
          expect(difference?.since).toBe(before.build);
          const left = new Set(before.rules);
          for (const rule of difference?.gone ?? []) expect(left.delete(rule)).toBe(true);
          for (const rule of difference?.come ?? []) { expect(left.has(rule)).toBe(false); left.add(rule); }
          expect(left).toEqual(new Set(table.rules));
          for (const rule of left) expect(table.rules).toContain(rule);
        }
        before = table;
      }
    }), { numRuns: 150 });
  });
  test('nothing changed: the same rules, and no difference', () => {
    const store = new Store();
    store.replace([slice('shop', 'web')]);
    const builder = createTableBuilder(options);
    const claims = [claim()];
    const first = builder({ claims, verdicts: [], view: store, changed: null, defaultCertificate: 'a' });
    const second = builder({ claims, verdicts: [], view: store, changed: [], defaultCertificate: 'b' });
    expect(second.rules[0]).toBe(first.rules[0]);
    expect(second.difference).toMatchObject({ gone: [], come: [] });
    expect(second.defaultCertificate).toBe('b');
  });
});
