/** A line of `show ssl cert`. */
export interface CertificateName {
  readonly file: string;
  /** A `set ssl cert` without its `commit`: listed besides the certificate in use. */
  readonly uncommitted: boolean;
}

/** `show ssl cert <file>`. */
export interface CertificateDetails {
  readonly file: string;
  /** `Used`, `Unused`. */
  readonly status: string;
  /** Upper-case hex. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** As printed: `DNS:a.test`, `IP Address:127.0.0.1`. */
  readonly names: readonly string[];
  /** SHA-1 of the leaf, 40 upper-case hex digits. */
  readonly sha1: string;
  /** `/CN=a.test`. */
  readonly subject: string;
  readonly issuer: string;
}

/**
 * `show ssl cert`:
 *
 *     # transaction
 *     *a1.pem
 *     # filename
 *     /etc/fairway/default.pem
 *     a1.pem
 */
export function parseShowSslCertList(text: string): readonly CertificateName[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => (
    line.startsWith('*') ? { file: line.slice(1), uncommitted: true } : { file: line, uncommitted: false }
  ));
}

/**
 * `show ssl cert <file>`: `Filename: a1.pem`, `Status: Used`, `notAfter: Dec 21 06:16:12 2026 GMT`, `SHA1 FingerPrint: 96DC...`.
 * Null when HAProxy has no such certificate, or only a name without content (`Status: Empty`).
 */
export function parseShowSslCert(text: string): CertificateDetails | null {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    // The chain follows the leaf under names of its own (`Chain Subject`), so the first of a name is the leaf's.
    if (colon > 0 && !fields.has(line.slice(0, colon))) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const file = fields.get('Filename');
  const sha1 = fields.get('SHA1 FingerPrint');
  const notAfter = Date.parse(fields.get('notAfter') ?? '');
  if (file === undefined || sha1 === undefined || Number.isNaN(notAfter)) return null;
  return {
    file,
    sha1,
    notAfter,
    notBefore: Date.parse(fields.get('notBefore') ?? ''),
    status: fields.get('Status') ?? '',
    serial: fields.get('Serial') ?? '',
    names: (fields.get('Subject Alternative Name') ?? '').split(', ').filter((name) => name !== ''),
    subject: fields.get('Subject') ?? '',
    issuer: fields.get('Issuer') ?? '',
  };
}
