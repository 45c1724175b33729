import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

const bytesOf = (address: string): readonly number[] => {
  if (isIPv4(address)) return address.split('.').map(Number);
  if (isIPv6(address)) return ipaddr.parse(address).toByteArray();
  return [];
};

/** Ascending by number, IPv4 before IPv6; texts that are no addresses come first, by text. */
export const compareAddresses = (a: string, b: string): number => {
  if (a === b) return 0;
  const left = bytesOf(a);
  const right = bytesOf(b);
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length === 0 ? (a < b ? -1 : a > b ? 1 : 0) : 0;
};
