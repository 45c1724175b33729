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
