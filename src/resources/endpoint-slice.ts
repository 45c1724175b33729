import { flag, noteUnknown, portNumber, problemsFound, section, sections, text, texts } from './fields.ts';
import type { Section } from './fields.ts';
import type { FieldProblem, Metadata } from './metadata.ts';

/** One `ports[]` entry of an EndpointSlice (discovery.k8s.io/v1). */
export interface EndpointPort {
  readonly name: string;
  /** null: the slice names no number ("all ports"); such a port serves nobody here. */
  readonly port: number | null;
  readonly protocol: string;
  readonly appProtocol: string;
}

/** One `endpoints[]` entry of an EndpointSlice. */
export interface Endpoint {
  readonly addresses: readonly string[];
  /** `conditions.ready`; a missing value counts as ready (EndpointConditions in discovery/v1). */
  readonly ready: boolean;
  /** Name of the Pod in `targetRef`, or empty. */
  readonly pod: string;
  readonly hostname: string;
}

/** An EndpointSlice (discovery.k8s.io/v1). */
export interface EndpointSlice {
  readonly kind: 'EndpointSlice';
  readonly metadata: Metadata;
  /** Value of the label `kubernetes.io/service-name`, or empty. */
  readonly serviceName: string;
  readonly addressType: string;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
  readonly problems: readonly FieldProblem[];
}

/** The label by which a slice names its Service (well-known label of discovery.k8s.io). */
const serviceLabel = 'kubernetes.io/service-name';

const known = new Set(['apiVersion', 'kind', 'metadata', 'addressType', 'endpoints', 'ports']);
const knownInPort = new Set(['name', 'protocol', 'port', 'appProtocol']);
const knownInEndpoint = new Set(['addresses', 'conditions', 'deprecatedTopology', 'hints', 'hostname', 'nodeName', 'targetRef', 'zone']);
const knownInConditions = new Set(['ready', 'serving', 'terminating']);

const decodePort = (entry: Section): EndpointPort => {
  noteUnknown(entry, knownInPort);
  return {
    name: text(entry, 'name'), port: portNumber(entry, 'port'), protocol: text(entry, 'protocol') || 'TCP', appProtocol: text(entry, 'appProtocol'),
  };
};

const decodeEndpoint = (entry: Section): Endpoint => {
  noteUnknown(entry, knownInEndpoint);
  const conditions = section(entry, 'conditions');
  if (conditions !== null) noteUnknown(conditions, knownInConditions);
  const target = section(entry, 'targetRef');
  return {
    addresses: texts(entry, 'addresses'),
    ready: (conditions === null ? null : flag(conditions, 'ready')) ?? true,
    pod: target !== null && text(target, 'kind') === 'Pod' ? text(target, 'name') : '',
    hostname: text(entry, 'hostname'),
  };
};

/** Addresses are not judged here: whether one may be served depends on where the slice came from. */
export function decodeEndpointSlice(object: Section, metadata: Metadata): EndpointSlice {
  noteUnknown(object, known);
  return {
    kind: 'EndpointSlice', metadata,
    serviceName: metadata.labels[serviceLabel] ?? '',
    addressType: text(object, 'addressType'),
    ports: sections(object, 'ports', decodePort),
    endpoints: sections(object, 'endpoints', decodeEndpoint),
    problems: problemsFound(object),
  };
}
