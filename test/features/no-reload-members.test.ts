import { beforeAll, describe, expect, test } from 'vitest';
import { plainTarget, withoutReload } from '../support/contract.ts';
import { route, service, serving, slices } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { openStream } from '../support/streaming-client.ts';

let router: Router;
let members: Member[];

beforeAll(async () => {
  members = await startMembers('web', 3);
  router = await startRouter({
    flags: ['--check-interval', '200ms'],
    manifests: {
      'web.yaml': serving('web', members.slice(0, 1)),
      // Cookies off: every request is spread anew, so that counts tell the weights.
      'route.yaml': [route('web', { annotations: { 'haproxy.router.openshift.io/balance': 'roundrobin' } })],
    },
  });
});

/** Counts what each member serves of `count` fresh requests. */
async function spread(host: string, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const answer of await Promise.all(Array.from({ length: count }, () => router.get(host)))) {
    const name = answer.member ?? `status ${answer.status}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('members change under load and nobody notices', () => {
  test('members are added and get their share', async () => {
    await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      await router.write('web.yaml', serving('web', members));
      await expect.poll(() => spread('web.test', 30), { timeout: 5_000 }).toEqual({ 'web-1': 10, 'web-2': 10, 'web-3': 10 });
    });
  });

  test('a member is removed; the answer it is working on still arrives', async () => {
    const open = router.get('web.test', '/?delay=1500&mine');
    await expect.poll(() => members.find((member) => member.requests.some(({ path }) => path.endsWith('mine')))?.name).toBeDefined();
    const busy = members.find((member) => member.requests.some(({ path }) => path.endsWith('mine')))!;
    const rest = members.filter((member) => member !== busy);
    await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      await router.write('web.yaml', serving('web', rest));
      await expect.poll(() => spread('web.test', 20), { timeout: 5_000 }).not.toHaveProperty(busy.name);
    });
    expect(await open).toMatchObject({ status: 200, member: busy.name });
    const seen = busy.requests.length;
    await spread('web.test', 20);
    expect(busy.requests.length).toBe(seen);
  });

  test('every member is replaced by another', async () => {
    await router.write('web.yaml', serving('web', members.slice(0, 1)));
    await expect.poll(() => spread('web.test', 10)).toEqual({ 'web-1': 10 });
    const report = await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      await router.write('web.yaml', serving('web', members.slice(1, 2)));
      await expect.poll(() => spread('web.test', 10), { timeout: 5_000 }).toEqual({ 'web-2': 10 });
    });
    expect(Object.keys(report.byMember).sort()).toEqual(['web-1', 'web-2']);
  });

  test('a member that is no longer ready leaves, and comes back', async () => {
    await router.write('web.yaml', serving('web', members.slice(0, 2)));
    await expect.poll(() => spread('web.test', 10)).toEqual({ 'web-1': 5, 'web-2': 5 });
    await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      await router.write('web.yaml', serving('web', members.slice(0, 2), { notReady: [members[1]!] }));
      await expect.poll(() => spread('web.test', 10), { timeout: 5_000 }).toEqual({ 'web-1': 10 });
      await router.write('web.yaml', serving('web', members.slice(0, 2)));
      await expect.poll(() => spread('web.test', 10), { timeout: 5_000 }).toEqual({ 'web-1': 5, 'web-2': 5 });
    });
  });

  test('a member that stops listening is found out by its health check, and found again', async () => {
    // Before the load: connections that the kernel took and the program did not are reset when it stops listening.
    members[1]!.refuseNew();
    await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      await expect.poll(() => spread('web.test', 10), { timeout: 8_000 }).toEqual({ 'web-1': 10 });
      await members[1]!.accept();
      await expect.poll(() => spread('web.test', 10), { timeout: 8_000 }).toEqual({ 'web-1': 5, 'web-2': 5 });
    });
  });

  test('the weights of two services change (A/B)', async () => {
    const [blue, green] = await startMembers('ab', 2) as [Member, Member];
    const ab = (a: number, b: number): Promise<void> => router.write('ab.yaml', [
      ...serving('blue', [blue]), ...serving('green', [green]), route('ab', { to: [['blue', a], ['green', b]] }),
    ]);
    await ab(100, 0);
    await router.live('ab.test', (answer) => expect(answer.member).toBe('ab-1'));
    await withoutReload(router, [plainTarget(router, 'ab.test')], async () => {
      await ab(100, 100);
      await expect.poll(() => spread('ab.test', 20), { timeout: 5_000 }).toEqual({ 'ab-1': 10, 'ab-2': 10 });
      await ab(90, 10);
      await expect.poll(async () => (await spread('ab.test', 40))['ab-2'], { timeout: 5_000 }).toBeLessThanOrEqual(6);
      const { 'ab-1': blueShare = 0, 'ab-2': greenShare = 0 } = await spread('ab.test', 100);
      expect(blueShare + greenShare).toBe(100);
      expect(greenShare).toBeGreaterThanOrEqual(8);
      expect(greenShare).toBeLessThanOrEqual(12);
      await ab(0, 100);
      await expect.poll(() => spread('ab.test', 20), { timeout: 5_000 }).toEqual({ 'ab-2': 20 });
    });
  });

  test('a service loses its last endpoint and gets one again', async () => {
    const only = await startMember({ name: 'only' });
    await router.write('bare.yaml', [...serving('bare', [only]), route('bare')]);
    await router.live('bare.test', (answer) => expect(answer.status).toBe(200));
    await withoutReload(router, [plainTarget(router, 'web.test'), plainTarget(router, 'bare.test', { accept: [200, 503] })], async () => {
      await router.write('bare.yaml', [service('bare'), route('bare')]);
      await router.live('bare.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-endpoints' }));
      await router.write('bare.yaml', [service('bare'), ...slices('bare', [only]), route('bare')]);
      await router.live('bare.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'only' }));
    });
  });

  test('a client that streams is not disturbed while twenty routes change', async () => {
    const stream = await openStream({ port: router.http, host: 'web.test', every: 20 });
    await withoutReload(router, [plainTarget(router, 'web.test')], async () => {
      for (let round = 0; round < 20; round += 1) await router.write('round.yaml', [route(`round-${round}`, { to: 'web' })]);
      await router.live('round-19.test', (answer) => expect(answer.status).toBe(200));
    });
    const bytes = stream.bytes();
    await expect.poll(() => stream.bytes()).toBeGreaterThan(bytes);
    expect(stream.isOpen()).toBe(true);
    stream.close();
  });
});
