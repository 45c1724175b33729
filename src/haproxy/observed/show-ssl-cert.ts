export interface CertificateName { readonly file: string; readonly uncommitted: boolean }
export interface CertificateDetails {
  readonly file: string; readonly status: string; readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number; readonly notAfter: number;
  readonly names: readonly string[];
  /** Upper-case hex without colons. */
  readonly sha1: string;
  readonly subject: string; readonly issuer: string;
}
export function parseShowSslCertList(_text: string): readonly CertificateName[] { throw new Error('not written yet'); }
/** Null when HAProxy has no such certificate, or holds the name without a content. */
export function parseShowSslCert(_text: string): CertificateDetails | null { throw new Error('not written yet'); }
