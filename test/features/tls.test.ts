import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, testCa } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { fairway } from '../support/fairway-command.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';

let router: Router;
let ca: MadeCertificate;
let shared: MadeCertificate;
let own: MadeCertificate;
let wild: MadeCertificate;
let inner: MadeCertificate;

beforeAll(async () => {
  ca = await testCa();
  [shared, own, wild, inner] = await Promise.all([
    makeCertificate({ hosts: ['one.test', 'two.test'], ca }),
    makeCertificate({ hosts: ['own.test'], ca, key: 'rsa' }),
    makeCertificate({ hosts: ['*.wild.test'], ca }),
    makeCertificate({ hosts: ['inner.test'], ca }),
  ]);
  const web = serving('web', [await startMember({ name: 'web' })]);
  router = await startRouter({
    flags: ['--allow-wildcard-routes', '--domain', 'apps.test'],
    manifests: [
      ...web,
      ...serving('secure', [await startMember({ name: 'secure', protocol: 'h2', certificate: inner })]),
      route('one', { to: 'web', tls: 'edge', certificate: shared }),
      route('two', { to: 'web', tls: 'edge', certificate: shared }),
      route('own', { to: 'web', tls: 'edge', certificate: own }),
      route('any', { host: 'any.wild.test', to: 'web', tls: 'edge', certificate: wild, wildcardPolicy: 'Subdomain' }),
      route('default', { to: 'web', tls: 'edge' }),
      route('pass', { to: 'secure', tls: 'passthrough' }),
      route('plain', { to: 'web' }),
    ],
  });
});

describe('the certificate', () => {
  test("is the route's own", async () => {
    expect((await lookAtTls({ port: router.https, sni: 'own.test', ca: ca.cert })).fingerprint).toBe(own.fingerprint);
    expect((await lookAtTls({ port: router.https, sni: 'OWN.test' })).fingerprint).toBe(own.fingerprint);
  });

  test('of a wildcard route is served to every child of one label', async () => {
    expect((await lookAtTls({ port: router.https, sni: 'some.wild.test', ca: ca.cert })).fingerprint).toBe(wild.fingerprint);
    expect((await lookAtTls({ port: router.https, sni: 'a.b.wild.test' })).fingerprint).not.toBe(wild.fingerprint);
  });

  test('is the made default one for unknown names, for routes without and for clients that send no name', async () => {
    const { fingerprint, certificate } = await lookAtTls({ port: router.https, sni: 'default.test' });
    expect(certificate.subjectaltname).toContain('*.apps.test');
    expect((await lookAtTls({ port: router.https, sni: 'unknown.test' })).fingerprint).toBe(fingerprint);
    expect((await lookAtTls({ port: router.https, sni: null })).fingerprint).toBe(fingerprint);
  });

  test("of a passthrough route is the member's", async () => {
    expect((await lookAtTls({ port: router.https, sni: 'pass.test' })).fingerprint).toBe(inner.fingerprint);
    expect((await router.getTls('pass.test')).seen()).toMatchObject({ member: 'secure', sni: 'pass.test' });
  });
});

describe('HTTP/2', () => {
  test('is offered to clients and carries requests', async () => {
    expect((await lookAtTls({ port: router.https, sni: 'own.test' })).alpn).toBe('h2');
    expect((await lookAtTls({ port: router.https, sni: 'own.test', alpn: ['http/1.1'] })).alpn).toBe('http/1.1');
    const connection = await router.h2('own.test', { ca: ca.cert });
    expect((await connection.send({ path: '/x' })).seen()).toMatchObject({ member: 'web', path: '/x', headers: { host: 'own.test', 'x-forwarded-proto': 'https' } });
    await connection.close();
  });

  test('a connection may be used again for a host with the same certificate', async () => {
    const connection = await router.h2('one.test');
    expect((await connection.send({ authority: 'one.test' })).status).toBe(200);
    expect((await connection.send({ authority: 'two.test' })).status).toBe(200);
    expect((await connection.send({ authority: 'TWO.test:443' })).status).toBe(200);
    await connection.close();
  });

  test.each(['own.test', 'default.test', 'pass.test', 'some.wild.test'])('but for %s, which has another one, it is misdirected', async (authority) => {
    const connection = await router.h2('one.test');
    expect(await connection.send({ authority })).toMatchObject({ status: 421, reason: 'misdirected-request', member: null });
    // The connection itself goes on.
    expect((await connection.send({ authority: 'one.test' })).status).toBe(200);
    await connection.close();
  });

  test('between children of one wildcard it is fine', async () => {
    const connection = await router.h2('a.wild.test');
    expect((await connection.send({ authority: 'b.wild.test' })).status).toBe(200);
    await connection.close();
  });
});

