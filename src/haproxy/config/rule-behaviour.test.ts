import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { openH2 } from '../../../test/support/h2-client.ts';
import { send, type Answer } from '../../../test/support/http-client.ts';
import { startMember, type Member as RunningMember } from '../../../test/support/member.ts';
import { openRaw } from '../../../test/support/raw-client.ts';
import { serveTable, type TableHaproxy } from '../../../test/support/table-haproxy.ts';
import { member, rule, table } from '../../../test/support/table-objects.ts';
import type { HeaderAction } from '../../resources/route.ts';
import { compareRules } from '../../table/order.ts';
import type { Rule, RuleSettings } from '../../table/routing-table.ts';

let haproxy: TableHaproxy;
let web: RunningMember;
const rules: Rule[] = [];
let hosts = 0;

/** A host of its own for settings; call it while tests are collected. */
const hostFor = (settings: Partial<RuleSettings>, fields: Partial<Rule> = {}): string => {
  hosts += 1;
  const host = `h${hosts}.test`;
  rules.push(rule({ id: `ns/h${hosts}`, host, settings: { cookie: null, ...settings }, ...fields }));
  return host;
};

beforeAll(async () => {
  web = await startMember({ name: 'web' });
  const { cert, key } = await makeCertificate({ hosts: ['*.test'] });
  const served = rules.map((one): Rule => ({ ...one, pool: { ...one.pool, members: one.pool.members.map((each) => ({ ...each, address: web.address, port: web.port })) } }));
  haproxy = await serveTable(table({ rules: served.sort(compareRules), defaultCertificate: key + cert }), { 'listen.addresses': 'v4v6' });
});

const get = (host: string, more: Partial<Parameters<typeof send>[0]> = {}): Promise<Answer> => send({ port: haproxy.http, host, ...more });
const headersOf = (answer: Answer, name: string): readonly string[] => answer.seen().rawHeaders.flatMap((text, index, all) => (index % 2 === 0 && text.toLowerCase() === name ? [all[index + 1] ?? ''] : []));

