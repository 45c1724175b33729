import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { atEnd } from '../support/cleanup.ts';
import { plainTarget, tlsTarget, withoutReload } from '../support/contract.ts';
import { eventually } from '../support/eventually.ts';
import { underLoad } from '../support/load.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router, RouterWish } from '../support/router.ts';
import { sayToHaproxy, serverOf } from '../support/runtime.ts';
import { openStream } from '../support/streaming-client.ts';
import { lookAtTls } from '../support/tls-client.ts';
import { isRunning } from '../support/workers.ts';

let members: Member[];
let certificate: MadeCertificate;
let inner: Member;

beforeAll(async () => {
  members = await startMembers('web', 2);
  certificate = await makeCertificate({ hosts: ['secure.test'] });
  inner = await startMember({ name: 'inner', protocol: 'h2', certificate: await makeCertificate({ hosts: ['inner.test'] }) });
});

async function start(wish: RouterWish = {}): Promise<Router> {
  return startRouter({
    manifests: {
      'web.yaml': [...serving('web', members), ...serving('inner', [inner])],
      'routes.yaml': [route('web'), route('secure', { to: 'web', tls: 'edge', certificate })],
    },
    ...wish,
  });
}

describe('HAProxy dies', () => {
  test('it is back within a second with everything it had', async () => {
    const router = await start();
    const later = await makeCertificate({ hosts: ['later.test'] });
    await router.write('later.yaml', [route('later', { to: 'web', tls: 'edge', certificate: later, annotations: { 'haproxy.router.openshift.io/hsts_header': 'max-age=5' } })]);
    await router.live('later.test', (answer) => expect(answer.status).toBe(200), { tls: true });
    const old = router.haproxyPid();
    process.kill(old, 'SIGKILL');
    const begun = performance.now();
    const answer = await eventually(() => router.getTls('later.test'), 5_000, 10);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(answer.status).toBe(200);
    expect(answer.headers['strict-transport-security']).toBe('max-age=5');
    expect((await lookAtTls({ port: router.https, sni: 'later.test' })).fingerprint).toBe(later.fingerprint);
    expect((await router.get('web.test')).status).toBe(200);
    // It serves a moment before it is written down.
    await expect.poll(() => router.haproxyPids().filter((pid) => pid !== old), { timeout: 5_000 }).toHaveLength(1);
    // And changes go on reaching it.
    await router.write('more.yaml', [route('more', { to: 'web' })]);
    await router.live('more.test', (found) => expect(found.status).toBe(200));
  });

  test('a crash loop backs off, says why and ends by itself when the cause is gone', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fairway-broken-'));
    atEnd(() => rm(directory, { recursive: true }));
    const program = join(directory, 'haproxy');
    // The real program, unless a file says that it is broken: a fault that cannot be had from HAProxy itself.
    await writeFile(program, `#!/bin/sh\nif [ -e ${directory}/broken ] && [ "$1" != -v ] && [ "$1" != -vv ]; then echo x >> ${directory}/tries; echo "cannot allocate the moon" >&2; exit 1; fi\nexec haproxy "$@"\n`);
    await chmod(program, 0o755);
    const router = await start({ flags: ['--haproxy', program] });
    await writeFile(join(directory, 'broken'), '');
    process.kill(router.haproxyPid(), 'SIGKILL');
    await expect.poll(() => router.ready(), { timeout: 5_000 }).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const tries = (await readFile(join(directory, 'tries'), 'utf8')).length / 2;
    expect(tries).toBeGreaterThanOrEqual(2);
    expect(tries).toBeLessThan(15);
    expect(router.log()).toContain('cannot allocate the moon');
    await rm(join(directory, 'broken'));
    await eventually(async () => expect((await router.get('web.test')).status).toBe(200), 20_000);
    await eventually(async () => expect(await router.ready()).toBe(true));
  });
});

describe('what HAProxy refuses', () => {
  // Admission takes a key of 1024 bits, as the OpenShift router does; OpenSSL at Debian's security level 2 does not.
  test('costs nobody else anything, and the object that caused it is named', async () => {
    const router = await start();
    const weak = await makeCertificate({ hosts: ['weak.test'], key: 'rsa1024' });
    await withoutReload(router, [plainTarget(router, 'web.test'), tlsTarget(router, 'secure.test')], async () => {
      await router.write('weak.yaml', [route('weak', { to: 'web', tls: 'edge', certificate: weak }), route('beside', { to: 'web' })]);
      await router.live('beside.test', (answer) => expect(answer.status).toBe(200));
    });
    await eventually(async () => {
      const status = await router.status();
      expect(status.stdout).toContain('shop/weak');
      expect(status.stdout).toMatch(/unable to load SSL certificate|key too small/i);
    });
    expect(await router.ready()).toBe(true);
  });

  test('at the very start as well', async () => {
    const weak = await makeCertificate({ hosts: ['weak.test'], key: 'rsa1024' });
    const router = await start({ manifests: [...serving('web', members), route('web'), route('weak', { to: 'web', tls: 'edge', certificate: weak }), route('secure', { to: 'web', tls: 'edge', certificate })] });
    expect((await router.get('web.test')).status).toBe(200);
    expect((await lookAtTls({ port: router.https, sni: 'secure.test' })).fingerprint).toBe(certificate.fingerprint);
    expect((await router.status()).stdout).toMatch(/unable to load SSL certificate|key too small/i);
  });
});

