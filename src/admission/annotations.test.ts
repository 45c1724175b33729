import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { notesOf, route, verdictOn } from '../../test/support/admission-objects.ts';
import { annotationNames } from './annotations/annotation-names.ts';
import { readAllowList } from './annotations/allow-list.ts';
import type { ClaimSettings } from './claim.ts';

const own = 'haproxy.router.openshift.io/';
const kinds = { H: null, E: { termination: 'edge' }, R: { termination: 'reencrypt' }, P: { termination: 'passthrough' } } as const;

const judge = (annotations: Readonly<Record<string, string>>, kind: keyof typeof kinds = 'E', tls: object = {}) =>
  verdictOn(route({ annotations, tls: kinds[kind] === null ? null : { ...kinds[kind], ...tls } }));
const settings = (annotations: Readonly<Record<string, string>>, kind: keyof typeof kinds = 'E'): ClaimSettings => {
  const { claim } = judge(annotations, kind);
  if (claim === null) throw new Error('not admitted');
  return claim.settings;
};
const notes = (...parameters: Parameters<typeof judge>): string[] => notesOf(judge(...parameters));

test('nothing written', () => {
  expect(notes({})).toEqual([]);
  expect(settings({})).toEqual({
    balance: null, allowList: null, timeoutServer: null, timeoutTunnel: null, rateLimit: null, memberMaxConnections: null, checkInterval: null,
    cookie: { name: null, sameSite: 'None' }, hsts: null, forwardedHeaders: null, rewriteTarget: null, h1AdjustCase: false, requestHeaders: [], responseHeaders: [],
  });
  expect(settings({}, 'P').cookie).toBeNull();
  expect(settings({ 'other.example.com/x': 'y', 'haproxy.org/x': 'y', 'openshift.io/host.generated': 'true' })).toEqual(settings({}));
});

