import { beforeAll, describe, expect, test } from 'vitest';
import { plainTarget, tlsTarget, withoutReload } from '../support/contract.ts';
import { route, serving } from '../support/manifests.ts';
import type { RouteWish } from '../support/manifests.ts';
import { startMembers } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

const key = 'haproxy.router.openshift.io';
let router: Router;
let members: Member[];

beforeAll(async () => {
  members = await startMembers('web', 2);
  router = await startRouter({
    manifests: { 'web.yaml': serving('web', members), 'route.yaml': [route('web', { tls: 'edge', insecure: 'Allow' })] },
  });
});

const set = (annotations: Record<string, string>, more: RouteWish = {}): Promise<void> =>
  router.write('route.yaml', [route('web', { tls: 'edge', insecure: 'Allow', annotations, ...more })]);

/** The change is made while the route itself is under load on both listeners. */
const quietly = (change: () => Promise<unknown>): Promise<unknown> => withoutReload(router, [plainTarget(router, 'web.test'), tlsTarget(router, 'web.test')], change);

describe("a route's settings change under load and nobody notices", () => {
  test('balance algorithm', async () => {
    // Counted on a route without load of its own; the load is on its neighbour, which changes with it.
    const balance = (algorithm: string | null): Promise<void> => {
      const annotations: Record<string, string> = algorithm === null ? {} : { [`${key}/balance`]: algorithm };
      return router.write('route.yaml', [route('web', { tls: 'edge', insecure: 'Allow', annotations }), route('counted', { to: 'web', annotations })]);
    };
    const inTurn = async (count: number): Promise<(string | null)[]> => {
      const reached: (string | null)[] = [];
      for (let turn = 0; turn < count; turn += 1) reached.push((await router.get('counted.test')).member);
      return reached;
    };
    await balance(null);
    await router.live('counted.test', (answer) => expect(answer.status).toBe(200));
    await quietly(async () => {
      await balance('roundrobin');
      await expect.poll(async () => (await inTurn(6)).every((member, place, all) => place === 0 || member !== all[place - 1]), { timeout: 5_000 }).toBe(true);
      await balance('source');
      await expect.poll(async () => new Set(await inTurn(12)).size, { timeout: 5_000 }).toBe(1);
      await balance('leastconn');
      await expect.poll(async () => new Set(await inTurn(12)).size, { timeout: 5_000 }).toBe(2);
      await balance(null);
      await expect.poll(async () => (await inTurn(30)).some((member, place, all) => place > 0 && member === all[place - 1]), { timeout: 5_000 }).toBe(true);
    });
  });

  test('server timeout', async () => {
    await quietly(async () => {
      await set({ [`${key}/timeout`]: '300ms' });
      await router.live('web.test', (answer) => expect(answer.status).toBe(504), { path: '/?delay=900' });
      await set({ [`${key}/timeout`]: '5s' });
      await router.live('web.test', (answer) => expect(answer.status).toBe(200), { path: '/?delay=900' });
    });
  });

  test('cookie off, on, and named', async () => {
    await quietly(async () => {
      await set({ [`${key}/disable_cookies`]: 'true' });
      await router.live('web.test', (answer) => expect(answer.cookies.size).toBe(0));
      await set({ 'router.openshift.io/cookie_name': 'basket' });
      await router.live('web.test', (answer) => expect([...answer.cookies.keys()]).toEqual(['basket']));
      await set({});
      // md5 of " shop:web", as the OpenShift router names it.
      await router.live('web.test', (answer) => expect([...answer.cookies.keys()][0]).toMatch(/^[0-9a-f]{32}$/));
    });
  });

  test('HSTS', async () => {
    await quietly(async () => {
      await set({ [`${key}/hsts_header`]: 'max-age=31536000;includeSubDomains' });
      await router.live('web.test', (answer) => expect(answer.headers['strict-transport-security']).toBe('max-age=31536000;includeSubDomains'), { tls: true });
      await set({});
      await router.live('web.test', (answer) => expect(answer.headers['strict-transport-security']).toBeUndefined(), { tls: true });
    });
  });

  test('allow list', async () => {
    await quietly(async () => {
      // The load comes from 127.0.0.1; the one kept out is another loopback address.
      await set({ [`${key}/ip_allowlist`]: '127.0.0.1 10.0.0.0/8' });
      await expect.poll(() => router.get('web.test', '/', { from: '127.0.0.9' }).then(({ status }) => status, () => 'closed'), { timeout: 5_000 }).toBe('closed');
      expect((await router.get('web.test', '/', { from: '127.0.0.1' })).status).toBe(200);
      await set({ [`${key}/ip_allowlist`]: '127.0.0.0/8' });
      await expect.poll(() => router.get('web.test', '/', { from: '127.0.0.9' }).then(({ status }) => status, () => 'closed'), { timeout: 5_000 }).toBe(200);
      await set({});
      await router.live('web.test', (answer) => expect(answer.status).toBe(200), { from: '127.0.0.9' });
    });
  });

  test('connection limit of a member', async () => {
    // A route of its own: with the limit of one, the load would queue.
    await router.write('narrow.yaml', [...serving('narrow', members.slice(0, 1)), route('narrow')]);
    await router.live('narrow.test', (answer) => expect(answer.status).toBe(200));
    const together = async (): Promise<number> => {
      const started = performance.now();
      const answers = await Promise.all(Array.from({ length: 3 }, () => router.get('narrow.test', '/?delay=200')));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      return performance.now() - started;
    };
    expect(await together()).toBeLessThan(500);
    await quietly(async () => {
      await router.write('narrow.yaml', [...serving('narrow', members.slice(0, 1)), route('narrow', { annotations: { [`${key}/pod-concurrent-connections`]: '1' } })]);
      await expect.poll(together, { timeout: 8_000 }).toBeGreaterThan(590);
      await router.write('narrow.yaml', [...serving('narrow', members.slice(0, 1)), route('narrow')]);
      await expect.poll(together, { timeout: 8_000 }).toBeLessThan(500);
    });
  });

  test('rewrite target and forwarded headers', async () => {
    await quietly(async () => {
      await set({ [`${key}/rewrite-target`]: '/inside' });
      await router.live('web.test', (answer) => expect(answer.seen().path).toBe('/inside/x?y=1'), { path: '/x?y=1' });
      await set({ [`${key}/set-forwarded-headers`]: 'never' });
      await router.live('web.test', (answer) => expect(answer.seen().headers['x-forwarded-for']).toBeUndefined());
      await set({});
      await router.live('web.test', (answer) => expect(answer.seen().headers['x-forwarded-for']).toBe('127.0.0.1'));
    });
  });

  test('header actions', async () => {
    await quietly(async () => {
      await set({}, {
        requestHeaders: [{ name: 'X-Team', action: { type: 'Set', set: { value: 'red' } } }, { name: 'X-Gone', action: { type: 'Delete' } }],
        responseHeaders: [{ name: 'X-Frame-Options', action: { type: 'Set', set: { value: 'DENY' } } }],
      });
      await router.live('web.test', (answer) => {
        expect(answer.seen().headers).toMatchObject({ 'x-team': 'red' });
        expect(answer.seen().headers).not.toHaveProperty('x-gone');
        expect(answer.headers['x-frame-options']).toBe('DENY');
      }, { headers: { 'x-gone': 'here' } });
      await set({});
      await router.live('web.test', (answer) => expect(answer.headers['x-frame-options']).toBeUndefined());
    });
  });

  test('rate limit', async () => {
    await quietly(async () => {
      // Generous for the load, which counts per client address; the one who is limited comes from another.
      await set({ [`${key}/rate-limit-connections`]: 'true', [`${key}/rate-limit-connections.rate-http`]: '100000' });
      await new Promise((resolve) => setTimeout(resolve, 300));
      await set({});
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
  });
});
