import { decodeEndpointSlice } from './endpoint-slice.ts';
import type { EndpointSlice } from './endpoint-slice.ts';
import type { Section } from './fields.ts';
import type { Metadata } from './metadata.ts';
import { decodeNamespace } from './namespace.ts';
import type { Namespace } from './namespace.ts';
import { decodeRoute } from './route.ts';
import type { Route } from './route.ts';
import { decodeSecret } from './secret.ts';
import type { Secret } from './secret.ts';
import { decodeService } from './service.ts';
import type { Service } from './service.ts';

/** Every kind Fairway reads. */
export type Resource = Namespace | Route | Service | EndpointSlice | Secret;
export type Kind = Resource['kind'];

/** How one kind is told and decoded. */
export interface KindEntry {
  /** Accepted spellings, the one to write first. */
  readonly apiVersions: readonly [string, ...string[]];
  readonly clusterScoped: boolean;
  readonly decode: (object: Section, metadata: Metadata) => Resource;
}

/** The list of kinds. */
export const kinds = {
  Namespace: { apiVersions: ['v1'], clusterScoped: true, decode: decodeNamespace },
  // `v1` is what OpenShift wrote before routes had an API group of their own; the fields are the same.
  Route: { apiVersions: ['route.openshift.io/v1', 'v1'], clusterScoped: false, decode: decodeRoute },
  Service: { apiVersions: ['v1'], clusterScoped: false, decode: decodeService },
  EndpointSlice: { apiVersions: ['discovery.k8s.io/v1'], clusterScoped: false, decode: decodeEndpointSlice },
  Secret: { apiVersions: ['v1'], clusterScoped: false, decode: decodeSecret },
} as const satisfies Readonly<Record<Kind, KindEntry>>;
