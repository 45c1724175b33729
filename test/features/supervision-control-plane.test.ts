import { readdir, stat } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { plainTarget, tlsTarget } from '../support/contract.ts';
import { eventually } from '../support/eventually.ts';
import { fairway } from '../support/fairway-command.ts';
import { startLoad } from '../support/load.ts';
import { route, serving } from '../support/manifests.ts';
import { startMembers } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router, RouterWish } from '../support/router.ts';
import { openStream } from '../support/streaming-client.ts';
import { lookAtTls } from '../support/tls-client.ts';
import { isRunning } from '../support/workers.ts';

let members: Member[];
let certificate: MadeCertificate;

beforeAll(async () => {
  members = await startMembers('web', 2);
  certificate = await makeCertificate({ hosts: ['secure.test'] });
});

async function start(wish: RouterWish = {}): Promise<Router> {
  return startRouter({
    manifests: {
      'web.yaml': serving('web', members.slice(0, 1)),
      'routes.yaml': [route('web'), route('secure', { to: 'web', tls: 'edge', certificate })],
    },
    ...wish,
  });
}

describe('Fairway is killed under load', () => {
  test('nothing is dropped, the next one adopts HAProxy and reloads nothing', async () => {
    const router = await start();
    // Things that live only in HAProxy's memory, put there at run time.
    await router.write('later.yaml', [route('later', { to: 'web', tls: 'edge', insecure: 'Allow', certificate: await makeCertificate({ hosts: ['later.test'] }) })]);
    await router.live('later.test', (answer) => expect(answer.status).toBe(200));
    const haproxy = router.haproxyPid();
    const stream = await openStream({ port: router.http, host: 'web.test' });
    const load = await startLoad({ rps: 200, targets: [plainTarget(router, 'web.test'), tlsTarget(router, 'secure.test'), plainTarget(router, 'later.test')] });
    router.kill('SIGKILL');
    await router.exited();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(isRunning(haproxy)).toBe(true);
    await router.start();
    await new Promise((resolve) => setTimeout(resolve, 300));
    // And the new one is in charge.
    await router.write('after.yaml', [route('after', { to: 'web' })]);
    await router.live('after.test', (answer) => expect(answer.status).toBe(200));
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(await router.reloads()).toBe(0);
    expect(router.haproxyPids()).toEqual([haproxy]);
    expect(stream.isOpen()).toBe(true);
    stream.close();
  });

  test('what changed while nobody looked is live after the start, without a reload', async () => {
    const router = await start();
    const haproxy = router.haproxyPid();
    const rotated = await makeCertificate({ hosts: ['secure.test'], serial: 77 });
    router.kill('SIGKILL');
    await router.exited();
    await router.write('web.yaml', serving('web', members.slice(1)));
    await router.write('routes.yaml', [route('secure', { to: 'web', tls: 'edge', certificate: rotated }), route('new', { to: 'web', path: '/x' })]);
    await router.start();
    await router.live('new.test', (answer) => expect(answer.member).toBe('web-2'), { path: '/x' });
    expect((await lookAtTls({ port: router.https, sni: 'secure.test' })).fingerprint).toBe(rotated.fingerprint);
    expect(await router.get('web.test')).toMatchObject({ status: 503, reason: 'no-route-for-host' });
    expect((await router.getTls('secure.test')).member).toBe('web-2');
    expect(await router.reloads()).toBe(0);
    expect(router.haproxyPids()).toEqual([haproxy]);
  });

  test('killed ten times in a row while routes change', async () => {
    const router = await start();
    const haproxy = router.haproxyPid();
    const load = await startLoad({ rps: 100, targets: [plainTarget(router, 'web.test')] });
    for (let round = 0; round < 10; round += 1) {
      await router.write('turn.yaml', [route('turn', { host: `turn-${round}.test`, to: 'web' })]);
      // Somewhere between nothing done and all done.
      await new Promise((resolve) => setTimeout(resolve, round * 3));
      router.kill('SIGKILL');
      await router.exited();
      await router.start();
    }
    await router.live('turn-9.test', (answer) => expect(answer.status).toBe(200));
    for (let round = 0; round < 9; round += 1) expect((await router.get(`turn-${round}.test`)).status).toBe(503);
    expect((await load.stop()).failures).toEqual([]);
    expect(router.haproxyPids()).toEqual([haproxy]);
    expect(await router.reloads()).toBe(0);
  });

  test('with HAProxy gone as well, the next one starts from nothing', async () => {
    const router = await start();
    router.kill('SIGKILL');
    process.kill(router.haproxyPid(), 'SIGKILL');
    await router.exited();
    await router.start();
    expect((await router.get('web.test')).status).toBe(200);
    expect((await router.getTls('secure.test')).status).toBe(200);
  });
});

