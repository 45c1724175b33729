import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeSelfSigned } from './self-signed.ts';

test('a certificate that clients of the names accept, with its key before it', async () => {
  const [notBefore, notAfter] = [Date.parse('2026-01-01T00:00:00Z'), Date.parse('2036-01-01T00:00:00Z')];
  const pem = await makeSelfSigned({ commonName: 'fairway', names: ['*.apps.test', 'localhost'], notBefore, notAfter });
  expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n(?:[A-Za-z0-9+/=]{1,64}\n)+-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\n$/);
  const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
  expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.ca).toBe(false);
  expect(certificate.subject).toBe('CN=fairway');
  expect(['a.apps.test', 'localhost', 'apps.test'].map((name) => certificate.checkHost(name) !== undefined)).toEqual([true, true, false]);
  expect([Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]).toEqual([notBefore, notAfter]);
  expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
  // A serial number is positive: its first bit is clear (RFC 5280, section 4.1.2.2).
  expect(Number.parseInt(certificate.serialNumber.padStart(32, '0').slice(0, 2), 16)).toBeLessThan(0x80);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
});

test('with a key of one\'s own, and times that only GeneralizedTime can say', async () => {
  const [notBefore, notAfter] = [Date.parse('2049-12-31T23:59:59.500Z'), Date.parse('2050-01-01T00:00:00Z')];
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = await makeSelfSigned({ commonName: 'straße', names: ['a.test'], notBefore, notAfter, key: privateKey });
  const certificate = new X509Certificate(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
  expect(createPrivateKey(pem).equals(privateKey)).toBe(true);
  expect([certificate.verify(certificate.publicKey), certificate.subject]).toEqual([true, 'CN=straße']);
  expect([Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]).toEqual([notBefore - 500, notAfter]);
});
