import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { judgeTlsMaterial } from '../admission/certificates/tls-material.ts';
import type { TlsTexts } from '../admission/certificates/tls-material.ts';
import type { Route, RouteTls } from '../resources/route.ts';
import { route } from '../../test/support/admission-objects.ts';
import { pkcs8, signCertificate } from '../../test/support/signed-certificate.ts';
import { atEnd } from '../../test/support/cleanup.ts';
import { eventually } from '../../test/support/eventually.ts';
import { certificateFile } from '../haproxy/process/certificate-file.ts';
import { JudgeAhead, type JudgedRoute } from './judge-ahead.ts';

const now = Date.now();
const [one, other] = ['/CN=one.test', '/CN=other.test'].map((subject) => signCertificate({ key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, subject }));
const pairs = [
  { certificate: one!.pem, key: pkcs8(one!.key) },
  { certificate: other!.pem, key: pkcs8(other!.key) },
  { certificate: one!.pem, key: pkcs8(other!.key) },
  { certificate: 'nonsense', key: pkcs8(one!.key) },
];

const tls = (number: number): RouteTls => ({
  termination: 'edge', caCertificate: '', destinationCACertificate: '', insecureEdgeTerminationPolicy: '', externalCertificate: '', ...pairs[number % pairs.length]!,
});

const routes = (count: number): readonly (Route & { readonly tls: RouteTls })[] =>
  Array.from({ length: count }, (_, number) => ({ ...route(), tls: tls(number) }));

const all = (ahead: JudgeAhead, some: readonly { readonly tls: TlsTexts }[]): void => {
  for (const one of some) expect(ahead.judge(one.tls)).toEqual(judgeTlsMaterial(one.tls, now));
};

test('answers are those of judging at once, whether the thread was in time, late, or never asked', async () => {
  const faults: unknown[] = [];
  const some = routes(160);
  const found: JudgedRoute[] = [];
  let began = 0;
  const ahead = new JudgeAhead({ now, directory: () => null, failed: (error) => { faults.push(error); }, judged: (some) => { if (some.length === 0) began += 1; found.push(...some); } });
  ahead.see(some.slice(0, 50));
  ahead.see(some.slice(50, 140));
  // At once: hardly anything can have been answered.
  all(ahead, some.slice(0, 20));
  await sleep(500);
  all(ahead, some);
  ahead.see(some.slice(140));
  all(ahead, some.slice(140));
  ahead.end();
  ahead.see(routes(200));
  all(ahead, some.slice(0, 5));
  ahead.end();
  expect(faults).toEqual([]);
  expect(began).toBe(1);
  expect(found.length).toBeGreaterThan(100);
  for (const { route: { tls: texts }, material } of found) expect(material).toEqual(judgeTlsMaterial(texts!, now));
});

test('certificates that HAProxy will most likely be asked for are written where it looks for them', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairway-ahead-'));
  atEnd(() => { rmSync(directory, { recursive: true, force: true }); });
  const some = routes(120).map((one, number) => ({ ...one, host: number % 8 === 0 ? '' : `r${number}.test` }));
  const ahead = new JudgeAhead({ now, directory: () => directory, failed: (error) => { throw error; }, judged: () => undefined });
  ahead.see(some);
  const wanted = some.filter(({ host, tls: texts }) => host !== '' && judgeTlsMaterial(texts, now).served !== null);
  await eventually(() => { expect(readdirSync(directory)).toHaveLength(wanted.length); });
  for (const { host, tls: texts } of wanted) {
    const { served } = judgeTlsMaterial(texts, now);
    expect(readFileSync(certificateFile(directory, host, served!), 'utf8')).toBe(served);
  }
  ahead.end();
});

test('a few certificates start no thread', () => {
  const fail = (): void => { throw new Error('there is no thread'); };
  const ahead = new JudgeAhead({ now, directory: () => null, failed: fail, judged: fail });
  const some = routes(20);
  ahead.see(some);
  all(ahead, some);
  ahead.end();
});
