import { hash } from 'node:crypto';
import type { Claim, ClaimService } from '../admission/claim.ts';
import { compareAddresses } from '../net/addresses.ts';
import { addressFault } from '../net/member-addresses.ts';
import type { EndpointPort, EndpointSlice } from '../resources/endpoint-slice.ts';
import type { Service } from '../resources/service.ts';
import type { StoreView } from '../store/store-view.ts';
import type { Member } from './routing-table.ts';
import { memberWeights } from './weights.ts';

const idledAt = 'idling.alpha.openshift.io/idled-at';

interface Found {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly service: string;
  readonly pod: string;
  readonly h2c: boolean;
  readonly idled: boolean;
}

const portMatches = (wanted: string | null, port: number, name: string): boolean =>
  wanted === null || wanted === String(port) || wanted === name;

const isH2c = (port: EndpointPort): boolean => port.appProtocol === 'h2c' || port.appProtocol === 'kubernetes.io/h2c';

const byPort = (a: EndpointPort, b: EndpointPort): number =>
  (a.port ?? 0) - (b.port ?? 0) || compareText(a.protocol, b.protocol) || compareText(a.name, b.name);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

/**
 * Ready addresses of a slice, ports outer, addresses inner, both ascending. Only TCP ports and texts that are IP addresses serve:
 * what is written here ends in HAProxy's configuration, so an address is checked once more at the door. Admission has told its owner.
 */
const fromSlice = (slice: EndpointSlice, wanted: string | null, allowLocal: boolean): readonly Found[] => {
  if ((slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6') || slice.problems.length > 0) return [];
  const targets = slice.endpoints
    .filter((endpoint) => endpoint.ready)
    .flatMap((endpoint) => endpoint.addresses.map((address) => ({ address, endpoint })))
    .filter(({ address }) => isServable(address, allowLocal))
    .sort((a, b) => compareAddresses(a.address, b.address) || compareText(a.endpoint.hostname, b.endpoint.hostname));
  return [...slice.ports].sort(byPort).flatMap((port) => {
    const number = port.port;
    if (number === null || !isPort(number) || (port.protocol !== 'TCP' && port.protocol !== '') || !portMatches(wanted, number, port.name)) return [];
    return targets.map(({ address, endpoint }): Found => {
      const head = endpoint.pod === '' ? 'ept' : `pod:${endpoint.pod}`;
      const label = `${head}:${slice.serviceName}:${port.name}:${address}:${String(number)}`;
      return { label, address, port: number, service: slice.serviceName, pod: endpoint.pod, h2c: isH2c(port), idled: false };
    });
  });
};

/** An idled Service stands in for its pods with its own address: traffic there makes the platform wake them. */
const fromIdled = (service: Service | undefined, wanted: string | null, allowLocal: boolean): readonly Found[] => {
  if (service === undefined || (service.metadata.annotations[idledAt] ?? '') === '') return [];
  if (!isServable(service.clusterIP, allowLocal) || service.problems.length > 0) return [];
  const name = service.metadata.name;
  return service.ports
    .filter((port) => (port.protocol === 'TCP' || port.protocol === '') && isPort(port.port) && portMatches(wanted, port.port, port.name))
    .map((port) => ({
      label: `ept:${name}:${port.name}:${service.clusterIP}:${String(port.port)}`,
      address: service.clusterIP, port: port.port, service: name, pod: '', h2c: false, idled: true,
    }));
};

/** What decides about members besides the objects. */
export interface MemberWishes {
  /** Re-encrypt with the default CA: the certificate must carry the service's name. */
  readonly verifyServiceName: boolean;
  /** Loopback, link-local and cloud metadata addresses serve too. */
  readonly allowLocalAddresses: boolean;
}

const isServable = (address: string, allowLocal: boolean): boolean => {
  const fault = addressFault(address);
  return fault === null || (fault === 'local' && allowLocal);
};

/** Each member once, also while its endpoint moves from one slice to another and stands in both: shares and checks count members. */
const ofService = (claim: Claim, service: ClaimService, view: StoreView, allowLocal: boolean): readonly Found[] => {
  const namespace = claim.route.metadata.namespace;
  const slices = view.slicesOf(namespace, service.name);
  const found = new Map<string, Found>();
  for (const slice of slices) for (const one of fromSlice(slice, claim.targetPort, allowLocal)) if (!found.has(one.label)) found.set(one.label, one);
  if (found.size > 0) return [...found.values()];
  // Somebody ready on another port means that the service is awake: its own address would not lead to the port either.
  const awake = claim.targetPort !== null && slices.some((slice) => fromSlice(slice, null, allowLocal).length > 0);
  return awake ? [] : fromIdled(view.service(namespace, service.name), claim.targetPort, allowLocal);
};

/** A name repeated in `alternateBackends` counts once, with its last weight; services in ascending order. */
const distinct = (services: readonly ClaimService[]): readonly ClaimService[] =>
  [...new Map(services.map((service) => [service.name, service])).values()].sort((a, b) => compareText(a.name, b.name));

const digests = new Map<string, string>();

/** md5 as in the OpenShift router: an identity, not a secret. Remembered, since labels recur at every build. */
export const md5 = (text: string): string => {
  const known = digests.get(text);
  if (known !== undefined) return known;
  if (digests.size > 200_000) digests.clear();
  const digest = hash('md5', text, 'hex');
  digests.set(text, digest);
  return digest;
};

/**
 * Members of a claim's services with their weights, in a stable order. Members of weight 0 stay in HTTP pools (existing
 * sessions keep working) and leave TCP pools.
 */
export const membersOf = (claim: Claim, view: StoreView, wishes: MemberWishes): readonly Member[] => {
  const groups = distinct(claim.services).map((service) => ({ service, found: ofService(claim, service, view, wishes.allowLocalAddresses) }));
  const weights = memberWeights(groups.map(({ service, found }) => ({ weight: service.weight, members: found.length })));
  const namespace = claim.route.metadata.namespace;
  const tcp = claim.termination === 'passthrough';
  const members = new Map<string, Member>();
  const takers = groups.reduce((sum, { service, found }) => sum + (service.weight > 0 ? found.length : 0), 0);
  groups.forEach(({ service, found }, index) => {
    const weight = weights[index] ?? 0;
    if (tcp && weight === 0) return;
    for (const one of found) {
      const id = md5(one.label);
      members.set(id, {
        id, label: one.label, address: one.address, port: one.port, weight, service: one.service, pod: one.pod,
        protocol: one.h2c && (claim.termination === 'none' || claim.termination === 'edge') ? 'h2c' : 'http',
        verifyHost: wishes.verifyServiceName ? `${service.name}.${namespace}.svc` : null,
        checked: takers > 1 && !one.idled,
      });
    }
  });
  return [...members.values()];
};
