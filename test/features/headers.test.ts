import { beforeAll, describe, expect, test } from 'vitest';
import { route, serving } from '../support/manifests.ts';
import type { RouteWish } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import type { Seen } from '../support/member.ts';
import { rawExchange } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

const key = 'haproxy.router.openshift.io';
let router: Router;

const setHeader = (name: string, value: string): unknown => ({ name, action: { type: 'Set', set: { value } } });
const deleteHeader = (name: string): unknown => ({ name, action: { type: 'Delete' } });

/** Every route of this file; all lead to the same member. */
const wishes: Readonly<Record<string, RouteWish>> = {
  append: {},
  replace: { annotations: { [`${key}/set-forwarded-headers`]: 'replace' } },
  'if-none': { annotations: { [`${key}/set-forwarded-headers`]: 'if-none' } },
  never: { annotations: { [`${key}/set-forwarded-headers`]: 'never' } },
  wrong: { annotations: { [`${key}/set-forwarded-headers`]: 'sometimes' } },
  actions: {
    requestHeaders: [
      setHeader('X-Plain', 'value'), setHeader('X-Quote', `it's "quoted" \\ and ; # { }`), setHeader('X-Percent', '100%% sure'),
      setHeader('X-Agent', '%[req.hdr(User-Agent),lower]'), deleteHeader('X-Secret'), setHeader('X-Order', 'one'), setHeader('X-order', 'two'),
    ],
    responseHeaders: [setHeader('X-Frame-Options', 'SAMEORIGIN'), setHeader('X-Was', '%[res.hdr(X-From-Member),base64]'), deleteHeader('X-From-Member')],
  },
  global: { requestHeaders: [setHeader('X-Both', 'route')], responseHeaders: [setHeader('X-Both', 'route')] },
  'rewrite-root': { path: '/app', annotations: { [`${key}/rewrite-target`]: '/' } },
  'rewrite-other': { path: '/api/v1', annotations: { [`${key}/rewrite-target`]: '/v2' } },
  'rewrite-all': { annotations: { [`${key}/rewrite-target`]: '/base' } },
  'rewrite-special': { path: '/a.b+c', annotations: { [`${key}/rewrite-target`]: '/x' } },
};

beforeAll(async () => {
  router = await startRouter({
    flags: ['--request-headers', 'X-Both:global:Set,X-Global:a%2Cb+c:Set', '--response-headers', 'X-Both:global:Set,Server:Delete'],
    manifests: [
      ...serving('web', [await startMember({ name: 'web', responseHeaders: { 'x-from-member': 'secret', server: 'member/1' } })]),
      ...Object.entries(wishes).map(([name, wish]) => route(name, { to: 'web', tls: 'edge', insecure: 'Allow', ...wish })),
    ],
  });
});

const values = (seen: Seen, name: string): string[] =>
  seen.rawHeaders.flatMap((text, place) => (place % 2 === 0 && text.toLowerCase() === name ? [seen.rawHeaders[place + 1]!] : []));

const claimed = {
  'x-forwarded-for': '192.0.2.1', 'x-forwarded-host': 'claimed.test', 'x-forwarded-port': '1', 'x-forwarded-proto': 'https', forwarded: 'for=192.0.2.1',
};

