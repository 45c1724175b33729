import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { route } from '../../test/support/admission-objects.ts';
import { atEnd } from '../../test/support/cleanup.ts';
import { eventually } from '../../test/support/eventually.ts';
import { pkcs8, signCertificate } from '../../test/support/signed-certificate.ts';
import type { HostCertificate } from '../haproxy/start-early.ts';
import type { Logger } from '../lib/logger.ts';
import type { Route } from '../resources/route.ts';
import { CertificatesAhead } from './certificates-ahead.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairway-ahead-'));
atEnd(() => { rmSync(directory, { recursive: true, force: true }); });

const { pem, key } = signCertificate({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, subject: '/CN=one.test' });
const log = { warn: (message: string) => { throw new Error(message); } } as unknown as Logger;

const routes = (count: number): readonly Route[] => Array.from({ length: count }, (_, number) => ({
  ...route(), host: `r${number}.test`,
  tls: { termination: 'edge', certificate: pem, key: pkcs8(key), caCertificate: '', destinationCACertificate: '', insecureEdgeTerminationPolicy: '', externalCertificate: '' },
}));

const world = (processors: number) => {
  const told: (readonly HostCertificate[])[] = [];
  const ahead = new CertificatesAhead({ now: Date.now(), log, directory, processors, expect: (some) => { told.push(some); } });
  return { ahead, told, hosts: () => told.flat().map(({ host }) => host) };
};

test('with two processors HAProxy is begun while manifests are read, and gets its certificates behind them', async () => {
  const { ahead, told, hosts } = world(2);
  ahead.starting();
  ahead.see(routes(150));
  expect(told).toEqual([[]]);
  await sleep(300);
  ahead.see([]);
  expect(told).toEqual([[]]);
  await ahead.read();
  expect(told.every((one, place) => (place === 0) === (one.length === 0))).toBe(true);
  expect(new Set(hosts()).size).toBe(hosts().length);
  ahead.end();
});

test('with more, as soon as they are judged', async () => {
  const { ahead, hosts } = world(4);
  ahead.starting();
  ahead.see(routes(150));
  await eventually(() => {
    ahead.see([]);
    expect(hosts().length).toBeGreaterThan(10);
  });
  ahead.end();
});

test('nothing is told where no HAProxy will be started, or for a few', async () => {
  const [running, few] = [world(2), world(2)];
  running.ahead.see(routes(150));
  few.ahead.starting();
  few.ahead.see(routes(20));
  for (const { ahead, told } of [running, few]) {
    await sleep(100);
    await ahead.read();
    expect(told).toEqual([]);
    ahead.end();
  }
});
