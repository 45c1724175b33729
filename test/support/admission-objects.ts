import { createAdmission } from '../../src/admission/admit.ts';
import type { AdmissionOptions } from '../../src/admission/options.ts';
import type { Verdict } from '../../src/admission/verdict.ts';
import type { EndpointSlice } from '../../src/resources/endpoint-slice.ts';
import type { Resource } from '../../src/resources/kinds.ts';
import type { Metadata } from '../../src/resources/metadata.ts';
import type { Route, RouteTls } from '../../src/resources/route.ts';
import type { Service } from '../../src/resources/service.ts';
import { Store } from '../../src/store/store.ts';
import type { StoreView } from '../../src/store/store-view.ts';

export const options = (changes: Partial<AdmissionOptions> = {}): AdmissionOptions => ({
  allowWildcardRoutes: false, disableNamespaceOwnershipCheck: false, extendedValidation: true,
  allowedDomains: [], deniedDomains: [], hostnameTemplate: null, overrideHostname: false, overrideDomains: [],
  allowLocalAddresses: true, domain: '', lineOf: (origin) => origin.line, now: Date.parse('2026-06-01T00:00:00Z'),
  ...changes,
});

export const metadata = (namespace: string, name: string, changes: Partial<Metadata> = {}): Metadata => ({
  namespace, name, uid: `${namespace}-${name}`, creationTimestamp: 0, labels: {}, annotations: {}, origin: { file: 'test.yaml', line: 1 }, ...changes,
});

type RouteChanges = Partial<Omit<Route, 'kind' | 'metadata' | 'tls'>> & {
  readonly namespace?: string; readonly name?: string; readonly created?: number; readonly uid?: string;
  readonly annotations?: Readonly<Record<string, string>>; readonly tls?: Partial<RouteTls> | null;
};

/** A plain route of `shop/web` to `web`, on `www.example.com`. */
export const route = ({ namespace = 'shop', name = 'web', created = 0, uid, annotations = {}, tls = null, ...fields }: RouteChanges = {}): Route => ({
  kind: 'Route',
  metadata: metadata(namespace, name, { creationTimestamp: created, annotations, ...(uid === undefined ? {} : { uid }) }),
  host: 'www.example.com', subdomain: '', path: '', to: { kind: 'Service', name: 'web', weight: 100 }, alternateBackends: [], targetPort: null,
  wildcardPolicy: 'None', requestHeaders: [], responseHeaders: [], problems: [],
  tls: tls === null ? null : { termination: 'edge', certificate: '', key: '', caCertificate: '', destinationCACertificate: '', insecureEdgeTerminationPolicy: '', externalCertificate: '', ...tls },
  ...fields,
});

export const service = (namespace: string, name: string, changes: Partial<Service> = {}): Service => ({
  kind: 'Service', metadata: metadata(namespace, name), type: 'ClusterIP', clusterIP: '172.30.0.9',
  ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }], problems: [], ...changes,
});

export const slice = (namespace: string, serviceName: string, changes: Partial<EndpointSlice> = {}): EndpointSlice => ({
  kind: 'EndpointSlice', metadata: metadata(namespace, `${serviceName}-1`), serviceName, addressType: 'IPv4',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP', appProtocol: '' }],
  endpoints: [{ addresses: ['10.1.0.1'], ready: true, pod: 'p1', hostname: '' }], problems: [], ...changes,
});

/** A view of these objects, in whatever order they are given. */
export const viewOf = (resources: readonly Resource[]): StoreView => {
  const store = new Store();
  store.replace(resources);
  return store;
};

/** The verdict of one route, alone in the world but for its service and slice. */
export const verdictOn = (one: Route, changes: Partial<AdmissionOptions> = {}, others: readonly Resource[] = [service('shop', 'web'), slice('shop', 'web')]): Verdict => {
  const { verdicts } = createAdmission(options(changes))(viewOf([one, ...others]));
  return verdicts.find(({ resource }) => resource === one)!;
};

/** `code path` of every refusal, then of every warning with `~` in front. */
export const notesOf = ({ refusals, warnings }: Verdict): string[] => [
  ...refusals.map(({ code, path }) => (path === undefined ? code : `${code} ${path}`)), ...warnings.map(({ code, path }) => `~${code} ${path}`),
];
