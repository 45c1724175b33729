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
