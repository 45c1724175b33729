import type { RouteTls } from '../../resources/route.ts';
import { quoted, refuse, warn } from '../note.ts';
import type { Note } from '../note.ts';
import type { RouteRule } from '../route-subject.ts';

const terminations = ['edge', 'reencrypt', 'passthrough'];
const inline = ['certificate', 'key', 'caCertificate', 'destinationCACertificate'] as const;

/** Does `spec.tls` say where TLS ends, and has it only fields that this termination has? */
export const tlsTermination: RouteRule = ({ route: { tls }, options }) => {
  if (tls === null) return [];
  const misplaced: readonly Note[] = misplacedFields(tls).map((field) => {
    const message = `${tls.termination} termination has no ${field}.`;
    return options.extendedValidation ? refuse('tls-field-misplaced', `spec.tls.${field}`, message) : warn('tls-field-ignored', `spec.tls.${field}`, message);
  });
  const unknown = terminations.includes(tls.termination) ? [] : [refuse('termination-unknown', 'spec.tls.termination', tls.termination === '' ? 'spec.tls names no termination.' : `${quoted(tls.termination)} is no termination.`)];
  return [...unknown, ...misplaced];
};

const misplacedFields = (tls: RouteTls): readonly (typeof inline)[number][] => {
  const foreign = tls.termination === 'passthrough' ? inline : tls.termination === 'edge' ? (['destinationCACertificate'] as const) : [];
  return foreign.filter((field) => tls[field] !== '');
};

/** Does the policy for port 80 exist for this termination? Passthrough cannot be served in clear text. */
export const insecurePolicy: RouteRule = ({ route: { tls } }) => {
  const policy = tls?.insecureEdgeTerminationPolicy ?? '';
  const choices = tls?.termination === 'passthrough' ? ['None', 'Redirect'] : ['None', 'Allow', 'Redirect'];
  if (tls === null || policy === '' || !terminations.includes(tls.termination) || choices.includes(policy)) return [];
  return [refuse('insecure-policy-invalid', 'spec.tls.insecureEdgeTerminationPolicy', `${quoted(policy)} is no policy for ${tls.termination} termination.`, `Write ${choices.map((choice) => `\`${choice}\``).join(', ')}, or nothing.`)];
};