describe('start', () => {
  test('nothing is answered before the first complete table', async () => {
    const manifests = Array.from({ length: 300 }, (_, place) => route(`many-${place}`, { to: 'web' }));
    const router = await start({ manifests: { 'web.yaml': serving('web', members), 'many.yaml': manifests, 'zz.yaml': [route('last', { to: 'web' })] }, wait: false });
    const first = await eventually(() => router.get('last.test'), 15_000, 3);
    expect(first.status).toBe(200);
    await eventually(async () => expect(await router.ready()).toBe(true));
  });

  test('a second Fairway on the same state directory does not touch the first', async () => {
    const router = await start();
    const answer = await fairway(['run', router.directory, '--state-dir', router.stateDir, '--http-port', '1', '--https-port', '2', '--admin-port', '3']);
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(/state/i);
    expect((await router.get('web.test')).status).toBe(200);
    expect(await router.ready()).toBe(true);
  });
});

describe('stop', () => {
  test('readiness fails first, then open requests are finished, then everything is gone', async () => {
    const router = await start({ flags: ['--stop-delay', '600ms', '--drain', '5s'] });
    const haproxy = router.haproxyPid();
    const slow = router.get('web.test', '/?delay=1500');
    await expect.poll(() => members[0]!.requests.some(({ path }) => path === '/?delay=1500')).toBe(true);
    router.kill('SIGTERM');
    await expect.poll(() => router.ready()).toBe(false);
    // Still in its delay: a balancer that has not noticed yet is served.
    expect((await router.get('web.test')).status).toBe(200);
    expect((await slow).status).toBe(200);
    expect(await router.exited()).toBe(0);
    expect(isRunning(haproxy)).toBe(false);
    await expect(router.get('web.test')).rejects.toThrow(/ECONNREFUSED/);
  });

  test('a client that never ends does not hold it up for ever', async () => {
    const router = await start({ flags: ['--drain', '700ms'] });
    const haproxy = router.haproxyPid();
    const idle = await openRaw({ port: router.http });
    const stream = await openStream({ port: router.http, host: 'web.test' });
    const begun = performance.now();
    router.kill('SIGTERM');
    expect(await router.exited()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(isRunning(haproxy)).toBe(false);
    expect(stream.isOpen()).toBe(false);
    idle.close();
  });

  test('on request HAProxy stays for the next one', async () => {
    const router = await start({ flags: ['--leave-haproxy'] });
    const haproxy = router.haproxyPid();
    const load = await startLoad({ rps: 100, targets: [plainTarget(router, 'web.test')] });
    router.kill('SIGTERM');
    expect(await router.exited()).toBe(0);
    await router.start();
    expect((await load.stop()).failures).toEqual([]);
    expect(router.haproxyPids()).toEqual([haproxy]);
    expect(await router.reloads()).toBe(0);
  });

  test('files with keys are private', async () => {
    const router = await start();
    for (const entry of await readdir(router.stateDir, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(`${entry.parentPath}/${entry.name}`);
      expect([entry.name, (mode & 0o077).toString(8)]).toEqual([entry.name, '0']);
    }
    expect(((await stat(router.stateDir)).mode & 0o777).toString(8)).toBe('700');
    expect(router.log()).not.toContain('PRIVATE KEY');
  });
});
