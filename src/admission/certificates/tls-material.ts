import { readCertificate, isSelfSigned } from './certificate.ts';
import type { Certificate } from './certificate.ts';
import { verifyChain } from './certificate-chain.ts';
import { printPemBlock, readPemBlocks } from './pem-blocks.ts';
import { readPrivateKey } from './private-key.ts';
import type { PrivateKey } from './private-key.ts';
import type { RefusalCode } from '../refusals.ts';
import type { WarningCode } from '../warnings.ts';

/** The four PEM texts of `spec.tls`; empty where not written. */
export interface TlsTexts {
  readonly certificate: string;
  readonly key: string;
  readonly caCertificate: string;
  readonly destinationCACertificate: string;
}

export type TlsField = keyof TlsTexts;

export interface TlsFault { readonly field: TlsField; readonly code: RefusalCode; readonly message: string }
export interface TlsRemark { readonly field: TlsField; readonly code: WarningCode; readonly message: string }

export interface TlsMaterial {
  readonly faults: readonly TlsFault[];
  readonly remarks: readonly TlsRemark[];
  /** Key, certificates, CA certificates as HAProxy reads them from one file; null: nothing to serve or a fault in it. */
  readonly served: string | null;
  /** Certificates only; null: none given or a fault in it. */
  readonly destinationCa: string | null;
}

