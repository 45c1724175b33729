import type { Resource } from './kinds.ts';
import type { Route } from './route.ts';

/** By UTF-16 code units: the same on every machine, whatever its locale. */
export const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** kind, namespace, name: the order in which objects are kept and shown. 0 only for the same object. */
export const compareResources = (a: Resource, b: Resource): number =>
  compareText(a.kind, b.kind) || compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name);

/** Oldest first, as the OpenShift router takes them: creationTimestamp, then uid as text, then namespace and name. */
export const compareAge = (a: Route, b: Route): number =>
  a.metadata.creationTimestamp - b.metadata.creationTimestamp ||
  compareText(a.metadata.uid, b.metadata.uid) ||
  compareText(a.metadata.namespace, b.metadata.namespace) ||
  compareText(a.metadata.name, b.metadata.name);
