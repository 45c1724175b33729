import { noteUnknown, pathIn, portNumber, problemsFound, sectionOrEmpty, sections, text, textOrInteger } from './fields.ts';
import type { Section } from './fields.ts';
import type { FieldProblem, Metadata } from './metadata.ts';

/** One `spec.ports[]` entry of a Service (core/v1). */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly targetPort: string | number | null;
  readonly protocol: string;
}

/** A Service (core/v1). Routing reads its endpoints from EndpointSlices; the Service itself matters for idling. */
export interface Service {
  readonly kind: 'Service';
  readonly metadata: Metadata;
  readonly type: string;
  /** Empty or "None" for headless services. */
  readonly clusterIP: string;
  readonly ports: readonly ServicePort[];
  readonly problems: readonly FieldProblem[];
}

const known = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);
/** Every field of core/v1 ServiceSpec: those that are not read here are still no mistakes. */
const knownInSpec = new Set([
  'allocateLoadBalancerNodePorts', 'clusterIP', 'clusterIPs', 'externalIPs', 'externalName', 'externalTrafficPolicy', 'healthCheckNodePort',
  'internalTrafficPolicy', 'ipFamilies', 'ipFamilyPolicy', 'loadBalancerClass', 'loadBalancerIP', 'loadBalancerSourceRanges', 'ports',
  'publishNotReadyAddresses', 'selector', 'sessionAffinity', 'sessionAffinityConfig', 'trafficDistribution', 'type',
]);
const knownInPort = new Set(['name', 'protocol', 'appProtocol', 'port', 'targetPort', 'nodePort']);

const decodePort = (entry: Section): ServicePort | null => {
  noteUnknown(entry, knownInPort);
  const noticed = entry.notes.problems.length;
  const port = portNumber(entry, 'port');
  const name = text(entry, 'name');
  const targetPort = textOrInteger(entry, 'targetPort');
  const protocol = text(entry, 'protocol') || 'TCP';
  if (port !== null) return { name, targetPort, protocol, port };
  if (entry.notes.problems.length === noticed) {
    const path = pathIn(entry, 'port');
    entry.notes.problems.push({ path, message: `${path} is missing.`, hint: 'Write the port that the Service listens on, e.g. port: 80.' });
  }
  return null;
};

/** Ports without a number become problems and are left out. */
export function decodeService(object: Section, metadata: Metadata): Service {
  noteUnknown(object, known);
  const spec = sectionOrEmpty(object, 'spec');
  noteUnknown(spec, knownInSpec);
  return {
    kind: 'Service', metadata,
    type: text(spec, 'type') || 'ClusterIP',
    clusterIP: text(spec, 'clusterIP'),
    ports: sections(spec, 'ports', decodePort),
    problems: problemsFound(object),
  };
}
