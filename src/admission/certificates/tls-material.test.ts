import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { caExtensions, pkcs8, signCertificate } from '../../../test/support/signed-certificate.ts';
import { judgeTlsMaterial } from './tls-material.ts';
import type { TlsTexts } from './tls-material.ts';

const day = 86_400_000;
// One real look at the clock, a minute ahead of the certificates that openssl dates from now on.
const now = Date.now() + 60_000;

const ec = (namedCurve = 'P-256'): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength = 2048): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const root = signCertificate({ key: ec(), subject: '/CN=Root', extensions: caExtensions });
const middle = signCertificate({ key: ec(), subject: '/CN=Middle', issuer: root, extensions: [...caExtensions, 'authorityKeyIdentifier=keyid'] });
const leaf = signCertificate({ key: ec(), subject: '/CN=www.example.com', issuer: middle });
const other = signCertificate({ key: ec(), subject: '/CN=other.example.com', issuer: root });
const alone = signCertificate({ key: rsa(), subject: '/CN=alone' });
const stranger = signCertificate({ key: ec(), subject: '/CN=Stranger', extensions: caExtensions });
const rootSha1 = signCertificate({ key: rsa(), subject: '/CN=Old Root', digest: 'sha1', extensions: caExtensions });

const judge = (texts: Partial<TlsTexts>, at = now) => judgeTlsMaterial({ certificate: '', key: '', caCertificate: '', destinationCACertificate: '', ...texts }, at);
const faults = (texts: Partial<TlsTexts>, at = now): string[] => judge(texts, at).faults.map(({ field, code }) => `${field}: ${code}`);
const chain = `${leaf.pem}${middle.pem}`;
const leafKey = pkcs8(leaf.key);
const block = (type: string, bytes: string): string => `-----BEGIN ${type}-----\n${bytes}\n-----END ${type}-----\n`;

