import { X509Certificate } from 'node:crypto';

export interface CertificateDates {
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Parsing takes some 50 microseconds each; certificates of an unchanged table are the same values. */
const known = new WeakMap<object, CertificateDates | null>();

/** The same for a certificate of the table, remembered. */
export function datesOf(certificate: { readonly pem: string }): CertificateDates | null {
  const before = known.get(certificate);
  if (before !== undefined) return before;
  const dates = certificateDates(certificate.pem);
  known.set(certificate, dates);
  return dates;
}

/** Validity of the first certificate in a PEM text: null when there is none that parses. */
export function certificateDates(pem: string): CertificateDates | null {
  // Private keys may come first; OpenSSL's reader skips them only as long as they parse.
  const match = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/.exec(pem);
  if (!match) return null;
  try {
    const certificate = new X509Certificate(match[0]);
    return { notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() };
  } catch {
    return null;
  }
}
