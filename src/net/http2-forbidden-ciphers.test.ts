import { getCiphers } from 'node:tls';
import { expect, test } from 'vitest';
import { http2ForbiddenCiphers } from './http2-forbidden-ciphers.ts';
import { tlsProfiles } from './tls-profiles.ts';

test('every TLS 1.2 suite that this OpenSSL offers is either ephemeral and authenticated, or on the list', () => {
  const ephemeralAndAuthenticated = /^(ECDHE|DHE)-.*(GCM|CCM8?|POLY1305)/;
  // Registered by RFC 7905, after the list was made.
  const laterThanTheList = /^(RSA-)?PSK-CHACHA20-POLY1305$/;
  const suites = getCiphers().map((name) => name.toUpperCase()).filter((name) => !name.startsWith('TLS_'));
  expect(suites.length).toBeGreaterThan(30);
  for (const name of suites) {
    expect(http2ForbiddenCiphers.has(name) || laterThanTheList.test(name), name).toBe(!ephemeralAndAuthenticated.test(name));
  }
});

test('the intermediate profile holds none of them, the old one does', () => {
  expect(tlsProfiles.intermediate.ciphers.filter((name) => http2ForbiddenCiphers.has(name))).toEqual([]);
  expect(tlsProfiles.old.ciphers.filter((name) => http2ForbiddenCiphers.has(name))).toContain('DES-CBC3-SHA');
});

test('names of retired suites are known too', () => {
  for (const name of ['RC4-SHA', 'ECDHE-RSA-RC4-SHA', 'EDH-RSA-DES-CBC3-SHA', 'SEED-SHA', 'DES-CBC3-SHA']) expect(http2ForbiddenCiphers.has(name), name).toBe(true);
});