const privateKeys = new Set(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ECDSA PRIVATE KEY']);
const publicKeys = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY', 'DSA PUBLIC KEY', 'ECDSA PUBLIC KEY']);

interface Contents {
  readonly certificates: readonly Certificate[];
  readonly keys: readonly PrivateKey[];
  readonly publicKeys: number;
  /** What is wrong with a block, in words that go after the field's name; null when every block is known and parses. */
  readonly fault: string | null;
}

/** Every PEM block of a text by kind. `EC PARAMETERS` is dropped; it only repeats what the key says. */
const readContents = (text: string): Contents => {
  const certificates: Certificate[] = [];
  const keys: PrivateKey[] = [];
  let others = 0;
  let fault: string | null = null;
  for (const { type, headers, bytes } of readPemBlocks(text)) {
    if (type === 'CERTIFICATE') {
      const certificate = readCertificate(bytes);
      if (certificate === null) fault ??= 'has a certificate that does not parse';
      else certificates.push(certificate);
    } else if (privateKeys.has(type)) {
      const key = readPrivateKey(bytes);
      if (key === null) fault ??= headers ? 'has an encrypted private key' : 'has a private key that is damaged or neither RSA nor ECDSA on P-224, P-256, P-384 or P-521';
      else keys.push(key);
    } else if (publicKeys.has(type)) {
      others += 1;
    } else if (type !== 'EC PARAMETERS') {
      fault ??= type === 'ENCRYPTED PRIVATE KEY' ? 'has an encrypted private key' : 'has a PEM block that is neither a certificate nor a key';
    }
  }
  return { certificates, keys, publicKeys: others, fault };
};

/**
 * Judges and cleans the PEM texts of a route, as strictly as the OpenShift router's extended validation. Host names are
 * not compared and expired certificates are accepted: clients judge those.
 * @param now milliseconds since the epoch
 */
export const judgeTlsMaterial = (texts: TlsTexts, now: number): TlsMaterial => {
  const faults: TlsFault[] = [];
  const remarks: TlsRemark[] = [];
  const say = (field: TlsField, code: RefusalCode, message: string): void => { faults.push({ field, code, message: `${field} ${message}.` }); };

  const ca = texts.caCertificate === '' ? null : readContents(texts.caCertificate);
  if (ca !== null) judgeAuthorities('caCertificate', 'ca-invalid', ca, say);

  const own = readContents(texts.certificate);
  if (texts.certificate !== '') judgeCertificate(own, ca === null ? null : ca.certificates, now, say, remarks);

  const key = readContents(texts.key);
  if (key.fault !== null) say('key', 'key-invalid', key.fault);
  if (texts.certificate !== '') judgePair(own, key, say, remarks);
  else if (texts.key !== '') remarks.push({ field: 'key', code: 'key-without-certificate', message: 'A key is given without its certificate; the default certificate is served.' });
  else if (ca !== null) remarks.push({ field: 'caCertificate', code: 'ca-without-certificate', message: 'caCertificate is given without a certificate; the default certificate is served.' });

  const served = texts.certificate === '' || faults.length > 0 ? null : printServed(own, key, ca);
  const destination = texts.destinationCACertificate === '' ? null : readContents(texts.destinationCACertificate);
  const before = faults.length;
  if (destination !== null) judgeAuthorities('destinationCACertificate', 'destination-ca-invalid', destination, say);
  return { faults, remarks, served, destinationCa: destination === null || faults.length > before ? null : printCertificates(destination) };
};

type Say = (field: TlsField, code: RefusalCode, message: string) => void;

const judgeAuthorities = (field: TlsField, code: RefusalCode, { certificates, fault }: Contents, say: Say): void => {
  if (fault !== null) say(field, code, fault);
  else if (certificates.length === 0) say(field, code, 'has no certificate in PEM form');
  sayWeakSignatures(field, certificates, say);
};

const judgeCertificate = (own: Contents, authorities: readonly Certificate[] | null, now: number, say: Say, remarks: TlsRemark[]): void => {
  const [first] = own.certificates;
  if (own.fault !== null) say('certificate', own.fault.includes('private key') ? 'key-invalid' : 'certificate-invalid', own.fault);
  else if (first === undefined) say('certificate', 'certificate-invalid', 'has no certificate in PEM form');
  const weak = sayWeakSignatures('certificate', own.certificates, say);
  if (first === undefined || own.fault !== null || weak) return;
  if (authorities !== null) {
    // A CA field that could not be read is an empty pool: then the certificate cannot chain to it either.
    const result = verifyChain(first, authorities, now);
    if (typeof result === 'object') say('certificate', 'certificate-chain', `does not chain to caCertificate: ${result.fault}`);
  }
  if (now > first.validTo) remarks.push({ field: 'certificate', code: 'certificate-expired', message: `The certificate expired on ${new Date(first.validTo).toISOString()}.` });
  if (now < first.validFrom) remarks.push({ field: 'certificate', code: 'certificate-not-yet-valid', message: `The certificate is valid from ${new Date(first.validFrom).toISOString()}.` });
};

/** One note for the whole field, as upstream: HAProxy refuses CA-signed certificates with these digests. */
const sayWeakSignatures = (field: TlsField, certificates: readonly Certificate[], say: Say): boolean => {
  const weak = certificates.find((certificate) => certificate.signature.digest !== 'strong' && !isSelfSigned(certificate));
  if (weak !== undefined) say(field, 'signature-weak', `has a certificate that a CA signed with ${{ md2: 'MD2', md5: 'MD5', sha1: 'SHA-1', strong: '' }[weak.signature.digest]}`);
  return weak !== undefined;
};

/** Private keys found beside the certificate come before those of the key field; the first must be the first certificate's. */
const judgePair = (own: Contents, key: Contents, say: Say, remarks: TlsRemark[]): void => {
  const found = own.keys[0] ?? key.keys[0];
  const fault = found === undefined ? null : pairFault(own, key, found);
  if (found === undefined) say('key', 'key-missing', 'has no private key for the certificate');
  else if (fault !== null) say('key', 'key-mismatch', fault);
  const bits = found?.key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048) remarks.push({ field: 'key', code: 'key-short', message: `The RSA key has ${bits} bits; HAProxy may refuse it.` });
};

const pairFault = (own: Contents, key: Contents, found: PrivateKey): string | null => {
  const [first, ...later] = own.certificates;
  if (key.certificates.length > 0 || key.publicKeys > 0) return 'must hold private keys only';
  if (own.publicKeys > 0) return 'cannot be paired: the certificate field must hold certificates only';
  if (first === undefined) return 'has no certificate to be paired with';
  if (first.x509.checkPrivateKey(found.key)) return null;
  return later.some(({ x509 }) => x509.checkPrivateKey(found.key))
    ? 'belongs to a later certificate: the server certificate must come first, its chain after it'
    : 'is not the key of the first certificate';
};

const printCertificates = ({ certificates }: Contents): string => certificates.map(({ der }) => printPemBlock('CERTIFICATE', der)).join('');

const printServed = (own: Contents, key: Contents, ca: Contents | null): string | null => {
  // OpenSSL reads the first key of a file; further ones, accepted as upstream accepts them, are left out.
  const found = own.keys[0] ?? key.keys[0];
  return found === undefined ? null : `${found.pem}${printCertificates(own)}${ca === null ? '' : printCertificates(ca)}`;
};