describe('certificate and key', () => {
  test('served as key, certificates, CA certificates', () => {
    const { served, faults: none, remarks } = judge({ certificate: chain, key: leafKey, caCertificate: `${root.pem}${middle.pem}` });
    expect([none, remarks]).toEqual([[], []]);
    expect(served!.match(/-----BEGIN [^-]+-----/g)).toEqual(['-----BEGIN EC PRIVATE KEY-----', ...Array<string>(4).fill('-----BEGIN CERTIFICATE-----')]);
    expect(new X509Certificate(served!.slice(served!.indexOf('-----BEGIN CERT'))).subject).toBe('CN=www.example.com');
    expect(new X509Certificate(leaf.pem).checkPrivateKey(createPrivateKey(served!))).toBe(true);
  });
  test('nothing given', () => expect(judge({})).toEqual({ faults: [], remarks: [], served: null, destinationCa: null }));
  test('the key may stand beside the certificate, before or after it, and comes first then', () => {
    expect(faults({ certificate: `${leafKey}${leaf.pem}` })).toEqual([]);
    expect(faults({ certificate: `${leaf.pem}\n${leafKey}` })).toEqual([]);
    expect(faults({ certificate: `${leaf.pem}${leafKey}`, key: pkcs8(other.key) })).toEqual([]);
    expect(faults({ certificate: `${leaf.pem}${pkcs8(other.key)}`, key: leafKey })).toEqual(['key: key-mismatch']);
  });
  test('of two keys the first counts, and only it is served', () => {
    const { served, faults: none } = judge({ certificate: leaf.pem, key: `${leafKey}${pkcs8(alone.key)}` });
    expect(none).toEqual([]);
    expect(served!.match(/PRIVATE KEY-----/g)).toHaveLength(2);
    expect(faults({ certificate: leaf.pem, key: `${pkcs8(alone.key)}${leafKey}` })).toEqual(['key: key-mismatch']);
  });
  test('no key', () => expect(faults({ certificate: leaf.pem })).toEqual(['key: key-missing']));
  test('the key of another certificate', () => expect(faults({ certificate: leaf.pem, key: pkcs8(other.key) })).toEqual(['key: key-mismatch']));
  test('chain first', () => {
    expect(faults({ certificate: `${middle.pem}${leaf.pem}`, key: leafKey })).toEqual(['key: key-mismatch']);
    expect(judge({ certificate: `${middle.pem}${leaf.pem}`, key: leafKey }).faults[0]?.message).toContain('must come first');
  });
  test('a key without certificate is cleaned only, a CA likewise', () => {
    expect(judge({ key: leafKey })).toMatchObject({ faults: [], served: null, remarks: [{ code: 'key-without-certificate' }] });
    expect(judge({ caCertificate: root.pem })).toMatchObject({ faults: [], served: null, remarks: [{ code: 'ca-without-certificate' }] });
    expect(faults({ key: 'nonsense' })).toEqual([]);
    expect(faults({ key: block('UNRECOGNIZED', '') })).toEqual(['key: key-invalid']);
    expect(faults({ key: block('CERTIFICATE', '') })).toEqual(['key: key-invalid']);
  });
  test('key material holds private keys, certificate material certificates', () => {
    const publicKey = createPublicKey(leaf.key).export({ type: 'spki', format: 'pem' }).toString();
    expect(faults({ certificate: leaf.pem, key: `${leafKey}${middle.pem}` })).toEqual(['key: key-mismatch']);
    expect(faults({ certificate: leaf.pem, key: `${leafKey}${publicKey}` })).toEqual(['key: key-mismatch']);
    expect(faults({ certificate: `${leaf.pem}${publicKey}`, key: leafKey })).toEqual(['key: key-mismatch']);
  });
  test('nonsense in every field adds up', () => {
    expect(faults({ certificate: 'def', key: 'ghi', caCertificate: 'jkl', destinationCACertificate: 'abc' })).toEqual([
      'caCertificate: ca-invalid', 'certificate: certificate-invalid', 'key: key-missing', 'destinationCACertificate: destination-ca-invalid',
    ]);
    expect(faults({ certificate: 'd\\nef', key: 'g\\nhi' })).toHaveLength(2);
    expect(faults({ certificate: leaf.pem, key: leafKey.replaceAll('PRIVATE KEY', 'XYZ') })).toEqual(['key: key-invalid', 'key: key-missing']);
    expect(faults({ certificate: leaf.pem.replace('BEGIN CERTIFICATE', 'BEGIN XYZ'), key: leafKey })).toEqual(['certificate: certificate-invalid', 'key: key-mismatch']);
    expect(faults({ certificate: leaf.pem.replaceAll('CERTIFICATE', 'XYZ'), key: leafKey })).toEqual(['certificate: certificate-invalid', 'key: key-mismatch']);
  });
  test('messages hold no key and no certificate text', () => {
    const { faults: found } = judge({ certificate: `${leaf.pem.slice(0, 300)}\n-----END CERTIFICATE-----\n`, key: `${leafKey.slice(0, 100)}\n-----END PRIVATE KEY-----\n` });
    expect(found.length).toBeGreaterThan(0);
    for (const { message } of found) expect(message).not.toMatch(/[A-Za-z0-9+/]{30}/);
  });
});