describe('values: [key, setting, accepted -> value, refused]', () => {
  const times = {
    good: [['1', 1], ['5000ms', 5000], ['30s', 30_000], ['2m', 120_000], ['1h', 3_600_000], ['24d', 2_073_600_000], ['1us', 1], ['1500us', 2], ['2147483647', 2_147_483_647], ['2147483647ms', 2_147_483_647]],
    bad: ['0', '0s', '01s', '-1s', '+1s', '1.5s', '1h30m', '30 s', ' 30s', '30s ', '30s\n', '30S', 's', 'x', '1w', '３0s'],
  } as const;
  const list: readonly { key: string; setting: keyof ClaimSettings; good: readonly (readonly [string, unknown])[]; bad: readonly string[] }[] = [
    { key: `${own}balance`, setting: 'balance', good: ['roundrobin', 'leastconn', 'source', 'random'].map((name) => [name, name] as const), bad: ['RoundRobin', 'random ', 'first', 'uri', 'source\n', 'random; x'] },
    { key: `${own}timeout`, setting: 'timeoutServer', ...times },
    { key: `${own}timeout-tunnel`, setting: 'timeoutTunnel', ...times },
    { key: 'router.openshift.io/haproxy.health.check.interval', setting: 'checkInterval', ...times },
    { key: `${own}pod-concurrent-connections`, setting: 'memberMaxConnections', good: [['1', 1], ['+5', 5], ['0100', 100], ['99999999999', 2_147_483_647], ['0', null]], bad: ['-1', '1.5', '1e3', ' 1', '1 ', 'x', '0x10', '9223372036854775808'] },
    { key: `${own}set-forwarded-headers`, setting: 'forwardedHeaders', good: ['append', 'replace', 'if-none', 'never'].map((name) => [name, name] as const), bad: ['Append', 'none', 'if-none '] },
    { key: `${own}h1-adjust-case`, setting: 'h1AdjustCase', good: [['true', true], ['1', true], ['t', true], ['T', true], ['TRUE', true], ['True', true], ['false', false], ['0', false], ['F', false]], bad: ['yes', 'on', 'tRUE', ' true'] },
    { key: 'router.openshift.io/cookie_name', setting: 'cookie', good: [['a', { name: 'a', sameSite: 'None' }], ['A_b-9', { name: 'A_b-9', sameSite: 'None' }]], bad: ['a b', 'a;b', 'a=b', 'a"', 'ä', 'a\n', 'a.b', 'x'.repeat(257), '%[src]'] },
    { key: 'router.openshift.io/cookie-same-site', setting: 'cookie', good: ['Lax', 'Strict', 'None'].map((sameSite) => [sameSite, { name: null, sameSite }] as const), bad: ['lax', 'STRICT', 'Lax; x', ' Lax'] },
    {
      key: `${own}hsts_header`, setting: 'hsts',
      good: ['max-age=0', 'max-age=31536000', 'max-age="31536000"', 'MAX-AGE=1', 'max-age = 1', 'max-age=1;includeSubDomains', 'max-age=1 ; includesubdomains ; preload', 'includeSubDomains;max-age=1', 'preload; includeSubDomains; max-age=1;preload'].map((text) => [text, text] as const),
      bad: ['includeSubDomains', 'max-age', 'max-age=', 'max-age=x', 'max-age=1;', 'max-age=1;foo', 'max-age=-1', ' max-age=1', 'max-age=1 ', 'max-age="1', 'max-age=1\r\nSet-Cookie: x', 'max-age=1;;preload', 'includeSubDomains max-age=1', `max-age=${'1'.repeat(600)}`],
    },
    {
      key: `${own}rewrite-target`, setting: 'rewriteTarget',
      good: ['/', '/v2', '/a/b.c/', '/%20', '/a?b=c', '/a&b', '/~x', '/a;b', '/(a)', '/$1'].map((text) => [text, text] as const),
      bad: ['v2', ' /', '/a b', '/a\n', '/a#b', '/a"b', "/a'b", '/a\\1', '/ä', '/a{b}', `/${'a'.repeat(5000)}`, 'http://x/'],
    },
  ];
  for (const { key, setting, good, bad } of list) {
    test.each(good)(`${key}: %j`, (text, value) => {
      expect(settings({ [key]: text })[setting]).toEqual(value);
      expect(notes({ [key]: text })).toEqual([]);
    });
    test.each(bad)(`${key}: %j counts as not set and is told`, (text) => {
      expect(settings({ [key]: text })[setting]).toEqual(settings({})[setting]);
      const { warnings } = judge({ [key]: text });
      expect(warnings).toMatchObject([{ code: 'annotation-invalid', path: `metadata.annotations[${key}]` }]);
      expect(warnings[0]!.message).not.toMatch(/[\u0000-\u001f]/);
      expect(warnings[0]!.message.length).toBeLessThan(250);
    });
    test(`${key}: an empty value is not set`, () => expect(notes({ [key]: '' })).toEqual([]));
  }
  test.each(['2147483648', '25d', '999999999999999999999999h', '2147484s'])('%s is cut to the longest time and told', (text) => {
    expect(settings({ [`${own}timeout`]: text }).timeoutServer).toBe(2_147_483_647);
    expect(notes({ [`${own}timeout`]: text })).toEqual([`~annotation-clipped metadata.annotations[${own}timeout]`]);
  });
});

describe('timeouts of passthrough', () => {
  test('timeout is the tunnel\'s where no tunnel timeout can be read', () => {
    expect(settings({ [`${own}timeout`]: '5s' }, 'P')).toMatchObject({ timeoutServer: null, timeoutTunnel: 5000 });
    expect(settings({ [`${own}timeout`]: '5s', [`${own}timeout-tunnel`]: '9s' }, 'P')).toMatchObject({ timeoutServer: null, timeoutTunnel: 9000 });
    expect(settings({ [`${own}timeout`]: '5s', [`${own}timeout-tunnel`]: 'x' }, 'P')).toMatchObject({ timeoutTunnel: 5000 });
    expect(settings({ [`${own}timeout`]: '5s' }, 'R')).toMatchObject({ timeoutServer: 5000, timeoutTunnel: null });
  });
});

