import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { atEnd } from '../support/cleanup.ts';
import { plainTarget, tlsTarget, withoutReload } from '../support/contract.ts';
import { underLoad } from '../support/load.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';

// The reasons for a reload that have no better place: each is met once, is told by its code, and drops nothing.

let web: Member;
let inner: Member;

beforeAll(async () => {
  web = await startMember({ name: 'web' });
  inner = await startMember({ name: 'inner', protocol: 'h2', certificate: await makeCertificate({ hosts: ['inner.test'] }) });
});

const start = (flags: readonly string[] = []): Promise<Router> => startRouter({
  manifests: {
    'web.yaml': [...serving('web', [web]), ...serving('inner', [inner]), route('web'), route('pass', { to: 'inner', tls: 'passthrough' })],
  },
  flags,
});

// Fresh connections: one that is kept may be closed by the old worker in the moment it is used (RFC 9112, section 9.6).
const load = (router: Router): Parameters<typeof underLoad>[0] => ({ rps: 150, connections: 'fresh', targets: [plainTarget(router, 'web.test'), tlsTarget(router, 'pass.test')] });

const reasonsOf = async (router: Router): Promise<Record<string, number>> => Object.fromEntries(
  (await router.metrics()).filter(({ name, value }) => name === 'fairway_haproxy_reloads_total' && value > 0).map(({ labels, value }) => [labels['reason'] ?? '', value]),
);

const timed = (name: string, to: string): ReturnType<typeof route> => route(name, { to, tls: 'passthrough', annotations: { 'haproxy.router.openshift.io/timeout-tunnel': '7s' } });

test('a kind of pool that is new: one reload, and room for more of that kind', async () => {
  const router = await start();
  const report = await underLoad(load(router), async () => {
    await router.write('timed.yaml', [timed('timed', 'inner')]);
    await router.live('timed.test', (answer) => expect(answer.member).toBe('inner'), { tls: true });
  });
  expect(report.failures).toEqual([]);
  expect(await reasonsOf(router)).toEqual({ 'new-pool-kind': 1 });
  await withoutReload(router, load(router).targets, async () => {
    await router.write('timed-2.yaml', [timed('timed-2', 'inner')]);
    await router.live('timed-2.test', (answer) => expect(answer.member).toBe('inner'), { tls: true });
  });
});

test('other global settings at the next start: one reload, and the new settings hold', async () => {
  const router = await start();
  const old = router.haproxyPid();
  const report = await underLoad(load(router), async () => {
    router.kill('SIGKILL');
    await router.exited();
    await router.start(['--ciphers', 'modern']);
  }, 1_000);
  expect(report.failures).toEqual([]);
  expect(await reasonsOf(router)).toEqual({ 'settings-changed': 1 });
  expect(router.haproxyPid()).not.toBe(old);
  await expect(lookAtTls({ port: router.https, sni: 'web.test', maxVersion: 'TLSv1.2' })).rejects.toThrow(/protocol version/);
});

test('another version of HAProxy on the disk at the next start: one reload', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fairway-upgrade-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'haproxy');
  // The real program; "installed" anew, it names another version of itself.
  const install = async (edit: string): Promise<void> => {
    await writeFile(program, `#!/bin/sh\nif [ "$1" = -vv ]; then haproxy -vv | sed '${edit}'; else exec haproxy "$@"; fi\n`);
    await chmod(program, 0o755);
  };
  await install('');
  const router = await start(['--haproxy', program]);
  const restart = async (): Promise<void> => {
    router.kill('SIGKILL');
    await router.exited();
    await router.start(['--haproxy', program]);
  };
  const old = router.haproxyPid();
  await restart();
  expect([await reasonsOf(router), router.haproxyPid()]).toEqual([{}, old]);
  const report = await underLoad(load(router), async () => {
    await install('s/version [0-9.]*/version 2.6.999/');
    await restart();
  }, 1_000);
  expect(report.failures).toEqual([]);
  expect(await reasonsOf(router)).toEqual({ 'haproxy-upgraded': 1 });
  expect(router.haproxyPid()).not.toBe(old);
});
