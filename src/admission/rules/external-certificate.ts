import { quoted, refuse } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

/** Does the route take its certificate from a Secret? Not read yet, and never replaced by the default certificate. */
export const externalCertificate: RouteRule = ({ route: { tls } }) => {
  if (tls === null || tls.externalCertificate === '') return [];
  const at = 'spec.tls.externalCertificate';
  if (tls.termination === 'passthrough') return [refuse('tls-field-misplaced', at, 'passthrough termination has no externalCertificate.')];
  if (tls.certificate !== '' || tls.key !== '') return [refuse('external-certificate-conflict', at, 'externalCertificate stands beside an inline certificate or key.')];
  return [refuse('external-certificate-unsupported', at, `The certificate of Secret ${quoted(tls.externalCertificate)} is not read: this version does not support externalCertificate.`)];
};
