import { createECDH, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { hasKnownCurve } from './certificate.ts';
import { printPemBlock } from './pem-blocks.ts';
import { derTag, readDer, readOne, readUnsigned } from './der.ts';
import type { DerElement } from './der.ts';

export interface PrivateKey {
  readonly key: KeyObject;
  /** `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1), whatever the label was. */
  readonly pem: string;
}

/**
 * Reads a private key from DER whatever its label said: PKCS#8 (RFC 5208), PKCS#1 (RFC 8017 appendix A.1.2) or SEC1
 * (RFC 5915), told apart by the second element. RSA and the NIST curves only; a key whose own parts contradict each other
 * is refused here, because OpenSSL would load it and fail in every handshake.
 * @returns null for anything else: Ed25519, RSA-PSS, encrypted keys, other curves, damaged ones.
 */
export const readPrivateKey = (der: Buffer): PrivateKey | null => {
  const type = formOf(der);
  if (type === null) return null;
  try {
    const key = createPrivateKey({ key: der, format: 'der', type });
    const pem = reencode(key);
    return pem === null ? null : { key, pem };
  } catch {
    return null;
  }
};

const formOf = (der: Buffer): 'pkcs8' | 'pkcs1' | 'sec1' | null => {
  const outer = readOne(der, derTag.sequence);
  const parts = outer && readDer(outer.content);
  if (parts?.[0]?.tag !== derTag.integer) return null;
  switch (parts[1]?.tag) {
    case derTag.sequence:
      return 'pkcs8';
    case derTag.integer:
      return 'pkcs1';
    case derTag.octetString:
      return 'sec1';
    default:
      return null;
  }
};

const reencode = (key: KeyObject): string | null => {
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const bytes = key.export({ type: 'pkcs1', format: 'der' });
      return isConsistentRsa(bytes) ? printPemBlock('RSA PRIVATE KEY', bytes) : null;
    }
    case 'ec': {
      const bytes = key.export({ type: 'sec1', format: 'der' });
      return hasKnownCurve(key) && isConsistentEc(bytes, key.asymmetricKeyDetails?.namedCurve ?? '') ? printPemBlock('EC PRIVATE KEY', bytes) : null;
    }
    default:
      return null;
  }
};

/** RSAPrivateKey ::= SEQUENCE { version, n, e, d, p, q, ... }: n = pq, and de = 1 modulo p-1 and q-1. */
const isConsistentRsa = (der: Buffer): boolean => {
  const parts = readDer(readOne(der, derTag.sequence)?.content ?? Buffer.alloc(0)) ?? [];
  const [, n, e, d, p, q] = parts.map((part: DerElement) => readUnsigned(part.content));
  if (!n || !e || !d || !p || !q || p < 3n || q < 3n) return false;
  return p * q === n && (d * e) % (p - 1n) === 1n && (d * e) % (q - 1n) === 1n;
};

/**
 * ECPrivateKey ::= SEQUENCE { version, privateKey OCTET STRING, [0] curve, [1] publicKey BIT STRING }: the public point
 * must be the one that the private number gives, because a certificate is matched by the point alone.
 */
const isConsistentEc = (der: Buffer, curve: string): boolean => {
  const parts = readDer(readOne(der, derTag.sequence)?.content ?? Buffer.alloc(0)) ?? [];
  const number = parts.find(({ tag }) => tag === derTag.octetString)?.content;
  const field = parts.find(({ tag }) => tag === 0xa1)?.content;
  const point = field && readOne(field, derTag.bitString)?.content.subarray(1);
  if (number === undefined || point === undefined) return false;
  const pair = createECDH(curve);
  pair.setPrivateKey(number);
  return pair.getPublicKey(null, point[0] === 4 ? 'uncompressed' : 'compressed').equals(point);
};
