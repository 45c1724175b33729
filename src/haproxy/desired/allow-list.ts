import ipaddr from 'ipaddr.js';
import { digestOf } from '../naming.ts';

/** Names a list by its content. */
export const allowListId = (cidrs: readonly string[]): string => digestOf([...cidrs].sort().join(' '));

/**
 * A list as keys for a longest-prefix search: `<id>:<digits of a whole address>:<leading digits of the network>`, digits in
 * upper-case hexadecimal as HAProxy's `hex` converter writes them. A network that does not end on a digit becomes up to eight
 * keys. No key at all matches nobody: an empty list denies everyone.
 */
export const allowEntries = (cidrs: readonly string[]): readonly (readonly ['allow', string, string])[] => {
  const id = allowListId(cidrs);
  const keys = new Set(cidrs.flatMap((cidr) => prefixes(cidr).map((prefix) => `${id}:${prefix}`)));
  return [...keys].sort().map((key) => ['allow', key, '1'] as const);
};

/** `10.0.0.0/8` -> `8:0A`. */
const prefixes = (cidr: string): readonly string[] => {
  const [address, length] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const digits = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
  const whole = Math.floor(length / 4);
  const rest = length % 4;
  const head = `${String(bytes.length * 2)}:${digits.slice(0, whole)}`;
  if (rest === 0) return [head];
  const first = Number.parseInt(digits[whole] ?? '0', 16) & (0xf << (4 - rest));
  return Array.from({ length: 1 << (4 - rest) }, (_, offset) => `${head}${(first + offset).toString(16).toUpperCase()}`);
};
