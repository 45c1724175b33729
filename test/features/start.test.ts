import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { route, serving } from '../support/manifests.ts';
import type { Manifest } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';

// More than a hundred certificates: HAProxy is begun, and loads them, before it is known which routes are admitted.
const count = 130;
let web: readonly Manifest[];
let shared: MadeCertificate;
let other: MadeCertificate;

beforeAll(async () => {
  [shared, other] = await Promise.all([makeCertificate({ hosts: ['shared.test'] }), makeCertificate({ hosts: ['other.test'] })]);
  web = serving('web', [await startMember({ name: 'web' })]);
});

const hostOf = (number: number): string => `r${number}.test`;
const many = (): readonly Manifest[] => Array.from({ length: count }, (_, number) => route(`r${number}`, { to: 'web', tls: 'edge', certificate: shared, created: '2024-01-01T00:00:00Z' }));

const start = (...others: readonly Manifest[]): Promise<Router> =>
  startRouter({ manifests: { 'a.yaml': [...others, ...many().slice(0, 100)], 'b.yaml': many().slice(100), 'web.yaml': web } });

const fingerprintOf = async (router: Router, sni: string): Promise<string> => (await lookAtTls({ port: router.https, sni })).fingerprint;

const servesAll = async (router: Router): Promise<void> => {
  for (const number of [0, 50, count - 1]) {
    expect(await fingerprintOf(router, hostOf(number))).toBe(shared.fingerprint);
    expect((await router.getTls(hostOf(number))).status).toBe(200);
  }
  expect(router.haproxyPids()).toHaveLength(1);
  expect(await router.reloads()).toBe(0);
};

describe('a start with many certificates', () => {
  test('serves each host with its own', async () => {
    const router = await start(route('other', { host: 'other.test', to: 'web', tls: 'edge', certificate: other }));
    await servesAll(router);
    expect(await fingerprintOf(router, 'other.test')).toBe(other.fingerprint);
    // What a connection over HTTP/2 may be used for again is known as well.
    const connection = await router.h2(hostOf(1));
    expect((await connection.send({ authority: 'other.test' })).status).toBe(421);
    expect((await connection.send({ authority: hostOf(1) })).status).toBe(200);
    await connection.close();
    const list = await readFile(join(router.stateDir, 'certs/list'), 'utf8');
    expect(list.trim().split('\n')).toHaveLength(count + 1);
  });

  test('with a host that two routes ask for: the one that has it serves, whichever was read first', async () => {
    const young = route('young', { namespace: 'late', host: hostOf(7), to: 'web', tls: 'edge', certificate: other, created: '2030-01-01T00:00:00Z' });
    const router = await start(young);
    expect(await fingerprintOf(router, hostOf(7))).toBe(shared.fingerprint);
    await servesAll(router);
  });

  test('with one that admission refuses: it is never served', async () => {
    const router = await start(route('bad', { host: 'bad.test', path: 'no-slash', to: 'web', tls: 'edge', certificate: other }));
    expect(await fingerprintOf(router, 'bad.test')).not.toBe(other.fingerprint);
    await servesAll(router);
  });

  test('with one that HAProxy refuses: all others are served', async () => {
    const weak = await makeCertificate({ hosts: ['weak.test'], key: 'rsa1024' });
    const router = await start(route('weak', { to: 'web', tls: 'edge', certificate: weak }));
    await servesAll(router);
    expect((await router.status()).stdout).toMatch(/shop\/weak/);
  });

  test('with a passthrough route: it gets its connections unopened', async () => {
    const inner = await makeCertificate({ hosts: ['pass.test'] });
    const member = await startMember({ name: 'inner', protocol: 'h2', certificate: inner });
    const router = await start(...serving('inner', [member]), route('pass', { to: 'inner', tls: 'passthrough' }));
    expect(await fingerprintOf(router, 'pass.test')).toBe(inner.fingerprint);
    await servesAll(router);
  });

  test.each([
    ['SIGTERM', 'begun'], ['SIGKILL', 'begun'], ['SIGTERM', 'loading'], ['SIGKILL', 'loading'],
  ] as const)('that is ended by %s while HAProxy is %s leaves nothing that the next start is not rid of', async (signal, moment) => {
    const router = await startRouter({ wait: false, manifests: { 'a.yaml': many().slice(0, 100), 'b.yaml': many().slice(100), 'web.yaml': web } });
    const certificates = (): readonly string[] => (existsSync(router.stateDir) ? readdirSync(join(router.stateDir, 'certs')).filter((name) => /^[0-9a-f]{16}\.pem$/.test(name)) : []);
    const isThere = (): boolean => certificates().length > 0 || (moment === 'begun' && existsSync(join(router.stateDir, 'haproxy.cfg.pipe')));
    await eventually(() => { expect(isThere()).toBe(true); }, 10_000, 1);
    router.kill(signal);
    await router.exited();
    if (signal === 'SIGTERM') expect(haproxiesOf(router)).toEqual([]);
    await router.start();
    await servesAll(router);
    await eventually(() => { expect(haproxiesOf(router)).toEqual(router.haproxyPids()); });
  });
});

/** Pids of the HAProxy processes that read files of the router's state directory, recorded or not. */
const haproxiesOf = ({ stateDir }: Router): readonly number[] => readdirSync('/proc').filter((name) => {
  try {
    const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
    return (words[0] ?? '').endsWith('haproxy') && words.some((word) => word.startsWith(stateDir));
  } catch {
    // No process, or none any more.
    return false;
  }
}).map(Number);