describe('where annotations apply', () => {
  test.each(Object.entries(annotationNames).filter(([name]) => name.startsWith('haproxy') || name.startsWith('router')))('%s: %s', (name, letters) => {
    for (const kind of ['H', 'E', 'R', 'P'] as const) {
      const told = judge({ [name]: '1', [`${own}rate-limit-connections`]: 'true' }, kind).warnings.some(({ code, path }) => code === 'annotation-without-effect' && path.includes(`[${name}]`));
      expect(told, `${name} on ${kind}`).toBe(!letters.includes(kind) || letters === 'none');
    }
  });
  test('cookies', () => {
    expect(settings({ [`${own}disable_cookies`]: 'true', 'router.openshift.io/cookie_name': 'x' }).cookie).toBeNull();
    expect(settings({ [`${own}disable_cookies`]: 'yes' }).cookie).not.toBeNull();
    expect(notes({ 'router.openshift.io/cookie-same-site': 'Lax' }, 'E', { insecureEdgeTerminationPolicy: 'Allow' })).toEqual(['~annotation-without-effect metadata.annotations[router.openshift.io/cookie-same-site]']);
    expect(settings({ 'router.openshift.io/cookie_name': 'x' }, 'P').cookie).toBeNull();
  });
});

describe('rate limits', () => {
  const key = (name: string): string => `${own}rate-limit-connections${name}`;
  test('switch and limits', () => {
    expect(settings({ [key('')]: 'true' }).rateLimit).toEqual({ concurrentTcp: null, rateTcp: null, rateHttp: null });
    expect(settings({ [key('')]: 'true', [key('.concurrent-tcp')]: '3', [key('.rate-tcp')]: '+4', [key('.rate-http')]: '5' }).rateLimit).toEqual({ concurrentTcp: 3, rateTcp: 4, rateHttp: 5 });
    expect(settings({ [key('')]: 'true', [key('.rate-http')]: '5' }, 'P').rateLimit).toEqual({ concurrentTcp: null, rateTcp: null, rateHttp: null });
    expect(settings({ [key('')]: 'true', [key('.rate-tcp')]: 'x' }).rateLimit).toEqual({ concurrentTcp: null, rateTcp: null, rateHttp: null });
  });
  test('limits without the switch do nothing and are told', () => {
    expect(settings({ [key('.rate-tcp')]: '3' }).rateLimit).toBeNull();
    expect(notes({ [key('.rate-tcp')]: '3' })).toEqual([`~annotation-without-effect metadata.annotations[${key('.rate-tcp')}]`]);
    expect(settings({ [key('')]: 'false', [key('.rate-tcp')]: '3' }).rateLimit).toBeNull();
  });
  test('limits that let nobody in', () => {
    expect(settings({ [key('')]: 'true', [key('.rate-http')]: '-7' }).rateLimit).toMatchObject({ rateHttp: 0 });
    expect(notes({ [key('')]: 'true', [key('.rate-http')]: '0', [key('.rate-tcp')]: '1' })).toEqual([
      `~rate-limit-refuses-all metadata.annotations[${key('.rate-tcp')}]`, `~rate-limit-refuses-all metadata.annotations[${key('.rate-http')}]`,
    ]);
    expect(notes({ [key('')]: 'true', [key('.rate-http')]: '1', [key('.concurrent-tcp')]: '2' })).toEqual([]);
  });
});

