export type TlsVersion = 'TLSv1.0' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** A named choice of TLS parameters. */
export interface TlsProfile {
  /** OpenSSL names for TLS 1.2 and older, in order of preference. */
  readonly ciphers: readonly string[];
  /** TLS 1.3 suites. */
  readonly cipherSuites: readonly string[];
  readonly curves: readonly string[];
  readonly minVersion: TlsVersion;
}

const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
const curves = ['X25519', 'prime256v1', 'secp384r1'];

const ephemeralAead = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  'DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384', 'DHE-RSA-CHACHA20-POLY1305',
];

const legacy = [
  'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-RSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES256-SHA384', 'ECDHE-ECDSA-AES256-SHA', 'ECDHE-RSA-AES256-SHA',
  'DHE-RSA-AES128-SHA256', 'DHE-RSA-AES256-SHA256',
  'AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA256', 'AES256-SHA256', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA',
];

/**
 * Mozilla's "Security/Server Side TLS" recommendations, version 5.7.
 * `old` carries `@SECLEVEL=0`: without it OpenSSL 3 refuses TLS 1.0 and 1.1 whatever the minimum version says
 * (SSL_CTX_set_security_level(3): SHA-1 signatures, which those versions need, are below level 1).
 */
export const tlsProfiles = {
  modern: { ciphers: [], cipherSuites: tls13, curves, minVersion: 'TLSv1.3' },
  intermediate: { ciphers: ephemeralAead, cipherSuites: tls13, curves, minVersion: 'TLSv1.2' },
  old: { ciphers: ['@SECLEVEL=0', ...ephemeralAead, ...legacy], cipherSuites: tls13, curves, minVersion: 'TLSv1.0' },
} as const satisfies Record<string, TlsProfile>;

export type TlsProfileName = keyof typeof tlsProfiles;

/** Least to greatest. */
export const tlsVersions: readonly TlsVersion[] = ['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