/** One request exactly as written; what the member saw. */
const exchange = async (host: string, lines: readonly string[], path = '/'): Promise<{ readonly text: string; readonly seen: readonly string[]; readonly path: string }> => {
  const connection = await openRaw({ port: haproxy.http });
  connection.send([`GET ${path} HTTP/1.1`, `host: ${host}`, ...lines, 'connection: close', '', ''].join('\r\n'));
  const text = await connection.closed();
  const body = /\r\n\r\n[^{]*(\{.*\})/s.exec(text)?.[1];
  const seen = body === undefined ? { rawHeaders: [], path: '' } : JSON.parse(body) as { readonly rawHeaders: readonly string[]; readonly path: string };
  return { text, path: seen.path, seen: seen.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name.toLowerCase()}: ${all[index + 1] ?? ''}`] : [])) };
};

describe('rewrite-target', () => {
  const cases = [
    ['/app', '/', '/app/x', '/x'], ['/app', '/', '/app', '/'], ['/app', '/', '/app/', '/'], ['/app', '/', '/app//x', '//x'], ['/app', '/', '/app/../a', '/../a'],
    ['/api/v1', '/v2', '/api/v1/users', '/v2/users'], ['/api/v1', '/v2', '/api/v1', '/v2'], ['/api/v1', '/v2/', '/api/v1/users', '/v2//users'],
    ['', '/x', '/a', '/x/a'], ['', '/', '/a', '/a'], ['', '/x', '/', '/x/'], ['/app/', '/', '/app/x', '/x'], ['/app/', '/new/', '/app/x/y', '/new/x/y'],
    ['/a.b+(c)', '/', '/a.b+(c)/d', '/d'], ['/a$^', '/n', '/a$^/x', '/n/x'], ['/p', '/%41/%2f', '/p/%2e', '/%41/%2f/%2e'], ['/p', "/it&x=1;y$z(!)*,@:~", '/p/q', "/it&x=1;y$z(!)*,@:~/q"],
  ] as const;
  const made = cases.map(([path, target, sent, arrives]) => ({ host: hostFor({ rewrite: { prefix: path, target } }, { path }), sent, arrives, path, target }));
  test.each(made)('$path -> $target: $sent arrives as $arrives', async ({ host, sent, arrives }) => {
    expect((await get(host, { path: sent })).seen().path).toBe(arrives);
    expect((await get(host, { path: `${sent}?q=/app&a=%2F` })).seen().path).toBe(`${arrives}?q=/app&a=%2F`);
  });
  const odd = hostFor({ rewrite: { prefix: '', target: '/a b\r\nx-injected: yes\\1%[src]é' } });
  test('a target can never end the request line, nor be syntax', async () => {
    const seen = (await get(odd, { path: '/x' })).seen();
    expect(seen.path).toBe('/a%20b%0D%0Ax-injected:%20yes\\1%[src]%C3%A9/x');
    expect(seen.headers).not.toHaveProperty('x-injected');
  });
});

describe('allow list', () => {
  const lists = [
    ['0.0.0.0/0', '127.0.0.1', true], ['127.0.0.1/32', '127.0.0.1', true], ['127.0.0.1/32', '127.0.0.2', false], ['127.0.0.0/31', '127.0.0.1', true], ['127.0.0.2/31', '127.0.0.1', false],
    ['0.0.0.0/1', '127.255.255.254', true], ['128.0.0.0/1', '127.0.0.1', false], ['127.0.0.0/13', '127.7.255.255', true], ['127.0.0.0/13', '127.8.0.1', false], ['127.8.0.0/13', '127.15.0.9', true],
    ['127.0.0.0/9', '127.127.0.1', true], ['127.0.0.0/9', '127.128.0.1', false], ['127.0.0.0/30', '127.0.0.3', true], ['127.0.0.0/30', '127.0.0.4', false], ['::/0', '127.0.0.1', false],
    ['::/0', '::1', true], ['::1/128', '::1', true], ['::/127', '::1', true], ['::2/127', '::1', false], ['2001:db8::/45', '::1', false], ['0.0.0.0/0', '::1', false], ['8000::/1', '::1', false], ['::/1', '::1', true],
  ] as const;
  const made = lists.map(([cidr, from, passes]) => ({ host: hostFor({ allowList: ['192.0.2.0/25', cidr] }), cidr, from, passes }));
  test.each(made)('$cidr and a client at $from: $passes', async ({ host, from, passes }) => {
    const answer = get(host, { from, address: from.includes(':') ? '::1' : '127.0.0.1' });
    if (passes) expect((await answer).status).toBe(200);
    else await expect(answer).rejects.toThrow(/hang up|ECONNRESET|socket/);
  });
  const nobody = hostFor({ allowList: [] });
  test('an empty list lets nobody in', async () => { await expect(get(nobody)).rejects.toThrow(/hang up|ECONNRESET/); });
});

describe('header actions', () => {
  const request: readonly HeaderAction[] = [
    { type: 'Set', name: 'X-Literal', value: `"it's" \\ 100%% ; # $x {y} \${HOME} é` }, { type: 'Set', name: 'X-Lower', value: '<%[req.hdr(X-In),lower]>' }, { type: 'Set', name: 'X-Base', value: '%[req.hdr(X-In),lower,base64]' },
    { type: 'Set', name: 'X-Quoted', value: '%{+Q}[req.hdr(X-In)]' }, { type: 'Set', name: 'X-Absent', value: '[%[req.hdr(X-None)]]' }, { type: 'Delete', name: 'X-Gone' }, { type: 'Set', name: 'X-Order', value: 'one' }, { type: 'Set', name: 'x-order', value: 'two' },
    { type: 'Set', name: 'X-Copy', value: '%[req.hdr(X-Order)]' }, { type: 'Set', name: 'Host', value: 'inner.test' },
  ];
  const response: readonly HeaderAction[] = [{ type: 'Set', name: 'X-From', value: 'was %[res.hdr(X-Member)]' }, { type: 'Delete', name: 'Content-Type' }, { type: 'Set', name: 'X-Frame-Options', value: 'DENY' }];
  const host = hostFor({ requestHeaders: request, responseHeaders: response });
  test('set, delete, expressions, in order', async () => {
    const answer = await get(host, { headers: { 'x-in': 'A"b', 'x-gone': '1', 'x-literal': 'mine' } });
    const { headers } = answer.seen();
    expect(Buffer.from(headers['x-literal'] as string, 'latin1').toString('utf8')).toBe(`"it's" \\ 100% ; # $x {y} \${HOME} é`);
    expect(headers).toMatchObject({ 'x-lower': '<a"b>', 'x-base': Buffer.from('a"b').toString('base64'), 'x-absent': '[]', 'x-order': 'two', 'x-copy': 'two', host: 'inner.test' });
    expect(headers).not.toHaveProperty('x-gone');
    expect(headers['x-quoted']).toMatch(/^"A/);
    expect(answer.headers).toMatchObject({ 'x-from': 'was web', 'x-frame-options': 'DENY' });
    expect(answer.headers).not.toHaveProperty('content-type');
  });
});

