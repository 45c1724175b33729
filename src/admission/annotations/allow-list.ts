import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

export interface AllowList {
  /** CIDRs in canonical text, in the order written, each once. Empty: nobody is let in. */
  readonly cidrs: readonly string[];
  readonly unreadable: readonly string[];
}

/**
 * Reads a list of addresses and CIDRs separated by whitespace. What can be read counts; what cannot is reported.
 * A list of which nothing can be read is empty and lets nobody in: a typing error must not open a route to the world.
 */
export const readAllowList = (text: string): AllowList => {
  const cidrs = new Set<string>();
  const unreadable: string[] = [];
  for (const entry of text.split(/\s+/).filter((part) => part !== '')) {
    const cidr = readCidr(entry);
    if (cidr === null) unreadable.push(entry);
    else cidrs.add(cidr);
  }
  return { cidrs: [...cidrs], unreadable };
};

/** `10.1.2.3/8` -> `10.0.0.0/8`, `10.1.2.3` -> `10.1.2.3/32`, `::ffff:10.1.2.3` -> `10.1.2.3/32`; null for anything else. */
const readCidr = (entry: string): string | null => {
  const [address = '', prefix, ...rest] = entry.split('/');
  if (rest.length > 0 || (prefix !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(prefix))) return null;
  // node:net is the strict reader: ipaddr.js also takes `010.0.0.1` (octal) and `10.1`, and zones carry free text.
  if (isIPv4(address)) return network(ipaddr.IPv4.parse(address), 32, prefix);
  if (!isIPv6(address) || address.includes('%')) return null;
  const parsed = ipaddr.IPv6.parse(address);
  // HAProxy sees an IPv4 client as IPv4 whatever the list calls it.
  const bits = Number(prefix ?? 128);
  if (parsed.isIPv4MappedAddress() && bits >= 96) return network(parsed.toIPv4Address(), 32, String(bits - 96));
  return network(parsed, 128, prefix);
};

const network = (address: ipaddr.IPv4 | ipaddr.IPv6, width: 32 | 128, prefix: string | undefined): string | null => {
  const bits = prefix === undefined ? width : Number(prefix);
  if (bits > width) return null;
  const bytes = address.toByteArray().map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    return byte & (0xff << (8 - kept)) & 0xff;
  });
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`;
};
