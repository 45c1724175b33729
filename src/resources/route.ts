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