describe('header actions as large as a route may have them', () => {
  const large = 'v'.repeat(3995);
  const host = hostFor({ requestHeaders: [{ type: 'Set', name: 'X-Big', value: large }], responseHeaders: [{ type: 'Set', name: 'X-Big', value: large }] });
  const one = hostFor({ requestHeaders: [{ type: 'Set', name: 'X-Big', value: 'v'.repeat(7995) }], responseHeaders: [{ type: 'Set', name: 'X-Same', value: '1' }], hsts: 'max-age=1' });
  test('arrive on one side', async () => {
    const answer = await get(one);
    expect(answer.seen().headers['x-big']).toBe('v'.repeat(7995));
    expect(answer.headers['x-same']).toBe('1');
  });
  test('arrive on both sides', async () => {
    const answer = await get(host);
    expect(answer.seen().headers['x-big']).toBe(large);
    expect(answer.headers['x-big']).toBe(large);
  });
});

describe('forwarded headers', () => {
  const at = Object.fromEntries((['append', 'replace', 'if-none', 'never'] as const).map((policy) => [policy, hostFor({ forwardedHeaders: policy }, { termination: 'edge', insecure: 'allow' })]));
  const names = ['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-proto-version', 'forwarded'] as const;
  const claimed = { 'x-forwarded-for': '9.9.9.9', 'x-forwarded-host': 'evil.test', 'x-forwarded-port': '1', 'x-forwarded-proto': 'gopher', 'x-forwarded-proto-version': 'h9', forwarded: 'for=9.9.9.9' };
  const told = (answer: Answer): Record<string, readonly string[]> => Object.fromEntries(names.map((name) => [name, headersOf(answer, name)]));
  const own = (host: string, ip = '127.0.0.1', port = haproxy.http, proto = 'http'): Record<string, string> => ({
    'x-forwarded-for': ip, 'x-forwarded-host': host, 'x-forwarded-port': String(port), 'x-forwarded-proto': proto, forwarded: `for=${ip.includes(':') ? `"[${ip}]"` : ip};host=${host};proto=${proto}`,
  });
  test.each(['append', 'replace', 'if-none'])('%s: without anything claimed, all are told', async (policy) => {
    const host = at[policy] ?? '';
    for (const [ip, address] of [['127.0.0.1', '127.0.0.1'], ['::1', '::1']] as const) {
      const mine = own(host, ip);
      expect(told(await get(host, { address }))).toEqual(Object.fromEntries(names.map((name) => [name, mine[name] === undefined ? [] : [mine[name]]])));
    }
  });
  test('never: nothing is told, and what the client claims is left', async () => {
    expect(told(await get(at['never'] ?? ''))).toEqual(Object.fromEntries(names.map((name) => [name, []])));
    expect(told(await get(at['never'] ?? '', { headers: claimed }))).toEqual(Object.fromEntries(names.map((name) => [name, [claimed[name]]])));
  });
  test('append: lines of their own behind what the client claims', async () => {
    const host = at['append'] ?? '';
    // P of `Forwarded` is the client side's, never the claim.
    const mine = own(host);
    expect(told(await get(host, { headers: claimed }))).toEqual(Object.fromEntries(names.map((name) => [name, mine[name] === undefined ? [claimed[name]] : [claimed[name], mine[name]]])));
  });
  test('replace: the claims are gone, that of the HTTP version too', async () => {
    const host = at['replace'] ?? '';
    const mine = own(host);
    expect(told(await get(host, { headers: claimed }))).toEqual(Object.fromEntries(names.map((name) => [name, mine[name] === undefined ? [] : [mine[name]]])));
  });
  test('if-none: claims stay, each header by itself', async () => {
    const host = at['if-none'] ?? '';
    expect(told(await get(host, { headers: claimed }))).toEqual(Object.fromEntries(names.map((name) => [name, [claimed[name]]])));
    const some = told(await get(host, { headers: { 'x-forwarded-for': '9.9.9.9', 'x-forwarded-proto': 'https' } }));
    expect(some).toMatchObject({ 'x-forwarded-for': ['9.9.9.9'], 'x-forwarded-host': [host], 'x-forwarded-proto': ['https'], forwarded: [`for=127.0.0.1;host=${host};proto=https`] });
  });
  test.each(['append', 'replace', 'if-none', 'never'])('over TLS with HTTP/2: %s', async (policy) => {
    const host = at[policy] ?? '';
    const connection = await openH2({ port: haproxy.https, sni: host });
    try {
      const mine: Record<string, string> = { ...own(host, '127.0.0.1', haproxy.https, 'https'), 'x-forwarded-proto-version': 'h2' };
      expect(told(await connection.send({}))).toEqual(Object.fromEntries(names.map((name) => [name, policy === 'never' ? [] : [mine[name]]])));
    } finally {
      await connection.close();
    }
  });
});

