import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { route, service, serving, slices } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

const key = 'haproxy.router.openshift.io';
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
let router: Router;
let web: Member[];

beforeAll(async () => {
  web = await startMembers('web', 3);
  router = await startRouter({
    flags: ['--check-interval', '200ms'],
    manifests: {
      'web.yaml': serving('web', web),
      'routes.yaml': [
        route('web'),
        route('secure', { to: 'web', tls: 'edge' }),
        route('allow', { to: 'web', tls: 'edge', insecure: 'Allow' }),
        route('lax', { to: 'web', tls: 'edge', insecure: 'Redirect', annotations: { 'router.openshift.io/cookie-same-site': 'Lax' } }),
        route('named', { to: 'web', annotations: { 'router.openshift.io/cookie_name': 'my_basket-1' } }),
        route('badly-named', { to: 'web', annotations: { 'router.openshift.io/cookie_name': 'a b; c' } }),
        route('off', { to: 'web', annotations: { [`${key}/disable_cookies`]: 'true' } }),
      ],
    },
  });
});

const cookieOf = (name: string): string => md5(` shop:${name}`);

describe('the stickiness cookie', () => {
  test('carries the md5 of the member, under the md5 of the route, as the OpenShift router has it', async () => {
    const answer = await router.get('web.test');
    const member = web.find(({ name }) => name === answer.member)!;
    const expected = md5(`pod:${member.name}:web:http:${member.address}:${member.port}`);
    expect(answer.cookies.get(cookieOf('web'))).toMatch(new RegExp(`^${cookieOf('web')}=${expected}; path=/; HttpOnly$`, 'i'));
    expect(answer.headers['cache-control']).toMatch(/private/);
  });

  test.each([
    ['web.test', false], ['secure.test', true], ['allow.test', false], ['allow.test', true], ['named.test', false],
  ] as const)('brings the client back to its member: %s', async (host, tls) => {
    const ask = (headers: Record<string, string> = {}): ReturnType<Router['get']> => (tls ? router.getTls(host, '/', { headers }) : router.get(host, '/', { headers }));
    const first = await ask();
    const [name, text] = [...first.cookies][0]!;
    const cookie = text.split(';')[0]!;
    for (let count = 0; count < 12; count += 1) {
      const next = await ask({ cookie: `other=1; ${cookie}; more=2` });
      expect(next.member).toBe(first.member);
      // Known already: not set again, and not shown to the member, whose own cookies arrive.
      expect(next.cookies.size).toBe(0);
      expect(next.seen().headers.cookie ?? '').not.toContain(name);
      expect(next.seen().headers.cookie).toContain('other=1');
    }
  });

  test('attributes follow the termination', async () => {
    const attributes = async (host: string, tls: boolean): Promise<string> => [...(await (tls ? router.getTls(host) : router.get(host))).cookies.values()][0]!.replace(/^[^;]*; /, '');
    expect((await attributes('secure.test', true)).split('; ').sort()).toEqual(['HttpOnly', 'SameSite=None', 'Secure', 'path=/']);
    expect((await attributes('lax.test', true)).split('; ').sort()).toEqual(['HttpOnly', 'SameSite=Lax', 'Secure', 'path=/']);
    expect((await attributes('allow.test', true)).split('; ').sort()).toEqual(['HttpOnly', 'path=/']);
  });

  test('can be named and switched off', async () => {
    expect([...(await router.get('named.test')).cookies.keys()]).toEqual(['my_basket-1']);
    expect([...(await router.get('badly-named.test')).cookies.keys()]).toEqual([cookieOf('badly-named')]);
    expect((await router.get('off.test')).cookies.size).toBe(0);
  });

  test('a cookie that names nobody is replaced', async () => {
    const answer = await router.get('web.test', '/', { headers: { cookie: `${cookieOf('web')}=0123456789abcdef0123456789abcdef` } });
    expect(answer.status).toBe(200);
    expect(answer.cookies.has(cookieOf('web'))).toBe(true);
  });

  test('holds when members come and go, and when Fairway starts anew', async () => {
    const first = await router.get('web.test');
    const cookie = first.cookies.get(cookieOf('web'))!.split(';')[0]!;
    const mine = web.find(({ name }) => name === first.member)!;
    const member = async (): Promise<string | null> => (await router.get('web.test', '/', { headers: { cookie } })).member;
    await router.write('web.yaml', serving('web', [mine]));
    await expect.poll(async () => new Set(await Promise.all(Array.from({ length: 12 }, async () => (await router.get('web.test')).member))).size).toBe(1);
    expect(await member()).toBe(mine.name);
    await router.write('web.yaml', serving('web', [...web].reverse()));
    await expect.poll(async () => new Set(await Promise.all(Array.from({ length: 30 }, async () => (await router.get('web.test')).member))).size).toBe(3);
    for (let count = 0; count < 6; count += 1) expect(await member()).toBe(mine.name);
    router.kill('SIGKILL');
    await router.exited();
    await router.start();
    for (let count = 0; count < 6; count += 1) expect(await member()).toBe(mine.name);
  });

  test('brings the client to another member when its own is down', async () => {
    const first = await router.get('web.test');
    const cookie = first.cookies.get(cookieOf('web'))!.split(';')[0]!;
    const mine = web.find(({ name }) => name === first.member)!;
    await mine.refuse();
    const next = await eventually(async () => {
      const answer = await router.get('web.test', '/', { headers: { cookie } });
      expect(answer.status).toBe(200);
      expect(answer.member).not.toBe(mine.name);
      return answer;
    });
    await eventually(async () => expect((await router.get('web.test', '/', { headers: { cookie } })).cookies.has(cookieOf('web'))).toBe(true));
    expect(next.status).toBe(200);
    await mine.accept();
    await expect.poll(async () => (await router.get('web.test', '/', { headers: { cookie } })).member, { timeout: 8_000 }).toBe(mine.name);
  });
});

