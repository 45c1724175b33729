import { addressFault, type AddressFault } from '../../net/member-addresses.ts';
import type { EndpointSlice } from '../../resources/endpoint-slice.ts';
import { quoted, refuse, warn } from '../note.ts';
import type { Note } from '../note.ts';

/** More of a kind than this are told as a number: a slice has up to 1000 endpoints. */
const told = 10;

/** Whom does the slice serve? Addresses that are none, and local ones where those are not allowed, serve nobody. */
export const sliceAddresses = (slice: EndpointSlice, options: { readonly allowLocalAddresses: boolean }): readonly Note[] => {
  const notes: Note[] = [];
  if (slice.serviceName === '') notes.push(warn('slice-without-service', 'metadata.labels', 'The slice names no Service, so it serves nobody.'));
  if (slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6') {
    const what = slice.addressType === '' ? 'The slice has no addressType' : `Slices of type ${quoted(slice.addressType)} are not served`;
    return [...notes, warn('address-type-unserved', 'addressType', `${what}, so its endpoints serve nobody.`)];
  }
  slice.ports.slice(0, 100).forEach(({ port, protocol, name }, index) => {
    const at = (): string => `ports[${index}]`;
    if (port === null) notes.push(warn('port-unserved', at(), `The port ${quoted(name)} has no number, so it serves nobody.`));
    else if (port < 1 || port > 65535) notes.push(warn('port-unserved', `${at()}.port`, `${port} is no port number, so it serves nobody.`));
    else if (protocol === 'UDP' || protocol === 'SCTP') notes.push(warn('port-unserved', `${at()}.protocol`, `Port ${port} is ${protocol}, so it serves nobody.`));
  });
  let addresses = 0;
  const found: { readonly address: string; readonly path: string; readonly fault: AddressFault }[] = [];
  slice.endpoints.forEach((endpoint, place) => {
    endpoint.addresses.forEach((address, index) => {
      const fault = addressFault(address);
      if (fault !== null) found.push({ address, path: `endpoints[${place}].addresses[${index}]`, fault });
    });
    addresses += endpoint.addresses.length;
  });
  if (found.length === 0) return notes;
  const wrong = found.filter(({ fault }) => fault === 'not-ip');
  const local = options.allowLocalAddresses ? [] : found.filter(({ fault }) => fault === 'local');
  notes.push(...wrong.slice(0, told).map(({ address, path }) => warn('address-not-ip', path, `${quoted(address)} is no IP address, so it serves nobody.`)));
  if (wrong.length > told) notes.push(warn('address-not-ip', 'endpoints', `${wrong.length - told} more addresses are no IP addresses.`));
  notes.push(...local.slice(0, told).map(({ address, path }) => warn('address-local', path, `${quoted(address)} is a local or cloud metadata address, so it is not served.`)));
  if (local.length > told) notes.push(warn('address-local', 'endpoints', `${local.length - told} more addresses are local.`));
  if (local.length > 0 && local.length + wrong.length === addresses) notes.push(refuse('local-address', 'endpoints', 'No address of the slice may be served.'));
  return notes;
};
