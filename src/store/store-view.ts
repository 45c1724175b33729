import type { EndpointSlice } from '../resources/endpoint-slice.ts';
import type { Resource } from '../resources/kinds.ts';
import type { Route } from '../resources/route.ts';
import type { Secret } from '../resources/secret.ts';
import type { Service } from '../resources/service.ts';

/**
 * What later stages may ask of the store. Objects and lists keep their identity (`===`) from one view to the next while
 * they are unchanged: every later stage remembers its answers by identity, which is what makes building the whole cheap.
 */
export interface StoreView {
  /** Every object, in the order kind, namespace, name. */
  readonly resources: readonly Resource[];
  /** Oldest first: creationTimestamp, then uid, then namespace/name. */
  readonly routes: readonly Route[];
  service(namespace: string, name: string): Service | undefined;
  /** Slices labelled with that service, by name; the same array while none of them changed. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
  secret(namespace: string, name: string): Secret | undefined;
}