describe('allow list', () => {
  const [newer, older] = [`${own}ip_allowlist`, `${own}ip_whitelist`];
  test.each([
    ['10.0.0.1', ['10.0.0.1/32']], ['10.1.2.3/8', ['10.0.0.0/8']], ['0.0.0.0/0', ['0.0.0.0/0']], ['2001:DB8::1', ['2001:db8::1/128']], ['2001:db8:1::/33', ['2001:db8::/33']],
    ['10.0.0.1 10.0.0.2\n10.0.0.3\t10.0.0.4', ['10.0.0.1/32', '10.0.0.2/32', '10.0.0.3/32', '10.0.0.4/32']], [' 10.0.0.1 ', ['10.0.0.1/32']], ['::ffff:10.1.2.3', ['10.1.2.3/32']],
    ['::ffff:10.1.2.3/104', ['10.0.0.0/8']], ['::/0', ['::/0']], ['10.0.0.1 10.0.0.1/32', ['10.0.0.1/32']], ['::1', ['::1/128']], ['::ffff:0:0/95', ['::fffe:0:0/95']],
  ])('%j', (text, cidrs) => {
    expect(settings({ [newer]: text }).allowList).toEqual(cidrs);
    expect(notes({ [newer]: text })).toEqual([]);
  });
  test.each([
    '10.0.0.0/33', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/', '/8', '10.0.0.0/8/8', 'all', 'localhost', '2001:db8::/129', 'fe80::1%eth0', '10.0.0.1:80', '0x0a.0.0.1', '167772161', '10.0.0.0/255.0.0.0', '!10.0.0.1',
  ])('%j cannot be read: nobody is let in, and it is told', (text) => {
    expect(settings({ [newer]: text }).allowList).toEqual([]);
    expect(notes({ [newer]: text })).toEqual([`~allow-list-entry metadata.annotations[${newer}]`, `~allow-list-denies-all metadata.annotations[${newer}]`]);
  });
  test('what can be read counts', () => {
    expect(settings({ [newer]: '10.0.0.1 nonsense' }).allowList).toEqual(['10.0.0.1/32']);
    expect(notes({ [newer]: '10.0.0.1 nonsense' })).toEqual([`~allow-list-entry metadata.annotations[${newer}]`]);
  });
  test('commas are the usual mistake', () => {
    const { warnings, claim } = judge({ [newer]: '10.0.0.0/8,192.168.0.0/16' });
    expect(claim?.settings.allowList).toEqual([]);
    expect(warnings[0]?.hint).toContain('comma');
  });
  test('blanks only: a list that cannot be read', () => expect(settings({ [newer]: '  ' }).allowList).toEqual([]));
  test('new before old, first that is not empty', () => {
    expect(settings({ [older]: '10.0.0.1' }).allowList).toEqual(['10.0.0.1/32']);
    expect(settings({ [newer]: '', [older]: '10.0.0.1' }).allowList).toEqual(['10.0.0.1/32']);
    expect(settings({ [newer]: '10.0.0.2', [older]: '10.0.0.1' }).allowList).toEqual(['10.0.0.2/32']);
    expect(notes({ [newer]: '10.0.0.2', [older]: '10.0.0.1' })).toEqual([`~annotation-without-effect metadata.annotations[${older}]`]);
  });
  test('many bad entries are told in few words', () => expect(notes({ [newer]: Array.from({ length: 500 }, (_, index) => `x${index}`).join(' ') })).toHaveLength(12));
  test('whatever stands there, the list holds nothing but CIDRs', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      for (const cidr of readAllowList(text).cidrs) expect(cidr).toMatch(/^[0-9a-f.:]+\/[0-9]{1,3}$/);
    }));
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(128), (address, bits) => {
      const { cidrs } = readAllowList(`${address}/${bits}`);
      for (const cidr of cidrs) expect(readAllowList(cidr).cidrs).toEqual([cidr]);
    }));
  });
});

describe('keys nobody reads', () => {
  test.each([
    ['haproxy.router.openshift.io/timeuot', 'haproxy.router.openshift.io/timeout'], ['haproxy.router.openshift.io/cookie_name', 'router.openshift.io/cookie_name'],
    ['haproxy.router.openshift.io/ip-whitelist', 'haproxy.router.openshift.io/ip_whitelist'], ['router.openshift.io/balance', 'haproxy.router.openshift.io/balance'],
    ['haproxy.router.openshift.io/hsts-header', 'haproxy.router.openshift.io/hsts_header'], ['router.openshift.io/cookie_same_site', 'router.openshift.io/cookie-same-site'],
    ['haproxy.router.openshift.io/Timeout', 'haproxy.router.openshift.io/timeout'],
  ])('%s: did you mean %s', (key, meant) => {
    expect(judge({ [key]: 'x' }).warnings).toMatchObject([{ code: 'annotation-unknown', path: `metadata.annotations[${key}]`, hint: `Did you mean ${meant}?` }]);
  });
  test('nothing near', () => expect(judge({ 'haproxy.router.openshift.io/completely-else': 'x' }).warnings).toMatchObject([{ code: 'annotation-unknown', hint: expect.stringContaining('docs') as string }]));
  test('keys of others are theirs', () => expect(notes({ 'haproxy.org/timeout': 'x', 'kubernetes.io/x': 'y', __proto__x: 'z', constructor: 'a' })).toEqual([]));
});