describe('versions and ciphers', () => {
  test("follow Mozilla's intermediate profile", async () => {
    expect((await lookAtTls({ port: router.https, sni: 'own.test' })).protocol).toBe('TLSv1.3');
    const old = await lookAtTls({ port: router.https, sni: 'own.test', maxVersion: 'TLSv1.2' });
    expect(old).toMatchObject({ protocol: 'TLSv1.2' });
    expect(old.cipher).toMatch(/^ECDHE-RSA-(AES\d+-GCM|CHACHA20)/);
    await expect(lookAtTls({ port: router.https, sni: 'own.test', minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow();
    await expect(lookAtTls({ port: router.https, sni: 'own.test', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA' })).rejects.toThrow();
  });

  test('a list that HTTP/2 forbids is refused at the start, and the suites are named', async () => {
    const answer = await fairway(['run', router.directory, '--state-dir', `${router.stateDir}-ciphers`, '--http-port', '0', '--ciphers', 'ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256', '--http2']);
    expect(answer.code).toBe(2);
    expect(answer.stderr).toContain('ECDHE-RSA-AES128-SHA');
    expect(answer.stderr).toContain('AES128-GCM-SHA256');
  });
});

test('with strict SNI, a name without a certificate gets no handshake', async () => {
  const strict = await startRouter({
    flags: ['--strict-sni'],
    manifests: [...serving('web', [await startMember()]), route('own', { to: 'web', tls: 'edge', certificate: own })],
  });
  expect((await lookAtTls({ port: strict.https, sni: 'own.test' })).fingerprint).toBe(own.fingerprint);
  await expect(lookAtTls({ port: strict.https, sni: 'unknown.test' })).rejects.toThrow();
});

describe('certificates that are not accepted', () => {
  test.each([
    ['key of another certificate', async () => ({ certificate: own.cert, key: wild.key })],
    ['no certificate at all', async () => ({ certificate: 'hello', key: own.key })],
    ['certificate without a key', async () => ({ certificate: own.cert })],
    ['signed with SHA-1', async () => {
      const weak = await makeCertificate({ hosts: ['weak.test'], ca, digest: 'sha1' });
      return { certificate: weak.cert, key: weak.key };
    }],
    ['an Ed25519 key', async () => {
      const odd = await makeCertificate({ hosts: ['odd.test'], key: 'ed25519' });
      return { certificate: odd.cert, key: odd.key };
    }],
  ] as const)('%s: only that route is refused', async (_what, fields) => {
    await router.write('bad.yaml', [route('bad', { to: 'web', tls: { termination: 'edge', ...(await fields()) } }), route('good', { to: 'web', tls: 'edge', certificate: own, host: 'good.test' })]);
    await router.live('good.test', (answer) => expect(answer.status).toBe(200), { tls: true });
    expect(await router.getTls('bad.test')).toMatchObject({ status: 503, reason: 'route-not-admitted' });
    const check = await fairway(['check', router.directory, '--json']);
    expect(check.code).toBe(1);
    expect(check.stdout).toContain('ExtendedValidationFailed');
    expect(check.stdout).not.toContain('PRIVATE KEY');
    await router.remove('bad.yaml');
    await router.live('good.test', (answer) => expect(answer.status).toBe(503), { tls: true });
  });

  test('an expired one is served: better than an outage', async () => {
    const expired = await makeCertificate({ hosts: ['expired.test'], ca, days: -1 });
    await router.write('expired.yaml', [route('expired', { to: 'web', tls: 'edge', certificate: expired })]);
    await expect.poll(async () => (await lookAtTls({ port: router.https, sni: 'expired.test' })).fingerprint).toBe(expired.fingerprint);
  });
});
