import { parentDomain, isHostName } from '../net/dns-names.ts';
import type { Route } from '../resources/route.ts';
import { readAnnotations } from './annotations.ts';
import type { TlsMaterial, TlsTexts } from './certificates/tls-material.ts';
import type { Claim } from './claim.ts';
import { isRefusal, isWarning, refuse, warn } from './note.ts';
import type { Note, RefusalNote, WarningNote } from './note.ts';
import type { AdmissionOptions } from './options.ts';
import { routeSubject } from './route-subject.ts';
import type { RouteRule, RouteSubject } from './route-subject.ts';
import { backends, claimServices } from './rules/backends.ts';
import type { Candidate } from './rules/claims.ts';
import { domainLists } from './rules/domain-lists.ts';
import { externalCertificate } from './rules/external-certificate.ts';
import { headerActions } from './rules/header-actions.ts';
import { hostRewriting } from './rules/host-rewriting.ts';
import { hostSyntax, subdomainSyntax } from './rules/host-syntax.ts';
import { objectShape, pathsTouch } from './rules/object-shape.ts';
import { pathSyntax } from './rules/path-syntax.ts';
import { targetPort } from './rules/target-port.ts';
import { insecurePolicy, tlsTermination } from './rules/tls-termination.ts';
import { wildcardPolicy } from './rules/wildcard-policy.ts';

/** Who may be served under which host: the first refusal ends it, as the OpenShift router's stages do, and nothing is held. */
const hostRules: readonly RouteRule[] = [domainLists, wildcardPolicy, hostSyntax];

/** What is served there: every rule speaks, and a route that one of them refuses still holds its host. */
const fieldRules: readonly RouteRule[] = [
  hostRewriting, subdomainSyntax, pathSyntax, backends, targetPort, headerActions, tlsTermination, insecurePolicy, externalCertificate,
];

/** Fields that a claim is made of: where one of these cannot be read, nobody knows what the route asks for. */
const claimFields = ['spec.host', 'spec.subdomain', 'spec.path', 'spec.wildcardPolicy', 'metadata'];

/** All that can be said of a route without looking at any other object. */
export interface RouteJudgement {
  /** null: asks for nothing that could be held. */
  readonly candidate: Candidate | null;
  /** Said before the claim is judged. */
  readonly before: readonly RefusalNote[];
  /** Said after it. */
  readonly after: readonly RefusalNote[];
  readonly warnings: readonly WarningNote[];
  /** What is served if nothing refuses the route. */
  readonly claim: Claim | null;
}

/** Runs every rule that needs the route alone, in their order: shape, host, (claims are judged between,) fields, TLS, annotations. */
export const judgeRoute = (route: Route, options: AdmissionOptions, judgeTls: (texts: TlsTexts) => TlsMaterial): RouteJudgement => {
  const subject = routeSubject(route, options);
  const shape = objectShape(route);
  const hostNotes: Note[] = [];
  for (const rule of hostRules) {
    hostNotes.push(...rule(subject));
    if (hostNotes.some(isRefusal)) break;
  }
  const material = route.tls === null ? null : judgeTls(route.tls);
  const annotations = readAnnotations(route, subject.termination ?? 'none', subject.insecure);
  const later: readonly Note[] = [
    ...fieldRules.flatMap((rule) => rule(subject)),
    ...(material === null ? [] : materialNotes(material, options.extendedValidation)),
    ...annotations.notes,
  ];
  // A field that could not be read has its note; what the rules would say of the empty value in its place only confuses.
  const told = (note: Note): boolean => !shape.some(({ path }) => pathsTouch(path, note.path));
  const before = [...shape, ...hostNotes.filter(isRefusal).filter(told)];
  const after = later.filter(isRefusal).filter(told);
  return {
    candidate: hostNotes.some(isRefusal) || shape.some(({ path }) => claimFields.some((field) => pathsTouch(path, field))) ? null : candidateOf(subject),
    before, after,
    warnings: [...hostNotes, ...later].filter(isWarning).filter(told),
    claim: before.length + after.length > 0 ? null : claimOf(subject, material, annotations.settings),
  };
};

const isWildcard = ({ subdomains, host }: RouteSubject): boolean => subdomains && parentDomain(host) !== '';

const candidateOf = (subject: RouteSubject): Candidate | null => {
  const { route, host, termination } = subject;
  if (!isHostName(host)) return null;
  const tls = route.tls === null ? 'none' : termination === 'passthrough' ? 'passthrough' : 'terminated';
  return { route, host, domain: parentDomain(host), wildcard: isWildcard(subject), path: route.path, tls };
};

const claimOf = (subject: RouteSubject, material: TlsMaterial | null, settings: Claim['settings']): Claim | null => {
  const { route, host, termination, insecure } = subject;
  if (termination === null) return null;
  const terminates = termination === 'edge' || termination === 'reencrypt';
  const served = terminates ? (material?.served ?? null) : null;
  return {
    route,
    host: isWildcard(subject) ? parentDomain(host) : host,
    wildcard: isWildcard(subject),
    path: route.path,
    termination, insecure,
    services: claimServices(route),
    targetPort: route.targetPort === null ? null : String(route.targetPort),
    certificate: served === null ? null : { pem: served },
    destinationCa: termination === 'reencrypt' ? (material?.destinationCa ?? null) : null,
    settings,
  };
};

/**
 * With extended validation off, a certificate that cannot be used is not served and the default one is, as upstream. A
 * destination CA is never dropped that way: without it the pods would be trusted unseen.
 */
const materialNotes = ({ faults, remarks }: TlsMaterial, extendedValidation: boolean): readonly Note[] => [
  ...faults.map(({ field, code, message }) =>
    extendedValidation || field === 'destinationCACertificate'
      ? refuse(code, `spec.tls.${field}`, message)
      : warn('certificate-not-used', `spec.tls.${field}`, `${message} The default certificate is served instead.`)),
  ...remarks.map(({ field, code, message }) => warn(code, `spec.tls.${field}`, message)),
];