describe('what the member is told about the client', () => {
  test('append: beside what the client claims', async () => {
    const seen = (await router.get('append.test:8080', '/', { headers: claimed, from: '127.0.0.5' })).seen();
    expect(values(seen, 'x-forwarded-for')).toEqual(['192.0.2.1', '127.0.0.5']);
    expect(values(seen, 'x-forwarded-host')).toEqual(['claimed.test', 'append.test:8080']);
    expect(values(seen, 'x-forwarded-port')).toEqual(['1', String(router.http)]);
    expect(values(seen, 'x-forwarded-proto')).toEqual(['https', 'http']);
    expect(values(seen, 'forwarded')).toEqual(['for=192.0.2.1', 'for=127.0.0.5;host=append.test:8080;proto=http']);
  });

  test.each(['replace', 'if-none', 'append', 'wrong'])('%s: all of it when the client claims nothing', async (policy) => {
    const seen = (await router.getTls(`${policy}.test`)).seen();
    expect(values(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(values(seen, 'x-forwarded-host')).toEqual([`${policy}.test`]);
    expect(values(seen, 'x-forwarded-port')).toEqual([String(router.https)]);
    expect(values(seen, 'x-forwarded-proto')).toEqual(['https']);
    expect(values(seen, 'forwarded')).toEqual([`for=127.0.0.1;host=${policy}.test;proto=https`]);
  });

  test('replace: instead of what the client claims', async () => {
    const seen = (await router.get('replace.test', '/', { headers: claimed })).seen();
    expect(values(seen, 'x-forwarded-for')).toEqual(['127.0.0.1']);
    expect(values(seen, 'x-forwarded-host')).toEqual(['replace.test']);
    expect(values(seen, 'x-forwarded-proto')).toEqual(['http']);
    expect(values(seen, 'forwarded')).toEqual(['for=127.0.0.1;host=replace.test;proto=http']);
  });

  test('if-none: only what the client does not claim', async () => {
    const seen = (await router.get('if-none.test', '/', { headers: { 'x-forwarded-for': '192.0.2.1' } })).seen();
    expect(values(seen, 'x-forwarded-for')).toEqual(['192.0.2.1']);
    expect(values(seen, 'x-forwarded-host')).toEqual(['if-none.test']);
  });

  test('never: nothing', async () => {
    const seen = (await router.get('never.test', '/', { headers: { 'x-forwarded-for': '192.0.2.1' } })).seen();
    expect(values(seen, 'x-forwarded-for')).toEqual(['192.0.2.1']);
    for (const name of ['x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'forwarded']) expect(values(seen, name)).toEqual([]);
  });

  test('HTTP/2 is named as such', async () => {
    const connection = await router.h2('append.test');
    expect((await connection.send({})).seen().headers).toMatchObject({ 'x-forwarded-proto-version': 'h2' });
    await connection.close();
    expect((await router.getTls('append.test')).seen().headers).not.toHaveProperty('x-forwarded-proto-version');
  });

  test('Host arrives in lower case, with its port; Proxy never arrives', async () => {
    const seen = (await router.get('APPEND.Test:8080', '/', { headers: { Proxy: 'http://evil.test' } })).seen();
    expect(seen.headers.host).toBe('append.test:8080');
    expect(seen.headers).not.toHaveProperty('proxy');
  });

  test('an empty Content-Length is refused', async () => {
    const text = await rawExchange({ port: router.http, text: 'POST / HTTP/1.1\r\nHost: append.test\r\nContent-Length: \r\n\r\n' });
    expect(text).toMatch(/^HTTP\/1\.\d 40[03]/);
  });
});

describe('header actions', () => {
  test('of a route, on requests: literal text stays literal, expressions are evaluated, order holds', async () => {
    const { headers, ...seen } = (await router.get('actions.test', '/', { headers: { 'user-agent': 'Some/Agent', 'x-secret': 'shh' } })).seen();
    expect(headers).toMatchObject({ 'x-plain': 'value', 'x-quote': `it's "quoted" \\ and ; # { }`, 'x-percent': '100% sure', 'x-agent': 'some/agent' });
    expect(headers).not.toHaveProperty('x-secret');
    expect(values(seen as Seen, 'x-order')).toEqual(['two']);
  });

  test('of a route, on responses', async () => {
    const { headers } = await router.get('actions.test');
    expect(headers).toMatchObject({ 'x-frame-options': 'SAMEORIGIN', 'x-was': Buffer.from('secret').toString('base64') });
    expect(headers).not.toHaveProperty('x-from-member');
  });

  test('of the router: the route wins on requests, the router on responses', async () => {
    const answer = await router.get('global.test');
    expect(answer.seen().headers).toMatchObject({ 'x-both': 'route', 'x-global': 'a,b c' });
    expect(answer.headers).toMatchObject({ 'x-both': 'global' });
    expect(answer.headers).not.toHaveProperty('server');
  });
});

describe('rewrite-target', () => {
  test.each([
    ['rewrite-root.test', '/app', '/'],
    ['rewrite-root.test', '/app/', '/'],
    ['rewrite-root.test', '/app/x/y?q=1', '/x/y?q=1'],
    ['rewrite-root.test', '/app/../a', '/../a'],
    ['rewrite-other.test', '/api/v1/users?id=%2F', '/v2/users?id=%2F'],
    ['rewrite-other.test', '/api/v1', '/v2'],
    ['rewrite-all.test', '/a', '/base/a'],
    ['rewrite-special.test', '/a.b+c/d', '/x/d'],
  ])('%s %s reaches the member as %s', async (host, path, arrives) => {
    expect((await router.get(host, path)).seen().path).toBe(arrives);
  });
});

describe('HSTS', () => {
  test('is sent for TLS routes, as written; a faulty one is reported and not sent', async () => {
    const hsts = (name: string, value: string): ReturnType<typeof route> => route(name, { to: 'web', tls: 'edge', insecure: 'Allow', annotations: { [`${key}/hsts_header`]: value } });
    await router.write('hsts.yaml', [hsts('hsts', 'max-age=31536000;includeSubDomains;preload'), hsts('hsts-bad', 'max-age=tomorrow'), route('hsts-plain', { to: 'web', annotations: { [`${key}/hsts_header`]: 'max-age=1' } })]);
    await router.live('hsts.test', (answer) => expect(answer.headers['strict-transport-security']).toBe('max-age=31536000;includeSubDomains;preload'), { tls: true });
    expect((await router.getTls('hsts-bad.test')).headers).not.toHaveProperty('strict-transport-security');
    expect((await router.get('hsts-plain.test')).headers).not.toHaveProperty('strict-transport-security');
  });
});