describe('cleaning', () => {
  test('text between blocks, carriage returns, spaces and EC PARAMETERS are dropped', () => {
    const untidy = `Bag Attributes\n    friendlyName: x\nsubject=CN=x\n${leaf.pem.replaceAll('\n', ' \r\n')}\n\t\n${middle.pem.replace(/^M/m, '  M')}`;
    const { served, faults: none } = judge({ certificate: untidy, key: `${block('EC PARAMETERS', 'BggqhkjOPQMBBw==')}${leafKey}` });
    expect(none).toEqual([]);
    expect(served).toBe(judge({ certificate: chain, key: leafKey }).served);
    expect(served).toMatch(/^(-----BEGIN [A-Z ]+-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END [A-Z ]+-----\n)+$/);
  });
  test('an undecodable tail is dropped', () => {
    expect(faults({ certificate: `${leaf.pem}-----BEGIN CERTIFICATE-----\nabc`, key: leafKey })).toEqual([]);
    expect(faults({ certificate: `${leaf.pem}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n`, key: leafKey })).toEqual([]);
  });
  test.each(['CERTIFICATE REQUEST', 'X509 CRL', 'DH PARAMETERS', 'OPENSSH PRIVATE KEY', 'TRUSTED CERTIFICATE', 'certificate'])('a block of type %s is a fault', (type) => {
    expect(faults({ certificate: `${leaf.pem}${block(type, 'AAAA')}`, key: leafKey })).toEqual(['certificate: certificate-invalid']);
    expect(faults({ destinationCACertificate: `${root.pem}${block(type, 'AAAA')}` })).toEqual(['destinationCACertificate: destination-ca-invalid']);
  });
  test('a certificate that does not parse', () => {
    const der = new X509Certificate(leaf.pem).raw;
    for (const bytes of [der.subarray(0, -1), Buffer.concat([der, Buffer.from([0])]), Buffer.alloc(10), Buffer.from([0x30, 0x80, 0, 0]), Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])]) {
      expect(faults({ certificate: `${leaf.pem}${block('CERTIFICATE', bytes.toString('base64'))}`, key: leafKey })).toEqual(['certificate: certificate-invalid']);
    }
  });
  test('damage anywhere is a fault or a certificate, never a crash', () => {
    const der = new X509Certificate(leaf.pem).raw;
    for (let place = 0; place < der.length; place += 1) {
      const bytes = Buffer.from(der);
      bytes[place] = bytes[place]! ^ (1 << (place % 8));
      expect(() => judge({ certificate: block('CERTIFICATE', bytes.toString('base64')), key: leafKey, caCertificate: middle.pem })).not.toThrow();
    }
  });
  test('a long text of beginnings costs no more than its length', () => {
    const text = '-----BEGIN CERTIFICATE-----\n'.repeat(40_000);
    const started = performance.now();
    expect(faults({ caCertificate: text })).toEqual(['caCertificate: ca-invalid']);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});