describe('the stickiness cookie', () => {
  const two = [member('m1'), member('m2')];
  const pool = { mode: 'http', balance: 'roundrobin', members: two, tls: null, memberMaxConnections: null, checkInterval: 5000 } as const;
  const host = hostFor({ cookie: { name: 'sid', attributes: '; Secure; SameSite=Lax' } }, { pool });
  const full = hostFor({ cookie: { name: 'sid', attributes: '' }, hsts: 'max-age=1', timeoutServer: 9000 }, { pool });
  const none = hostFor({}, { pool });
  const cookieIn = (text: string): string | null => /set-cookie: (.*)\r/i.exec(text)?.[1] ?? null;

  test.each([['usual', host, '; Secure; SameSite=Lax'], ['uncommon', full, '']])('is given once, privately, where settings are %s', async (_, at, attributes) => {
    const first = await get(at);
    expect(first.headers['set-cookie']).toHaveLength(1);
    expect(first.cookies.get('sid')).toMatch(new RegExp(`^sid=m[12]; path=/; HttpOnly${attributes}$`));
    expect(first.headers['cache-control']).toBe('private');
    const again = await get(at, { headers: { cookie: `sid=${/^sid=(m.)/.exec(first.cookies.get('sid') ?? '')?.[1] ?? ''}` } });
    expect(again.headers).not.toHaveProperty('set-cookie');
    expect(again.headers).not.toHaveProperty('cache-control');
  });
  test('disabled: none', async () => {
    const answer = await exchange(none, ['cookie: sid=m1']);
    expect(cookieIn(answer.text)).toBeNull();
    expect(answer.seen).toContain('cookie: sid=m1');
  });
  // What the client sends, what the member gets, and whether the cookie was understood (else a new one is given).
  const sent: readonly (readonly [string, string | null, boolean])[] = [
    ['sid=m1', null, true], ['a=1; sid=m1', 'a=1', true], ['sid=m1; a=1', 'a=1', true], ['a=1; sid=m1; b=2', 'a=1; b=2', true], ['a=1;sid=m2;b=2', 'a=1;b=2', true],
    ['xsid=m9; sid=m2', 'xsid=m9', true], ['sidx=m9; sid=m2', 'sidx=m9', true], ['xsid=m1', 'xsid=m1', false], ['sidx=m1', 'sidx=m1', false], ['a=sid=m1', 'a=sid=m1', false], ['a="x; y"; sid=m1', 'a="x; y"', true], ['SID=m1', 'SID=m1', false], ['other=1', 'other=1', false],
  ];
  test.each(sent)('%s', async (cookie, arrives, understood) => {
    for (const at of [host, full]) {
      const { text, seen } = await exchange(at, [`cookie: ${cookie}`]);
      expect(seen.filter((line) => line.startsWith('cookie:'))).toEqual(arrives === null ? [] : [`cookie: ${arrives}`]);
      expect({ at, given: cookieIn(text) !== null }).toEqual({ at, given: !understood });
    }
  });
  test.each([['of a member that is gone', 'sid=m9'], ['empty', 'sid='], ['quoted', 'sid="m1"'], ['hostile', 'sid=%[src]|x'], ['very long', `sid=${'x'.repeat(4000)}`]])('a value %s: another member serves and its cookie is given', async (_, cookie) => {
    const { text } = await exchange(host, [`cookie: ${cookie}`]);
    expect(text).toMatch(/^HTTP\/1.1 200/);
    expect(cookieIn(text)).toMatch(/^sid=m[12]; /);
  });
  // The member gets what the client sent, without ours where it was understood, and never anything else.
  const many = (part: string): string => Array.from({ length: 300 }, (_, number) => part.replace('#', String(number))).join('; ');
  test.each<[string, string]>([
    ['many that begin alike', many('sid#=m1')], ['many of its name', many('sid=x#')], ['one long word', `a=${'x'.repeat(6000)}`], ['nothing but separators', '; '.repeat(2500)], ['what stands between fields', `a=${'|'.repeat(5000)}`],
    ['a rule of its own', 'a=1; b=http-random.00001|ns/x|-|0123456789abcdef|evil|path=/; evil=m1'], ['SameSite, as the attributes have it', 'x=1; SameSite=Lax; b=2'],
  ])('cookies like %s', async (_, cookie) => {
    for (const at of [host, full]) {
      const { text, seen } = await exchange(at, [`cookie: ${cookie}`]);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(cookieIn(text)).toMatch(/^sid=m[12]; /);
      const got = seen.filter((line) => line.startsWith('cookie:')).join();
      // Of several of our name one may be taken for ours and not passed on.
      expect([`cookie: ${cookie}`.trimEnd(), `cookie: ${cookie.split('; ').slice(0, -1).join('; ')}`]).toContain(got);
      const both = await exchange(at, [`cookie: ${cookie.replace(/[; ]+$/, '')}; sid=m2`]);
      expect(cookieIn(both.text)).toBeNull();
      expect(both.seen.join()).not.toContain('sid=m2');
    }
  });
  test('several Cookie lines: whatever is understood, a member serves and nothing of other cookies is lost', async () => {
    const { text, seen } = await exchange(host, ['cookie: a=1', 'cookie: sid=m1', 'cookie: b=2']);
    expect(text).toMatch(/^HTTP\/1.1 200/);
    const cookies = seen.filter((line) => line.startsWith('cookie:')).join('; ');
    expect(cookies).toContain('a=1');
    expect(cookies).toContain('b=2');
  });
});
