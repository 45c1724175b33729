import { stringify } from 'yaml';
import type { MadeCertificate } from './certificates.ts';
import type { Member } from './member.ts';

/** A Kubernetes object as a person would write it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid?: string; creationTimestamp?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  [field: string]: unknown;
}

interface Named {
  readonly namespace?: string;
  readonly created?: string;
  readonly uid?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

function metadata(name: string, wish: Named): Manifest['metadata'] {
  return {
    name,
    namespace: wish.namespace ?? 'shop',
    ...(wish.created === undefined ? {} : { creationTimestamp: wish.created }),
    ...(wish.uid === undefined ? {} : { uid: wish.uid }),
    ...(wish.labels === undefined ? {} : { labels: wish.labels }),
    ...(wish.annotations === undefined ? {} : { annotations: wish.annotations }),
  };
}

export interface RouteWish extends Named {
  readonly host?: string;
  readonly path?: string;
  /** Service by name, or several with weights. Default: the route's own name. */
  readonly to?: string | readonly (readonly [service: string, weight: number])[];
  readonly targetPort?: string | number;
  readonly wildcardPolicy?: string;
  readonly tls?: 'edge' | 'reencrypt' | 'passthrough' | Readonly<Record<string, unknown>>;
  /** `tls.insecureEdgeTerminationPolicy`. */
  readonly insecure?: 'None' | 'Allow' | 'Redirect';
  readonly certificate?: MadeCertificate;
  readonly destinationCa?: MadeCertificate;
  readonly requestHeaders?: readonly unknown[];
  readonly responseHeaders?: readonly unknown[];
}

/** A Route. Host by default `<name>.test`, service by default the route's name. */
export function route(name: string, wish: RouteWish = {}): Manifest {
  const targets = typeof wish.to === 'string' || wish.to === undefined ? [[wish.to ?? name, null] as const] : wish.to;
  const [first, ...others] = targets.map(([service, weight]) => ({ kind: 'Service', name: service, ...(weight === null ? {} : { weight }) }));
  const tls =
    wish.tls === undefined
      ? undefined
      : {
          ...(typeof wish.tls === 'string' ? { termination: wish.tls } : wish.tls),
          ...(wish.insecure === undefined ? {} : { insecureEdgeTerminationPolicy: wish.insecure }),
          ...(wish.certificate === undefined ? {} : { certificate: wish.certificate.cert, key: wish.certificate.key }),
          ...(wish.destinationCa === undefined ? {} : { destinationCACertificate: wish.destinationCa.cert }),
        };
  const headers = wish.requestHeaders !== undefined || wish.responseHeaders !== undefined
    ? { actions: { request: wish.requestHeaders ?? [], response: wish.responseHeaders ?? [] } }
    : undefined;
  return {
    apiVersion: 'route.openshift.io/v1',
    kind: 'Route',
    metadata: metadata(name, wish),
    spec: {
      host: wish.host ?? `${name}.test`,
      ...(wish.path === undefined ? {} : { path: wish.path }),
      to: first,
      ...(others.length === 0 ? {} : { alternateBackends: others }),
      ...(wish.targetPort === undefined ? {} : { port: { targetPort: wish.targetPort } }),
      ...(tls === undefined ? {} : { tls }),
      ...(headers === undefined ? {} : { httpHeaders: headers }),
      wildcardPolicy: wish.wildcardPolicy ?? 'None',
    },
  };
}

export function service(name: string, wish: Named & { readonly clusterIP?: string; readonly ports?: readonly unknown[] } = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(name, wish),
    spec: { clusterIP: wish.clusterIP ?? '10.96.0.10', ports: wish.ports ?? [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }] },
  };
}

export interface SliceWish extends Named {
  readonly service?: string;
  readonly portName?: string;
  readonly appProtocol?: string;
  /** Members named here are in the slice with `ready: false`. */
  readonly notReady?: readonly Member[];
  readonly pods?: boolean;
}

/**
 * EndpointSlices that name `members`. A slice has one port for all its addresses, members have ports of their own: one
 * slice each, named `<name>-<n>`.
 */
export function slices(name: string, members: readonly Member[], wish: SliceWish = {}): Manifest[] {
  return members.map((member, place) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(`${name}-${place + 1}`, { ...wish, labels: { 'kubernetes.io/service-name': wish.service ?? name, ...wish.labels } }),
    addressType: member.address.includes(':') ? 'IPv6' : 'IPv4',
    ports: [{ name: wish.portName ?? 'http', port: member.port, protocol: 'TCP', ...(wish.appProtocol === undefined ? {} : { appProtocol: wish.appProtocol }) }],
    endpoints: [
      {
        addresses: [member.address],
        conditions: { ready: wish.notReady?.includes(member) !== true },
        ...(wish.pods === false ? {} : { targetRef: { kind: 'Pod', name: member.name, namespace: wish.namespace ?? 'shop' } }),
      },
    ],
  }));
}

/** A service and the slices of its members: what most tests need. */
export function serving(name: string, members: readonly Member[], wish: SliceWish = {}): Manifest[] {
  return [service(name, wish.namespace === undefined ? {} : { namespace: wish.namespace }), ...slices(name, members, wish)];
}

/** A Secret of type kubernetes.io/tls. */
export function secret(name: string, certificate: MadeCertificate, wish: Named = {}): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: metadata(name, wish),
    data: { 'tls.crt': Buffer.from(certificate.cert).toString('base64'), 'tls.key': Buffer.from(certificate.key).toString('base64') },
  };
}

/** The text of a manifest file with these objects in it. */
export function manifestText(objects: readonly Manifest[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}
