import { writeFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, testCa } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { atEnd } from '../support/cleanup.ts';
import { tlsTarget, withoutReload } from '../support/contract.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';

let router: Router;
let directory: string;
let firstDefault: MadeCertificate;

const served = async (host: string): Promise<string> => (await lookAtTls({ port: router.https, sni: host })).fingerprint;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-default-'));
  atEnd(() => rm(directory, { recursive: true }));
  firstDefault = await makeCertificate({ hosts: ['*.apps.test'], serial: 1 });
  await writeFile(join(directory, 'tls.crt'), firstDefault.cert);
  await writeFile(join(directory, 'tls.key'), firstDefault.key, { mode: 0o600 });
  router = await startRouter({
    flags: ['--default-certificate', directory],
    manifests: {
      'web.yaml': serving('web', [await startMember({ name: 'web' })]),
      'steady.yaml': [route('steady', { to: 'web', tls: 'edge', certificate: await makeCertificate({ hosts: ['steady.test'], ca: await testCa() }) })],
    },
  });
});

describe('certificates change under load and nobody notices', () => {
  test('a route gets a certificate of its own, another one, and loses it again', async () => {
    const one = await makeCertificate({ hosts: ['own.test'], ca: await testCa(), serial: 11 });
    const two = await makeCertificate({ hosts: ['own.test'], ca: await testCa(), serial: 12 });
    await router.write('own.yaml', [route('own', { to: 'web', tls: 'edge' })]);
    await router.live('own.test', (answer) => expect(answer.status).toBe(200), { tls: true });
    expect(await served('own.test')).toBe(firstDefault.fingerprint);
    await withoutReload(router, [tlsTarget(router, 'own.test'), tlsTarget(router, 'steady.test')], async () => {
      await router.write('own.yaml', [route('own', { to: 'web', tls: 'edge', certificate: one })]);
      await expect.poll(() => served('own.test'), { timeout: 10_000 }).toBe(one.fingerprint);
      await router.write('own.yaml', [route('own', { to: 'web', tls: 'edge', certificate: two })]);
      await expect.poll(() => served('own.test'), { timeout: 10_000 }).toBe(two.fingerprint);
      await router.write('own.yaml', [route('own', { to: 'web', tls: 'edge' })]);
      await expect.poll(() => served('own.test'), { timeout: 10_000 }).toBe(firstDefault.fingerprint);
    });
    expect(await served('steady.test')).not.toBe(firstDefault.fingerprint);
  });

  test('thirty certificates come and go at once', async () => {
    const certificates = await Promise.all(Array.from({ length: 30 }, (_, place) => makeCertificate({ hosts: [`cert-${place}.test`] })));
    await withoutReload(router, [tlsTarget(router, 'steady.test')], async () => {
      await router.write('thirty.yaml', certificates.map((certificate, place) => route(`cert-${place}`, { to: 'web', tls: 'edge', certificate })));
      for (const [place, certificate] of certificates.entries()) await expect.poll(() => served(`cert-${place}.test`), { timeout: 10_000 }).toBe(certificate.fingerprint);
      await router.remove('thirty.yaml');
      await expect.poll(() => served('cert-29.test'), { timeout: 10_000 }).toBe(firstDefault.fingerprint);
    });
  });

  test('the default certificate is rotated', async () => {
    const next = await makeCertificate({ hosts: ['*.apps.test'], serial: 2 });
    await withoutReload(router, [tlsTarget(router, 'steady.test')], async () => {
      // Key first: for a moment the two do not fit, and the old pair must go on being served.
      await writeFile(join(directory, 'tls.key'), next.key, { mode: 0o600 });
      await writeFile(join(directory, 'tls.crt'), next.cert);
      await expect.poll(() => served('nobody.test'), { timeout: 10_000 }).toBe(next.fingerprint);
    });
    // Routes without a certificate are served with it too, and so are clients that send no name.
    await router.write('plain-edge.yaml', [route('plain-edge', { to: 'web', tls: 'edge' })]);
    await router.live('plain-edge.test', (answer) => expect(answer.status).toBe(200), { tls: true });
    expect(await served('plain-edge.test')).toBe(next.fingerprint);
    expect((await lookAtTls({ port: router.https, sni: null })).fingerprint).toBe(next.fingerprint);
  });

  test('the CA that members must come from is rotated', async () => {
    const [oldCa, newCa] = await Promise.all(['Old-CA', 'New-CA'].map((name) => makeCertificate({ hosts: [name], isCa: true })));
    const [before, after] = await Promise.all([
      startMember({ name: 'before', protocol: 'h2', certificate: await makeCertificate({ hosts: ['m.test'], ca: oldCa! }) }),
      startMember({ name: 'after', protocol: 'h2', certificate: await makeCertificate({ hosts: ['m.test'], ca: newCa! }) }),
    ]);
    const both = { ...oldCa!, cert: oldCa!.cert + newCa!.cert };
    const write = (ca: MadeCertificate, members: readonly (typeof before)[]): Promise<void> =>
      router.write('verified.yaml', [...serving('verified', members), route('verified', { tls: 'reencrypt', destinationCa: ca })]);
    await write(oldCa!, [before]);
    await router.live('verified.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'before' }), { tls: true });
    await withoutReload(router, [tlsTarget(router, 'verified.test')], async () => {
      await write(both, [before]);
      await write(both, [before, after]);
      await expect.poll(async () => new Set(await Promise.all(Array.from({ length: 12 }, async () => (await router.getTls('verified.test')).member))), { timeout: 8_000 }).toEqual(new Set(['before', 'after']));
      await write(both, [after]);
      await router.live('verified.test', (answer) => expect(answer.member).toBe('after'), { tls: true });
      await write(newCa!, [after]);
      await new Promise((resolve) => setTimeout(resolve, 300));
    });
    // The old CA is trusted no longer.
    await write(newCa!, [before]);
    await router.live('verified.test', (answer) => expect(answer.status).toBe(503), { tls: true });
  });
});