describe('drift: somebody changes HAProxy by hand', () => {
  let router: Router;
  beforeAll(async () => {
    router = await start({ flags: ['--verify-every', '400ms'] });
  });
  const firstServer = (): Promise<string> => serverOf(router.stateDir, 'web.test', members[0]!.address);
  const reported = async (): Promise<number> => (await router.metrics()).filter(({ name }) => name.startsWith('fairway_drift')).reduce((sum, { value }) => sum + value, 0);

  test('a member switched off is switched on again', async () => {
    const before = await reported();
    await sayToHaproxy(router.stateDir, `set server ${await firstServer()} state maint`);
    await eventually(async () => {
      expect(await reported()).toBeGreaterThan(before);
      const reached = new Set(await Promise.all(Array.from({ length: 16 }, async () => (await router.get('web.test')).member)));
      expect(reached).toEqual(new Set(['web-1', 'web-2']));
    }, 8_000);
    expect(router.log()).toMatch(/drift/i);
  });

  test('a map that was emptied is filled again', async () => {
    const maps = (await sayToHaproxy(router.stateDir, 'show map')).split('\n').filter((line) => line.includes('plain'));
    for (const map of maps) await sayToHaproxy(router.stateDir, `clear map #${map.split(' ')[0]}`);
    await eventually(async () => expect((await router.get('web.test')).status).toBe(200), 8_000);
  });

  test('a weight and a deleted entry as well, without a reload', async () => {
    await sayToHaproxy(router.stateDir, `set server ${await firstServer()} weight 0`);
    await eventually(async () => {
      const reached = new Set(await Promise.all(Array.from({ length: 16 }, async () => (await router.get('web.test')).member)));
      expect(reached).toEqual(new Set(['web-1', 'web-2']));
    }, 8_000);
    expect(await router.reloads()).toBe(0);
  });

  test('what nobody changed is not reported', async () => {
    const before = await reported();
    await router.write('fine.yaml', [route('fine', { to: 'web' })]);
    await router.live('fine.test', (answer) => expect(answer.status).toBe(200));
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await reported()).toBe(before);
  });
});

describe('reloads, where they are allowed', () => {
  // Fresh connections: see `LoadWish.connections`.
  const load = (router: Router): Parameters<typeof underLoad>[0] => ({
    rps: 150, connections: 'fresh', targets: [plainTarget(router, 'web.test'), tlsTarget(router, 'secure.test')],
  });

  test('the first passthrough route and the last drop nothing, once each, with their reasons', async () => {
    const router = await start();
    const first = await underLoad(load(router), async () => {
      await router.write('pass.yaml', [route('pass', { to: 'inner', tls: 'passthrough' })]);
      await router.live('pass.test', (answer) => expect(answer.member).toBe('inner'), { tls: true });
    });
    expect(first.failures).toEqual([]);
    expect([await router.reloads(), await router.reloads('passthrough-first')]).toEqual([1, 1]);
    await withoutReload(router, load(router).targets, async () => {
      await router.write('pass2.yaml', [route('pass2', { to: 'inner', tls: 'passthrough' })]);
      await router.live('pass2.test', (answer) => expect(answer.member).toBe('inner'), { tls: true });
      await router.remove('pass2.yaml');
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    const last = await underLoad(load(router), async () => {
      await router.remove('pass.yaml');
      await router.live('pass.test', (answer) => expect(answer.status).toBe(503), { tls: true });
    }, 1_000);
    expect(last.failures).toEqual([]);
    // Whether port 443 goes back to one hop at once or keeps both for a while, it says so.
    expect(await router.reloads()).toBe(1 + (await router.reloads('passthrough-last')));
  });

  test('more routes than spares: one reload, nothing dropped, and room again', async () => {
    const router = await start({ flags: ['--spares', '5'] });
    const many = (count: number, prefix: string): ReturnType<typeof route>[] => Array.from({ length: count }, (_, place) => route(`${prefix}-${place}`, { to: 'web' }));
    const report = await underLoad(load(router), async () => {
      await router.write('many.yaml', many(40, 'many'));
      await router.live('many-39.test', (answer) => expect(answer.status).toBe(200));
      await router.live('many-0.test', (answer) => expect(answer.status).toBe(200));
    });
    expect(report.failures).toEqual([]);
    expect([await router.reloads(), await router.reloads('spares-exhausted')]).toEqual([1, 1]);
    await withoutReload(router, load(router).targets, async () => {
      await router.write('few.yaml', many(4, 'few'));
      await router.live('few-3.test', (answer) => expect(answer.status).toBe(200));
    });
  });

  test('an old worker ends when its time is over, and until then its clients are served', async () => {
    const router = await start({ flags: ['--hard-stop-after', '6s'] });
    const stream = await openStream({ port: router.http, host: 'web.test' });
    const old = router.haproxyPid();
    await router.write('pass.yaml', [route('pass', { to: 'inner', tls: 'passthrough' })]);
    await router.live('pass.test', (answer) => expect(answer.member).toBe('inner'), { tls: true });
    expect(stream.isOpen()).toBe(true);
    expect(isRunning(old)).toBe(true);
    // It serves a moment before it is written down.
    await expect.poll(() => router.haproxyPids()).toHaveLength(2);
    await expect.poll(() => isRunning(old), { timeout: 20_000 }).toBe(false);
    expect(stream.isOpen()).toBe(false);
    expect((await router.get('web.test')).status).toBe(200);
    expect(router.haproxyPids()).toHaveLength(1);
  });
});
