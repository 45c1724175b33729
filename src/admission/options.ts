import type { Config } from '../config.ts';
import type { FieldLines } from '../resources/metadata.ts';
import type { TlsMaterial, TlsTexts } from './certificates/tls-material.ts';

/** What admission is told by whoever runs it. */
export type AdmissionOptions = Config['admission'] & {
  /** The router's own domain: `spec.subdomain` is put in front of it. Empty: none. */
  readonly domain: string;
  /** Looks up the line of a field; asked only when something is refused or warned of. */
  readonly lineOf: FieldLines;
  /**
   * The moment (milliseconds since the epoch) at which the validity of certificates is judged: once for the life of the
   * function, so that the answer depends on nothing but the objects. Expired certificates are served, with a warning.
   */
  readonly now: number;
  /** Judges certificates in place of `judgeTlsMaterial` at `now`, with the same answers. */
  readonly judgeTls?: (texts: TlsTexts) => TlsMaterial;
};
