import { none } from '../lib/none.ts';
import { integer, noteUnknown, pathIn, problemsFound, section, sectionOrEmpty, sections, text, textOrInteger } from './fields.ts';
import type { Section } from './fields.ts';
import type { FieldProblem, Metadata } from './metadata.ts';

/** One `spec.to` or `spec.alternateBackends[]` entry of a Route. */
export interface RouteTarget {
  readonly kind: string;
  readonly name: string;
  /** null: not written (route.openshift.io/v1 defaults it to 100 in the API server, the router reads it as 1). */
  readonly weight: number | null;
}

/** One `spec.httpHeaders.actions.request[]` or `.response[]` entry. */
export type HeaderAction =
  | { readonly type: 'Set'; readonly name: string; readonly value: string }
  | { readonly type: 'Delete'; readonly name: string };

/** `spec.tls` of a Route, texts as written; admission judges them. */
export interface RouteTls {
  readonly termination: string;
  readonly certificate: string;
  readonly key: string;
  readonly caCertificate: string;
  readonly destinationCACertificate: string;
  readonly insecureEdgeTerminationPolicy: string;
  /** Name of `spec.tls.externalCertificate`, or empty. */
  readonly externalCertificate: string;
}

/** An OpenShift Route (route.openshift.io/v1, kind Route). Values are typed but not yet judged: that is admission's. */
export interface Route {
  readonly kind: 'Route';
  readonly metadata: Metadata;
  readonly host: string;
  readonly subdomain: string;
  readonly path: string;
  readonly to: RouteTarget;
  readonly alternateBackends: readonly RouteTarget[];
  /** null: no `spec.port`: every port of every endpoint. */
  readonly targetPort: string | number | null;
  readonly tls: RouteTls | null;
  readonly wildcardPolicy: string;
  readonly requestHeaders: readonly HeaderAction[];
  readonly responseHeaders: readonly HeaderAction[];
  /** Fields of the wrong type or shape. Admission refuses the object with them; nothing else is harmed. */
  readonly problems: readonly FieldProblem[];
}

const known = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
const knownInSpec = new Set(['host', 'subdomain', 'path', 'to', 'alternateBackends', 'port', 'tls', 'wildcardPolicy', 'httpHeaders']);
const knownInTarget = new Set(['kind', 'name', 'weight']);
const knownInPort = new Set(['targetPort']);
const knownInTls = new Set([
  'termination', 'certificate', 'key', 'caCertificate', 'destinationCACertificate', 'insecureEdgeTerminationPolicy', 'externalCertificate',
]);
const knownInHeaders = new Set(['actions']);
const knownInActions = new Set(['request', 'response']);
const knownInHeader = new Set(['name', 'action']);
const knownInAction = new Set(['type', 'set']);

/** An unwritten kind is `Service`: the API server's default, which a manifest from a directory never met. */
const decodeTarget = (found: Section): RouteTarget => {
  noteUnknown(found, knownInTarget);
  return { kind: text(found, 'kind') || 'Service', name: text(found, 'name'), weight: integer(found, 'weight') };
};

const decodeTls = (found: Section): RouteTls => {
  noteUnknown(found, knownInTls);
  const external = section(found, 'externalCertificate');
  return {
    termination: text(found, 'termination'),
    certificate: text(found, 'certificate'),
    key: text(found, 'key'),
    caCertificate: text(found, 'caCertificate'),
    destinationCACertificate: text(found, 'destinationCACertificate'),
    insecureEdgeTerminationPolicy: text(found, 'insecureEdgeTerminationPolicy'),
    externalCertificate: external === null ? '' : text(external, 'name'),
  };
};

const decodeHeader = (entry: Section): HeaderAction | null => {
  noteUnknown(entry, knownInHeader);
  const problem = (path: string, message: string, hint: string): null => {
    entry.notes.problems.push({ path, message: `${path} ${message}`, hint });
    return null;
  };
  const name = text(entry, 'name');
  const action = section(entry, 'action');
  if (action === null) return problem(pathIn(entry, 'action'), 'is missing.', 'Write action: with type: Set or type: Delete below it.');
  noteUnknown(action, knownInAction);
  const type = text(action, 'type');
  if (type === 'Delete') return { type, name };
  if (type !== 'Set') return problem(pathIn(action, 'type'), 'must be Set or Delete.', 'Write type: Set or type: Delete.');
  const set = section(action, 'set');
  if (set === null) return problem(pathIn(action, 'set'), 'is missing.', 'Write set: with value: below it.');
  return { type, name, value: text(set, 'value') };
};

/** Texts as written; unwritten `to.kind` and `wildcardPolicy` have the API server's defaults. */
export function decodeRoute(object: Section, metadata: Metadata): Route {
  noteUnknown(object, known);
  const spec = sectionOrEmpty(object, 'spec');
  noteUnknown(spec, knownInSpec);
  const to = section(spec, 'to');
  const port = section(spec, 'port');
  if (port !== null) noteUnknown(port, knownInPort);
  const tls = section(spec, 'tls');
  const headers = section(spec, 'httpHeaders');
  if (headers !== null) noteUnknown(headers, knownInHeaders);
  const actions = headers === null ? null : section(headers, 'actions');
  if (actions !== null) noteUnknown(actions, knownInActions);
  return {
    kind: 'Route', metadata,
    host: text(spec, 'host'),
    subdomain: text(spec, 'subdomain'),
    path: text(spec, 'path'),
    to: to === null ? { kind: 'Service', name: '', weight: null } : decodeTarget(to),
    alternateBackends: sections(spec, 'alternateBackends', decodeTarget),
    targetPort: port === null ? null : textOrInteger(port, 'targetPort'),
    tls: tls === null ? null : decodeTls(tls),
    wildcardPolicy: text(spec, 'wildcardPolicy') || 'None',
    requestHeaders: actions === null ? none : sections(actions, 'request', decodeHeader),
    responseHeaders: actions === null ? none : sections(actions, 'response', decodeHeader),
    problems: problemsFound(object),
  };
}
