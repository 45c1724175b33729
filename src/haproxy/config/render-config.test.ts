import fc from 'fast-check';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { makeStateDirectory, planContext, serveTable } from '../../../test/support/table-haproxy.ts';
import { member, rule, table } from '../../../test/support/table-objects.ts';
import { defaultConfig } from '../../config.ts';
import { compareRules } from '../../table/order.ts';
import type { RuleSettings } from '../../table/routing-table.ts';
import { observe } from '../observed/observe.ts';
import { layOut } from '../plan/layout.ts';
import { checkConfiguration } from '../process/check-configuration.ts';
import { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { settingsFromConfig } from '../settings-from-config.ts';
import { pages } from './answering-backends.ts';
import type { HaproxySettings } from './haproxy-settings.ts';
import { quote } from './pool-defaults.ts';
import { renderConfiguration, serverKeywords } from './render-config.ts';

let directory: string;
let pem: string;

/** One rule of every kind. */
const served = table({
  rules: [
    rule({ id: 'ns/plain' }), rule({ id: 'ns/edge', host: 'edge.test', termination: 'edge', pool: { balance: 'source', members: [member('m1', { checked: true }), member('m2', { address: '2001:db8::1', checked: true, protocol: 'h2c' })] } }),
    rule({ id: 'ns/re', host: 're.test', termination: 'reencrypt', settings: { allowList: ['10.0.0.0/8'], h1AdjustCase: true }, pool: { memberMaxConnections: 5 } }),
    rule({ id: 'ns/pass', host: 'pass.test', termination: 'passthrough', settings: { timeoutTunnel: 5000 } }),
  ].sort(compareRules),
});

const check = async (settings: HaproxySettings, twoHops = false): Promise<readonly string[]> => {
  const { kinds, backends } = layOut(served, planContext(settings), { commonest: 4, balance: 'random' });
  await writeFile(settings.paths.config, renderConfiguration({ settings, digest: 'digest', twoHops, kinds, backends }));
  const checked = await checkConfiguration('haproxy', settings.paths.config);
  return (checked.ok ? checked.warnings : checked.alerts).map(({ severity, message }) => `${severity}: ${message}`);
};

const withFlags = (flags: Parameters<typeof defaultConfig>[0] = {}, changes: Partial<HaproxySettings> = {}): HaproxySettings =>
  ({ ...settingsFromConfig(defaultConfig({ 'listen.http': '8080', 'listen.https': '8443', ...flags }), 200, null, directory), ...changes });

beforeAll(async () => {
  directory = await makeStateDirectory();
  const { cert, key } = await makeCertificate({ hosts: ['*.test'], key: 'rsa' });
  pem = key + cert;
  const settings = withFlags();
  const layout = layOut(served, planContext(settings), { commonest: 4, balance: 'random' });
  for (const [name, text] of layout.maps) await writeFile(join(settings.paths.maps, name), text);
  for (const [name, text] of pages()) await writeFile(join(settings.paths.pages, name), text);
  await writeFile(settings.paths.certificateList, '');
  await writeFile(settings.paths.defaultCertificate, pem);
  await writeFile(join(settings.paths.lua, 'memory.lua'), '');
  await writeFile(join(settings.paths.lua, 'headers.lua'), '-- nothing: only the syntax of the configuration is judged\ncore.register_action("fairway_request_headers", { "http-req" }, function() end)\ncore.register_action("fairway_response_headers", { "http-res" }, function() end)\n');
  await writeFile(join(settings.paths.lua, 'connections.lua'), 'core.register_action("fairway_connection", { "http-req" }, function() end)\n');
});

describe('HAProxy takes the configuration without a warning', () => {
  test.each<[string, Parameters<typeof defaultConfig>[0], boolean]>([
    ['as it comes', {}, false], ['with passthrough rules', {}, true],
    ['IPv6', { 'listen.addresses': 'v6' }, false], ['both families', { 'listen.addresses': 'v4v6' }, true],
    ['PROXY protocol', { 'listen.proxyProtocolFrom': '10.0.0.0/8,2001:db8::/32' }, false], ['PROXY protocol before two hops', { 'listen.proxyProtocolFrom': '10.0.0.1' }, true],
    ['unknown hosts get 404', { unknownHost: '404' }, false], ['unknown hosts are closed', { unknownHost: 'close' }, true],
    ['logs to a socket', { 'accessLog.address': '127.0.0.1:514' }, false], ['logs to standard output', { 'accessLog.address': 'stdout', 'accessLog.format': `it's "%r" %[src] ; # \\ %{+Q}[var(txn.rule)]` }, true],
    ['modern TLS', { 'tls.ciphers': 'modern' }, false], ['HTTP/1 only', { 'tls.http2': 'false' }, false], ['strict SNI, TLS 1.2 only', { 'tls.strictSni': 'true', 'tls.maxVersion': 'TLSv1.2' }, true],
    ['case of headers', { 'defaults.h1AdjustCase': 'X-Request-ID,Content-Type,ETag' }, false], ['no forwarded headers', { 'defaults.forwardedHeaders': 'never' }, false], ['replaced', { 'defaults.forwardedHeaders': 'replace' }, true], ['if none', { 'defaults.forwardedHeaders': 'if-none' }, false],
    ['threads', { 'haproxy.threads': '2' }, false], ['a cookie name', { 'defaults.cookieName': 'session_id-1' }, false],
    ['header actions of the operator', { 'defaults.requestHeaders': "X-A:it's:Set,X-B:Delete,X-C:%25[src]:Set,X-D:a%3Bb%23c%22d%5C:Set", 'defaults.responseHeaders': 'X-E:%25%25:Set,Server:Delete' }, false],
  ])('%s', async (_, flags, twoHops) => { expect(await check(withFlags(flags), twoHops)).toEqual([]); });
  test('old TLS, about which HAProxy warns', async () => {
    for (const line of await check(withFlags({ 'tls.ciphers': 'old' }), true)) expect(line).toMatch(/^warning/);
  });
  test('with an account', async () => { expect(await check(withFlags({}, { user: 'haproxy' }))).toEqual([]); });
  test('in a directory whose name needs quoting', async () => {
    const odd = join(directory, `it's "odd" $HOME #1`);
    const settings = settingsFromConfig(defaultConfig({ 'listen.http': '8080', 'listen.https': '8443' }), 200, null, odd);
    const text = renderConfiguration({ settings, digest: 'd', twoHops: false, kinds: [], backends: [] });
    await mkdir(join(odd), { recursive: true });
    expect(text).toContain(`'${odd.replaceAll("'", "'\\''")}`);
  });
});

describe('what an operator writes stays one word', () => {
  test('property: header values and names of any kind never become lines of their own', async () => {
    const anyText = fc.oneof(fc.constantFrom("'", "'\\''", '"', '\\', '#', ';', '$HOME', '${HOME}', '%%', ' ', '\\n', '`id`', "' \n"), fc.string({ maxLength: 12 })).filter((text) => !/[\0\r\n%\u0001-\u001f\u007f]/.test(text));
    const values = fc.sample(fc.array(anyText, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')).filter((text) => text !== ''), { numRuns: 40, seed: 7 });
    const defaults = { ...withFlags().defaults, requestHeaders: values.map((value, index) => ({ type: 'Set', name: `X-${index}`, value }) as const), responseHeaders: values.map((value, index) => ({ type: 'Set', name: `x'${index}`, value }) as const) };
    expect(await check(withFlags({}, { defaults }))).toEqual([]);
  });
  test('a line break cannot be written at all', () => {
    for (const text of ['a\nb', 'a\rb', 'a\0b']) expect(() => quote(text)).toThrow(RangeError);
  });
});

describe('server lines', () => {
  test.each([
    [{ checked: true, keywords: 'inter 5000ms' }, 'check' as const, 's 10.0.0.1:80 check weight 3 pool-purge-delay 5s pool-max-conn -1 inter 5000ms'],
    [{ checked: false, keywords: '' }, 'none' as const, 's 10.0.0.1:80 weight 3 pool-purge-delay 5s pool-max-conn -1 '],
    [{ checked: true, keywords: 'ssl verify none' }, 'check' as const, 's 10.0.0.1:80 check check-ssl weight 3 pool-purge-delay 5s pool-max-conn -1 ssl verify none'],
  ])('%o', (changes, when, text) => { expect(serverKeywords({ name: 's', address: '10.0.0.1', port: 80, weight: 3, ...changes }, when)).toBe(text); });
  test('a configuration leaves out what a static server has by itself', () => {
    const settings = withFlags();
    const servers = [
      { name: 'usual', address: '10.0.0.1', port: 80, weight: 1, checked: true, keywords: 'inter 5000ms' },
      { name: 'heavy', address: '10.0.0.2', port: 80, weight: 10, checked: true, keywords: 'inter 5000ms maxconn 3' },
      { name: 'seldom', address: '10.0.0.3', port: 80, weight: 1, checked: true, keywords: 'inter 50000ms' },
    ];
    const text = renderConfiguration({ settings, digest: 'd', twoHops: false, kinds: [{ mode: 'http', balance: 'random', full: false, tunnel: null, adjustCase: false }], backends: [{ name: 'http-random.00001', kindName: 'http-random', servers }] });
    expect(text.match(/^ {2}(?:default-)?server .*/gm)).toEqual([
      '  default-server inter 5000', '  server usual 10.0.0.1:80 check', '  server heavy 10.0.0.2:80 check weight 10 pool-purge-delay 5s pool-max-conn -1 maxconn 3', '  server seldom 10.0.0.3:80 check inter 50000ms',
    ]);
  });
  test('IPv6 stands in brackets', () => { expect(serverKeywords({ name: 's', address: '::1', port: 80, weight: 1, checked: false, keywords: '' }, 'none')).toMatch(/^s \[::1\]:80 /); });
});

const hostile = ["'", '"', '%[src]', '%', ';', '# x', '\\', '${HOME}', '\n', '\r\nbackend evil\n', '\t', '|', '<<', 'é', '\u2028', '"}]', '\u0000', 'x'.repeat(16_384), '%'.repeat(16_384), '\n'.repeat(16_384)];
const anyHostile = fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string({ maxLength: 10 })), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('').slice(0, 16_384));
const anySettings: fc.Arbitrary<Partial<RuleSettings>> = fc.record({
  rewrite: fc.record({ prefix: anyHostile.map((text) => `/${text}`), target: anyHostile.map((text) => `/${text}`) }),
  requestHeaders: fc.array(fc.record({ type: fc.constant('Set' as const), name: fc.oneof(fc.constant('X-A'), anyHostile), value: anyHostile }), { maxLength: 3 }),
  hsts: fc.option(anyHostile, { nil: null }),
});

describe('what a route writes', () => {
  test('property: none of its texts is in the configuration, and each map line is one printable line', () => {
    const settings = withFlags();
    const usual = renderConfiguration({ settings, digest: 'd', twoHops: false, ...layOut(table({ rules: [rule({ settings: { hsts: 'x' } })] }), planContext(settings), { commonest: 4, balance: 'random' }) });
    fc.assert(fc.property(anySettings, (changes) => {
      const layout = layOut(table({ rules: [rule({ settings: { ...changes, hsts: changes.hsts ?? 'x' } })] }), planContext(settings), { commonest: 4, balance: 'random' });
      expect(renderConfiguration({ settings, digest: 'd', twoHops: false, kinds: layout.kinds, backends: layout.backends })).toBe(usual);
      for (const [name, text] of layout.maps) for (const line of text.split('\n').slice(0, -1)) expect([name, /^[\x21-\x7e]+ [^\x00-\x1f\x7f]+$/.test(line)]).toEqual([name, true]);
    }), { numRuns: 150 });
  });
  test('HAProxy reads the same entries out of the files as were meant', async () => {
    const odd = (index: number, changes: Partial<RuleSettings>): ReturnType<typeof rule> => rule({ id: `ns/r${index}`, host: `h${index}.test`, path: '/%41;x="\'\\$|#'.slice(0, 6 + index), settings: changes });
    const rules = fc.sample(anySettings, { numRuns: 12, seed: 3 }).map((changes, index) => odd(index, { ...changes, rewrite: null, requestHeaders: (changes.requestHeaders ?? []).flatMap((one) => (one.type === 'Set' ? [{ ...one, name: one.name.slice(0, 200), value: one.value.slice(0, 2000) }] : [])), hsts: 'max-age="1"' }));
    const haproxy = await serveTable(table({ rules: rules.sort(compareRules), defaultCertificate: pem, refused: [{ host: 'r.test', wildcard: false, path: '/#?', reason: 'x' }, { host: 'r.test', wildcard: true, path: '/;', reason: 'InvalidHost' }] }));
    const socket = new RuntimeSocket(haproxy.settings.paths.socket);
    expect((await observe(socket, haproxy.settings.paths)).maps).toEqual(haproxy.layout.planner.observed.maps);
    socket.close();
  });
});
