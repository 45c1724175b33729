import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Why an address of an endpoint must not be connected to. */
export type AddressFault = 'not-ip' | 'local';

/** Azure's platform address and the IPv6 metadata service of AWS: reachable from a node, never a pod. */
const metadataServices = new Set(['168.63.129.16', 'fd00:ec2::254']);
const localRanges = new Set(['unspecified', 'loopback', 'linkLocal', 'multicast', 'broadcast']);

/**
 * Judges an endpoint's address before anything connects to it: an author of manifests must not reach what only this host
 * can reach. Texts that are no plain address (names, zones such as `fe80::1%eth0`, `010.0.0.1`) are `not-ip`; loopback,
 * link-local, multicast, unspecified and cloud metadata addresses are `local`, also wrapped in IPv6 (`::ffff:127.0.0.1`, `::127.0.0.1`).
 */
export const addressFault = (text: string): AddressFault | null => {
  if (isIPv4(text)) return isLocalIPv4(text) ? 'local' : null;
  if (!isIPv6(text) || text.includes('%')) return 'not-ip';
  const address = ipaddr.IPv6.parse(text);
  return isLocal(address) || isLocal(wrappedIn(address)) ? 'local' : null;
};

/** The same ranges as below, told from the text: nearly every address is one of these, and each is asked about several times. */
const isLocalIPv4 = (text: string): boolean => {
  const first = Number(text.slice(0, text.indexOf('.')));
  return first === 0 || first === 127 || (first >= 224 && first <= 239) || text.startsWith('169.254.') || text === '255.255.255.255' || metadataServices.has(text);
};

const isLocal = (address: ipaddr.IPv4 | ipaddr.IPv6 | null): boolean =>
  address !== null && (localRanges.has(address.range()) || metadataServices.has(address.toString()));

/** The IPv4 address inside `::ffff:a.b.c.d` or `::a.b.c.d`, else null. `::` and `::1` are judged as IPv6. */
const wrappedIn = (address: ipaddr.IPv6): ipaddr.IPv4 | null => {
  const { parts } = address;
  const wraps = parts.slice(0, 5).every((part) => part === 0) && (parts[5] === 0xffff || (parts[5] === 0 && parts[6] !== 0));
  if (!wraps) return null;
  const [high, low] = [parts[6] ?? 0, parts[7] ?? 0];
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
};
