import { X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { derTag, readDer, readObjectId, readOne } from './der.ts';
import type { DerElement } from './der.ts';
import { readExtensions } from './certificate-extensions.ts';
import type { CertificateExtensions } from './certificate-extensions.ts';

export type KeyFamily = 'rsa' | 'ecdsa' | 'dsa' | 'ed25519' | 'other';
export type Digest = 'md2' | 'md5' | 'sha1' | 'strong';

/** What admission reads of a certificate. `node:crypto` tells neither versions, raw names, key identifiers nor, before Node 24, the signature algorithm. */
export interface Certificate {
  readonly x509: X509Certificate;
  readonly der: Buffer;
  readonly publicKey: KeyObject | null;
  readonly keyFamily: KeyFamily;
  readonly signature: { readonly family: KeyFamily; readonly digest: Digest };
  /** 1 to 3. */
  readonly version: number;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly extensions: CertificateExtensions;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** RFC 8017 appendix C, RFC 5758, RFC 3279, RFC 8410. PSS names its digest in its parameters; none of them is older than SHA-1 and none was read upstream. */
const signatures: Readonly<Record<string, { readonly family: KeyFamily; readonly digest: Digest }>> = {
  '1.2.840.113549.1.1.2': { family: 'rsa', digest: 'md2' },
  '1.2.840.113549.1.1.4': { family: 'rsa', digest: 'md5' },
  '1.2.840.113549.1.1.5': { family: 'rsa', digest: 'sha1' },
  '1.3.14.3.2.29': { family: 'rsa', digest: 'sha1' },
  '1.2.840.113549.1.1.10': { family: 'rsa', digest: 'strong' },
  '1.2.840.113549.1.1.11': { family: 'rsa', digest: 'strong' },
  '1.2.840.113549.1.1.12': { family: 'rsa', digest: 'strong' },
  '1.2.840.113549.1.1.13': { family: 'rsa', digest: 'strong' },
  '1.2.840.10040.4.3': { family: 'dsa', digest: 'sha1' },
  '2.16.840.1.101.3.4.3.2': { family: 'dsa', digest: 'strong' },
  '1.2.840.10045.4.1': { family: 'ecdsa', digest: 'sha1' },
  '1.2.840.10045.4.3.2': { family: 'ecdsa', digest: 'strong' },
  '1.2.840.10045.4.3.3': { family: 'ecdsa', digest: 'strong' },
  '1.2.840.10045.4.3.4': { family: 'ecdsa', digest: 'strong' },
  '1.3.101.112': { family: 'ed25519', digest: 'strong' },
};

const families: Readonly<Record<string, KeyFamily>> = { rsa: 'rsa', ec: 'ecdsa', dsa: 'dsa', ed25519: 'ed25519' };
/** The curves that Go's crypto/x509, and so the OpenShift router, can read. */
const curves = new Set(['secp224r1', 'prime256v1', 'secp384r1', 'secp521r1']);

/** Reads one certificate from DER; null where it does not parse (RFC 5280 section 4.1). */
export const readCertificate = (der: Buffer): Certificate | null => {
  const fields = readFields(der);
  if (fields === null) return null;
  let x509: X509Certificate;
  try {
    x509 = new X509Certificate(der);
  } catch {
    return null;
  }
  const publicKey = publicKeyOf(x509);
  const keyFamily = families[publicKey?.asymmetricKeyType ?? ''] ?? 'other';
  if (keyFamily === 'ecdsa' && !hasKnownCurve(publicKey)) return null;
  const [validFrom, validTo] = [Date.parse(x509.validFrom), Date.parse(x509.validTo)];
  if (Number.isNaN(validFrom) || Number.isNaN(validTo)) return null;
  return { x509, der, publicKey, keyFamily, validFrom, validTo, ...fields };
};

/** A key of a kind that OpenSSL cannot read is no reason to reject a certificate in a chain. */
const publicKeyOf = (x509: X509Certificate): KeyObject | null => {
  try {
    return x509.publicKey;
  } catch {
    return null;
  }
};

export const hasKnownCurve = (key: KeyObject | null): boolean => curves.has(key?.asymmetricKeyDetails?.namedCurve ?? '');

type Fields = Pick<Certificate, 'signature' | 'version' | 'issuer' | 'subject' | 'extensions'>;

/**
 * Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature }
 * TBSCertificate ::= SEQUENCE { [0] version, serial, signature, issuer, validity, subject, publicKey, [1], [2], [3] extensions }
 */
const readFields = (der: Buffer): Fields | null => {
  const outer = readOne(der, derTag.sequence);
  const parts = outer && readDer(outer.content);
  if (parts?.length !== 3) return null;
  const tbs = parts[0]?.tag === derTag.sequence ? readDer(parts[0].content) : null;
  if (!tbs) return null;
  const versioned = tbs[0]?.tag === 0xa0;
  const version = versioned && tbs[0] ? versionOf(tbs[0]) : 1;
  const [serial, algorithm, issuer, validity, subject, key, ...optional] = versioned ? tbs.slice(1) : tbs;
  if (version === null || serial?.tag !== derTag.integer || (serial.content[0] ?? 0x80) >= 0x80) return null;
  if (validity === undefined || key === undefined) return null;
  const oid = algorithm && oidOf(algorithm);
  if (!oid || issuer?.tag !== derTag.sequence || subject?.tag !== derTag.sequence) return null;
  const extensions = readExtensions(optional.find(({ tag }) => tag === 0xa3));
  if (extensions === null) return null;
  return {
    signature: signatures[oid] ?? { family: 'other', digest: 'strong' },
    version, issuer: issuer.encoded, subject: subject.encoded, extensions,
  };
};

const versionOf = (element: DerElement): number | null => {
  const number = readOne(element.content, derTag.integer);
  return number?.content.length === 1 ? (number.content[0] ?? 0) + 1 : null;
};

const oidOf = (element: DerElement): string | null => {
  const first = element.tag === derTag.sequence ? readDer(element.content)?.[0] : undefined;
  return first?.tag === derTag.objectId ? readObjectId(first.content) : null;
};

/**
 * Self-signed as OpenSSL's EXFLAG_SS has it (crypto/x509/v3_purp.c): subject equals issuer byte by byte, the authority key
 * identifier is absent or equals the subject's, and the signature is of the key's own kind. The signature itself is not verified.
 */
export const isSelfSigned = ({ issuer, subject, extensions, signature, keyFamily }: Certificate): boolean =>
  issuer.equals(subject) && signature.family === keyFamily &&
  (extensions.authorityKeyId === null || extensions.authorityKeyId.equals(extensions.subjectKeyId ?? Buffer.alloc(0)));