async function spread(host: string, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const answer of await Promise.all(Array.from({ length: count }, () => router.get(host)))) {
    const name = answer.member ?? `${answer.status} ${answer.reason}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('weights', () => {
  test.each([
    // weights, members of each service, expected share in per cent
    [[['one', 25], ['two', 75]], [1, 1], { one: 25, two: 75 }],
    [[['one', 50], ['two', 50]], [2, 1], { one: 50, two: 50 }],
    [[['one', 20], ['two', 60]], [2, 1], { one: 25, two: 75 }],
    [[['one', 0], ['two', 1]], [1, 1], { one: 0, two: 100 }],
    [[['one', 1], ['two', 1], ['three', 2]], [1, 1, 1], { one: 25, two: 25, three: 50 }],
  ] as const)('%j over %j members', async (weights, sizes, shares) => {
    const members = await Promise.all(weights.map(([name], place) => startMembers(`${name}-m`, sizes[place]!)));
    await router.write('weighted.yaml', [
      ...weights.flatMap(([name], place) => serving(name, members[place]!)),
      route('weighted', { to: weights, annotations: { [`${key}/disable_cookies`]: 'true' } }),
    ]);
    await eventually(async () => {
      const counts = await spread('weighted.test', 120);
      for (const [service, share] of Object.entries(shares)) {
        const got = Object.entries(counts).filter(([name]) => name.startsWith(`${service}-m`)).reduce((sum, [, count]) => sum + count, 0);
        expect(Math.abs((got / 120) * 100 - share)).toBeLessThanOrEqual(6);
      }
    });
    await router.remove('weighted.yaml');
    await router.live('weighted.test', (answer) => expect(answer.status).toBe(503));
  });

  test('weight 0 keeps those who have a cookie and takes nobody new', async () => {
    const [old, fresh] = (await startMembers('drain', 2)) as [Member, Member];
    const write = (a: number, b: number): Promise<void> => router.write('drain.yaml', [...serving('old', [old]), ...serving('fresh', [fresh]), route('drain', { to: [['old', a], ['fresh', b]] })]);
    await write(1, 0);
    const first = await router.live('drain.test', (answer) => expect(answer.member).toBe('drain-1'));
    const cookie = [...first.cookies.values()][0]!.split(';')[0]!;
    await write(0, 1);
    await expect.poll(() => spread('drain.test', 10)).toEqual({ 'drain-2': 10 });
    for (let count = 0; count < 5; count += 1) expect((await router.get('drain.test', '/', { headers: { cookie } })).member).toBe('drain-1');
    await write(0, 0);
    await router.live('drain.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'all-endpoints-down' }));
    expect((await router.get('drain.test', '/', { headers: { cookie } })).member).toBe('drain-1');
  });
});

describe('which endpoints', () => {
  test('a named or numbered target port chooses among the ports; without one all serve', async () => {
    const [http, extra] = (await startMembers('port', 2)) as [Member, Member];
    await router.write('ports.yaml', [
      service('ports'),
      ...slices('ports-a', [http], { service: 'ports', portName: 'http' }),
      ...slices('ports-b', [extra], { service: 'ports', portName: 'extra' }),
      route('by-name', { to: 'ports', targetPort: 'extra' }),
      route('by-number', { to: 'ports', targetPort: http.port }),
      route('all-ports', { to: 'ports', annotations: { [`${key}/disable_cookies`]: 'true' } }),
      route('no-port', { to: 'ports', targetPort: 'admin' }),
    ]);
    await router.live('by-name.test', (answer) => expect(answer.member).toBe('port-2'));
    await router.live('by-number.test', (answer) => expect(answer.member).toBe('port-1'));
    await expect.poll(async () => Object.keys(await spread('all-ports.test', 20)).sort()).toEqual(['port-1', 'port-2']);
    expect(await router.get('no-port.test')).toMatchObject({ status: 503, reason: 'no-endpoints' });
  });

  test('a single member is never marked down: its refusal is a failed connection', async () => {
    const single = await startMember({ name: 'single' });
    await router.write('single.yaml', [...serving('single', [single]), route('single')]);
    await router.live('single.test', (answer) => expect(answer.status).toBe(200));
    await single.refuse();
    expect(await router.get('single.test')).toMatchObject({ status: 503, reason: 'connection-failed' });
    await single.accept();
    await router.live('single.test', (answer) => expect(answer.status).toBe(200));
  });

  test('when every member is down, the answer says so', async () => {
    const two = await startMembers('down', 2);
    await router.write('down.yaml', [...serving('down', two), route('down')]);
    await router.live('down.test', (answer) => expect(answer.status).toBe(200));
    await Promise.all(two.map((member) => member.refuse()));
    await router.live('down.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'all-endpoints-down' }), { within: 10_000 });
  });

  test("an idled service is reached at its cluster address", async () => {
    const front = await startMember({ name: 'front' });
    await router.write('idled.yaml', [
      service('idled', {
        clusterIP: front.address,
        ports: [{ name: 'http', port: front.port, targetPort: 8080, protocol: 'TCP' }],
        annotations: { 'idling.alpha.openshift.io/idled-at': '2026-01-01T00:00:00Z' },
      }),
      route('idled'),
    ]);
    await router.live('idled.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'front' }));
  });
});
