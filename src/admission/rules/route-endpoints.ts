import { addressFault } from '../../net/member-addresses.ts';
import type { EndpointPort, EndpointSlice } from '../../resources/endpoint-slice.ts';
import type { Route } from '../../resources/route.ts';
import type { Service } from '../../resources/service.ts';
import type { StoreView } from '../../store/store-view.ts';
import { quoted, warn } from '../note.ts';
import type { WarningNote } from '../note.ts';

type Endpoints = Pick<StoreView, 'service' | 'slicesOf'>;

/** Is there somebody behind each service of the route, on the port it names? Never a refusal: pods come and go. */
export const routeEndpoints = (route: Route, view: Endpoints, options: { readonly allowLocalAddresses: boolean }): readonly WarningNote[] => {
  const { namespace } = route.metadata;
  const seen = new Set<string>();
  return [route.to, ...route.alternateBackends].slice(0, 16).flatMap(({ name }, index) => {
    if (name === '' || seen.has(name)) return [];
    seen.add(name);
    const path = index === 0 ? 'spec.to.name' : `spec.alternateBackends[${index - 1}].name`;
    const note = judgeService(name, path, route.targetPort, view.service(namespace, name), view.slicesOf(namespace, name), options.allowLocalAddresses);
    return note === null ? [] : [note];
  });
};

const judgeService = (
  name: string, path: string, targetPort: string | number | null, service: Service | undefined, slices: readonly EndpointSlice[], allowLocal: boolean,
): WarningNote | null => {
  // The platform wakes an idled service when traffic reaches its own address: nobody there is as it should be.
  if (isIdled(service)) return null;
  const none = (what: string, hint?: string): WarningNote => warn('no-endpoints', path, `Service ${quoted(name)} ${what}.`, hint);
  if (slices.length === 0) {
    if (service === undefined) return none('does not exist in the namespace and has no EndpointSlice', 'Correct the name, or create the Service and its EndpointSlice.');
    if (service.type === 'ExternalName') return none('is an ExternalName, which has no endpoints', 'Name a Service with endpoints: a route does not follow DNS names.');
    return none('has no EndpointSlice', `Check the selector of the Service; a slice carries the label kubernetes.io/service-name: ${name}.`);
  }
  const serving = slices.filter((slice) => hasReady(slice, allowLocal));
  if (serving.length === 0) {
    return none(slices.some(({ endpoints }) => endpoints.length > 0) ? 'has endpoints, but none of them is ready and served' : 'has an EndpointSlice without endpoints');
  }
  const ports = serving.flatMap((slice) => slice.ports.filter(isServed));
  if (ports.length === 0) return none('has endpoints, but none of their ports is TCP with a number', 'Write the ports of the pods into the EndpointSlice.');
  const wanted = targetPort === null ? null : String(targetPort);
  if (wanted === null || ports.some((port) => port.name === wanted || String(port.port) === wanted)) return null;
  return warn('target-port-unmatched', 'spec.port.targetPort', `No endpoint of Service ${quoted(name)} has the port ${quoted(wanted)}; there is ${portList(ports)}.`, portHint(wanted, service, ports));
};

const isIdled = (service: Service | undefined): boolean =>
  (service?.metadata.annotations['idling.alpha.openshift.io/idled-at'] ?? '') !== '' && service?.clusterIP !== '' && service?.clusterIP !== 'None';

const hasReady = (slice: EndpointSlice, allowLocal: boolean): boolean =>
  (slice.addressType === 'IPv4' || slice.addressType === 'IPv6') &&
  slice.endpoints.some(({ ready, addresses }) => ready && addresses.some((address) => {
    const fault = addressFault(address);
    return fault === null || (fault === 'local' && allowLocal);
  }));

const isServed = ({ port, protocol }: EndpointPort): boolean => port !== null && port >= 1 && port <= 65535 && protocol !== 'UDP' && protocol !== 'SCTP';

const portList = (ports: readonly EndpointPort[]): string => {
  const texts = [...new Set(ports.map(({ name, port }) => (name === '' ? String(port) : `${String(port)} (${quoted(name)})`)))].sort();
  return texts.length > 8 ? `${texts.slice(0, 8).join(', ')} and ${texts.length - 8} more` : texts.join(', ');
};

/** The classic trap: the number is the Service's own port, which is mapped to another one on the pods. */
const portHint = (wanted: string, service: Service | undefined, ports: readonly EndpointPort[]): string | undefined => {
  const own = service?.ports.find(({ port }) => String(port) === wanted);
  if (own === undefined) return undefined;
  const behind = ports.find(({ name, port }) => name === own.name || String(port) === String(own.targetPort));
  const instead = own.name !== '' ? quoted(own.name) : behind === undefined ? null : String(behind.port);
  return `${wanted} is the Service's own port; a route names the port of the pods${instead === null ? '' : `: write ${instead}`}.`;
};