describe('keys', () => {
  test.each([['P-224', ec('P-224')], ['P-256', ec()], ['P-384', ec('P-384')], ['P-521', ec('P-521')], ['RSA', rsa()]])('%s in every form, under every label', (_, key) => {
    const certificate = signCertificate({ key, subject: '/CN=x' }).pem;
    const own = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1';
    const wanted = key.export({ type: own, format: 'pem' }).toString();
    for (const type of [own, 'pkcs8'] as const) {
      const bytes = key.export({ type: type as 'pkcs8', format: 'der' }).toString('base64');
      for (const label of ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ECDSA PRIVATE KEY']) {
        const { faults: none, served } = judge({ certificate, key: block(label, bytes) });
        expect(none).toEqual([]);
        expect(served).toBe(`${wanted}${certificate}`);
      }
    }
  });
  test.each<[string, string]>([
    ['Ed25519', pkcs8(generateKeyPairSync('ed25519').privateKey)], ['Ed448', pkcs8(generateKeyPairSync('ed448').privateKey)], ['X25519', pkcs8(generateKeyPairSync('x25519').privateKey)],
    ['RSA-PSS', pkcs8(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey)], ['secp256k1', pkcs8(ec('secp256k1'))], ['DSA', pkcs8(generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey)],
    ['encrypted PKCS#8', leaf.key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString()],
    ['encrypted SEC1', leaf.key.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString()],
    ['a public key under a private label', block('PRIVATE KEY', createPublicKey(leaf.key).export({ type: 'spki', format: 'der' }).toString('base64'))],
    ['half a key', block('PRIVATE KEY', leaf.key.export({ type: 'pkcs8', format: 'der' }).subarray(0, 60).toString('base64'))],
  ])('%s is refused', (_, key) => {
    expect(faults({ certificate: leaf.pem, key })).toEqual(['key: key-invalid', 'key: key-missing']);
    expect(faults({ key })).toEqual(['key: key-invalid']);
  });
  test('an encrypted key is called that', () => {
    for (const type of ['pkcs8', 'sec1'] as const) expect(judge({ key: leaf.key.export({ type: type, format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' }).toString() }).faults[0]?.message).toContain('encrypted');
  });
  test('a key whose parts contradict each other is refused', () => {
    const bytes = alone.key.export({ type: 'pkcs1', format: 'der' });
    // The private exponent lies behind n (257 bytes) and e; a bit of it flipped leaves n and e, which the certificate is matched by.
    bytes[320] = bytes[320]! ^ 1;
    expect(new X509Certificate(alone.pem).checkPrivateKey(createPrivateKey({ key: bytes, format: 'der', type: 'pkcs1' }))).toBe(true);
    expect(faults({ certificate: alone.pem, key: block('RSA PRIVATE KEY', bytes.toString('base64')) })).toEqual(['key: key-invalid', 'key: key-missing']);
    const sec1 = leaf.key.export({ type: 'sec1', format: 'der' });
    sec1[20] = sec1[20]! ^ 1;
    expect(faults({ certificate: leaf.pem, key: block('EC PRIVATE KEY', sec1.toString('base64')) })).toEqual(['key: key-invalid', 'key: key-missing']);
  });
  test('a short RSA key is served, with a remark', () => {
    const short = signCertificate({ key: rsa(1024), subject: '/CN=short' });
    expect(judge({ certificate: short.pem, key: pkcs8(short.key) })).toMatchObject({ faults: [], remarks: [{ code: 'key-short' }], served: expect.stringContaining('RSA PRIVATE KEY') as string });
  });
});

describe('signatures', () => {
  const sha1 = signCertificate({ key: ec(), subject: '/CN=x', issuer: rootSha1, digest: 'sha1' });
  const md5 = signCertificate({ key: ec(), subject: '/CN=x', issuer: rootSha1, digest: 'md5' });
  const ecdsaSha1 = signCertificate({ key: ec(), subject: '/CN=x', issuer: root, digest: 'sha1' });
  const middleSha1 = signCertificate({ key: ec(), subject: '/CN=Old Middle', issuer: rootSha1, digest: 'sha1', extensions: caExtensions });
  test.each([['SHA-1', sha1], ['MD5', md5], ['ECDSA with SHA-1', ecdsaSha1]])('%s by a CA is refused in every field', (_, one) => {
    const key = pkcs8(one.key);
    expect(faults({ certificate: one.pem, key })).toEqual(['certificate: signature-weak']);
    expect(faults({ certificate: `${leaf.pem}${one.pem}`, key: leafKey })).toEqual(['certificate: signature-weak']);
    expect(faults({ destinationCACertificate: `${root.pem}${one.pem}` })).toEqual(['destinationCACertificate: signature-weak']);
    expect(faults({ caCertificate: one.pem })).toEqual(['caCertificate: signature-weak']);
  });
  test.each(['sha1', 'md5'] as const)('self-signed with %s is accepted', (digest) => {
    const one = signCertificate({ key: rsa(), subject: '/CN=self', digest });
    expect(faults({ certificate: one.pem, key: pkcs8(one.key) })).toEqual([]);
    expect(faults({ destinationCACertificate: one.pem })).toEqual([]);
  });
  test('a root signed with SHA-1 may sign, an intermediate signed with it may not', () => {
    const good = signCertificate({ key: ec(), subject: '/CN=x', issuer: rootSha1 });
    expect(faults({ certificate: good.pem, key: pkcs8(good.key), caCertificate: rootSha1.pem })).toEqual([]);
    expect(faults({ certificate: good.pem, key: pkcs8(good.key), caCertificate: `${rootSha1.pem}${middleSha1.pem}` })).toEqual(['caCertificate: signature-weak']);
  });
  test('self-signed is more than equal names', () => {
    const sameName = signCertificate({ key: ec(), subject: '/CN=Old Root', issuer: rootSha1, digest: 'sha1', extensions: ['subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid'] });
    expect(faults({ certificate: sameName.pem, key: pkcs8(sameName.key) })).toEqual(['certificate: signature-weak']);
    // Without key identifiers the key's family decides: an RSA signature on an ECDSA key is no self-signature.
    const family = signCertificate({ key: ec(), subject: '/CN=Old Root', issuer: rootSha1, digest: 'sha1', extensions: ['basicConstraints=CA:FALSE'] });
    expect(faults({ certificate: family.pem, key: pkcs8(family.key) })).toEqual(['certificate: signature-weak']);
  });
});

describe('chain', () => {
  const withCa = (certificate: string, key: string, caCertificate: string, at = now): string[] => faults({ certificate, key, caCertificate }, at);
  test('direct, through an intermediate, in any order', () => {
    expect(withCa(other.pem, pkcs8(other.key), root.pem)).toEqual([]);
    expect(withCa(leaf.pem, leafKey, `${middle.pem}${root.pem}`)).toEqual([]);
    expect(withCa(leaf.pem, leafKey, `${root.pem}${middle.pem}`)).toEqual([]);
    expect(withCa(leaf.pem, leafKey, middle.pem)).toEqual([]);
    expect(withCa(leaf.pem, leafKey, `${stranger.pem}${middle.pem}`)).toEqual([]);
  });
  test('the certificate itself in the pool', () => {
    expect(withCa(alone.pem, pkcs8(alone.key), alone.pem)).toEqual([]);
    expect(withCa(leaf.pem, leafKey, leaf.pem)).toEqual([]);
  });
  test('intermediates beside the certificate do not count: only caCertificate does', () => expect(withCa(chain, leafKey, root.pem)).toEqual(['certificate: certificate-chain']));
  test('a stranger', () => {
    expect(withCa(leaf.pem, leafKey, stranger.pem)).toEqual(['certificate: certificate-chain']);
    expect(withCa(leaf.pem, pkcs8(other.key), stranger.pem)).toEqual(['certificate: certificate-chain', 'key: key-mismatch']);
  });
  test('the right name with the wrong key', () => {
    const forged = signCertificate({ key: ec(), subject: '/CN=Middle', extensions: caExtensions });
    expect(withCa(leaf.pem, leafKey, forged.pem)).toEqual(['certificate: certificate-chain']);
  });
  test.each(['abc', block('CERTIFICATE REQUEST', 'AAAA'), leafKey, block('CERTIFICATE', 'AAAA')])('a CA field without certificate makes two faults: %#', (caCertificate) => {
    expect(withCa(leaf.pem, leafKey, caCertificate)).toEqual(['caCertificate: ca-invalid', 'certificate: certificate-chain']);
  });
  test.each([
    ['not a CA', ['basicConstraints=CA:FALSE']], ['no constraints', ['subjectKeyIdentifier=hash']], ['may not sign', ['basicConstraints=CA:TRUE', 'keyUsage=cRLSign']], ['not for servers', [...caExtensions, 'extendedKeyUsage=clientAuth']],
    ['a critical extension nobody knows', [...caExtensions, '1.2.3.4=critical,ASN1:NULL']],
  ])('an issuer that is %s', (_, extensions) => {
    const issuer = signCertificate({ key: ec(), subject: '/CN=Bad CA', extensions });
    const one = signCertificate({ key: ec(), subject: '/CN=x', issuer, extensions: ['basicConstraints=CA:FALSE'] });
    expect(withCa(one.pem, pkcs8(one.key), issuer.pem)).toEqual(['certificate: certificate-chain']);
    expect(faults({ certificate: one.pem, key: pkcs8(one.key) })).toEqual([]);
  });
  test('a path that is too long', () => {
    const short = signCertificate({ key: ec(), subject: '/CN=Short', extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0'] });
    const between = signCertificate({ key: ec(), subject: '/CN=Between', issuer: short, extensions: caExtensions });
    const one = signCertificate({ key: ec(), subject: '/CN=x', issuer: between });
    const direct = signCertificate({ key: ec(), subject: '/CN=y', issuer: short });
    expect(withCa(direct.pem, pkcs8(direct.key), short.pem)).toEqual([]);
    // The intermediate alone would do as a root; the pool then holds a shorter chain.
    expect(withCa(one.pem, pkcs8(one.key), `${short.pem}${between.pem}`)).toEqual([]);
  });
  test('purposes of the certificate', () => {
    const of = (usage: string): string[] => {
      const one = signCertificate({ key: ec(), subject: '/CN=x', issuer: root, extensions: [`extendedKeyUsage=${usage}`] });
      return withCa(one.pem, pkcs8(one.key), root.pem);
    };
    expect(of('serverAuth')).toEqual([]);
    expect(of('clientAuth,serverAuth')).toEqual([]);
    expect(of('anyExtendedKeyUsage')).toEqual([]);
    expect(of('clientAuth')).toEqual(['certificate: certificate-chain']);
  });
  test('a certificate outside its validity is served, whatever issued it, with a remark', () => {
    for (const [at, code] of [[now + 5000 * day, 'certificate-expired'], [now - 10 * day, 'certificate-not-yet-valid']] as const) {
      expect(withCa(leaf.pem, leafKey, middle.pem, at)).toEqual([]);
      expect(withCa(leaf.pem, leafKey, stranger.pem, at)).toEqual([]);
      expect(withCa(leaf.pem, leafKey, 'garbage', at)).toEqual(['caCertificate: ca-invalid']);
      expect(judge({ certificate: leaf.pem, key: leafKey }, at)).toMatchObject({ faults: [], remarks: [{ code }], served: expect.any(String) as string });
    }
  });
  test('an expired CA is forgiven too', () => {
    const short = signCertificate({ key: ec(), subject: '/CN=Short lived', extensions: caExtensions, days: 1 });
    const one = signCertificate({ key: ec(), subject: '/CN=x', issuer: short });
    expect(withCa(one.pem, pkcs8(one.key), short.pem, now + 5 * day)).toEqual([]);
  });
  test('the host is not compared', () => expect(withCa(other.pem, pkcs8(other.key), root.pem)).toEqual([]));
});

describe('destination CA', () => {
  test('certificates only, cleaned', () => {
    const { destinationCa, faults: none } = judge({ destinationCACertificate: `junk\n${root.pem}junk\n${pkcs8(root.key)}${middle.pem}` });
    expect(none).toEqual([]);
    expect(destinationCa).toBe(`${root.pem}${middle.pem}`);
  });
  test.each(['abc', block('CERTIFICATE', 'AAAA'), leafKey])('%# is refused', (text) => {
    expect(judge({ destinationCACertificate: text })).toMatchObject({ destinationCa: null, faults: [{ code: 'destination-ca-invalid' }] });
  });
});

test('HAProxy takes what is served', () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairway-served-'));
  try {
    const texts: readonly Partial<TlsTexts>[] = [
      { certificate: chain, key: leafKey, caCertificate: `${middle.pem}${root.pem}` }, { certificate: alone.pem, key: pkcs8(alone.key) }, { certificate: `${leaf.pem}${leafKey}`, key: pkcs8(alone.key) },
    ];
    texts.forEach((one, index) => { writeFileSync(join(directory, `${index}.pem`), judge(one).served!); });
    writeFileSync(join(directory, 'ca.pem'), judge({ destinationCACertificate: `${root.pem}${rootSha1.pem}` }).destinationCa!);
    const binds = texts.map((_, index) => `  bind unix@${directory}/${index}.sock ssl crt ${directory}/${index}.pem\n`).join('');
    writeFileSync(join(directory, 'cfg'), `defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nfrontend f\n${binds}  default_backend b\nbackend b\n  server s 127.0.0.1:1 ssl verify required ca-file ${directory}/ca.pem\n`);
    expect(() => execFileSync('haproxy', ['-c', '-f', join(directory, 'cfg')], { stdio: 'pipe' })).not.toThrow();
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
