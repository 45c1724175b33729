import ipaddr from 'ipaddr.js';
import { contains, isIpv6, isMasked, prefix } from '../../address.ts';
import type { Address, Prefix } from '../../address.ts';

/** What a rule may ask a packet for. The two engines' own names for it are in the parsers. */
export type Field =
  | 'family' | 'protocol' | 'source' | 'destination' | 'sourcePort' | 'destinationPort' | 'eitherPort'
  | 'inInterface' | 'outInterface' | 'inPort' | 'outPort' | 'bridgeIn' | 'bridgeOut'
  | 'sourceMac' | 'destinationMac' | 'tcpFlags' | 'icmpType' | 'icmpCode'
  | 'length' | 'ttl' | 'mark' | 'connectionMark' | 'connectionState' | 'connectionDirection'
  | 'originalSource' | 'originalDestination' | 'originalSourcePort' | 'originalDestinationPort'
  | 'sourceType' | 'destinationType' | 'packetType';

/** Values that fit. Addresses are numbers in IPv4 and big integers in IPv6, so that prefixes and ranges are one thing. */
export type ValueSet =
  | { readonly type: 'any' }
  | { readonly type: 'numbers'; readonly ranges: readonly (readonly [number, number])[] }
  | { readonly type: 'wide'; readonly ranges: readonly (readonly [bigint, bigint])[] }
  /** Prefixes with masked octets: only `contains` may judge them. */
  | { readonly type: 'masked-octets'; readonly prefixes: readonly Prefix[] }
  /** A trailing `*` stands for any rest (iptables writes `+`). Upper case for states. */
  | { readonly type: 'names'; readonly names: readonly string[] }
  | { readonly type: 'bits'; readonly mask: number; readonly value: number }
  /** At least one of the bits (`tcp flags syn`, `ct state` in the old spelling). */
  | { readonly type: 'any-bit'; readonly mask: number };

/** A field's value: an address with masked octets is `{ masked }`; a list where several hold at once (states, either port). */
export type FieldValue = number | bigint | string | readonly (number | string)[] | { readonly masked: Address };

/** `unknown` when masked octets stand in the way. */
export function isWithin(value: FieldValue, set: ValueSet): boolean | 'unknown' {
  if (set.type === 'any') return true;
  if (Array.isArray(value)) return (value as readonly (number | string)[]).some((one) => isWithin(one, set) === true);
  if (typeof value === 'object') return maskedWithin((value as { masked: Address }).masked, set);
  switch (set.type) {
    case 'numbers':
      if (typeof value !== 'number') return false;
      for (const [low, high] of set.ranges) if (value >= low && value <= high) return true;
      return false;
    case 'wide':
      if (typeof value !== 'bigint') return false;
      for (const [low, high] of set.ranges) if (value >= low && value <= high) return true;
      return false;
    case 'masked-octets':
      return typeof value === 'number' ? prefixesHold(set.prefixes, addressOfNumber(value)) : false;
    case 'names':
      return typeof value === 'string' && set.names.some((name) => (name.endsWith('*') ? value.startsWith(name.slice(0, -1)) : name === value));
    case 'bits':
      return typeof value === 'number' && (value & set.mask) >>> 0 === set.value;
    case 'any-bit':
      return typeof value === 'number' && (value & set.mask) !== 0;
  }
}

function maskedWithin(masked: Address, set: ValueSet): boolean | 'unknown' {
  switch (set.type) {
    case 'masked-octets':
      return prefixesHold(set.prefixes, masked);
    case 'numbers': {
      if (set.ranges.some(([low, high]) => low === 0 && high === 0xffffffff)) return true;
      const hosts = set.ranges.filter(([low, high]) => low === high).map(([low]) => ({ address: addressOfNumber(low), length: 32 }));
      return hosts.length === set.ranges.length ? prefixesHold(hosts, masked) : 'unknown';
    }
    case 'any':
      return true;
    case 'wide':
    case 'names':
    case 'bits':
    case 'any-bit':
      return false;
  }
}

function prefixesHold(prefixes: readonly Prefix[], token: Address): boolean | 'unknown' {
  let answer: boolean | 'unknown' = false;
  for (const one of prefixes) {
    const held = contains(one, token);
    if (held === true) return true;
    if (held === 'unknown') answer = 'unknown';
  }
  return answer;
}

/** The value an address has in a field. */
export function addressValue(token: Address): number | bigint | { readonly masked: Address } {
  if (isIpv6(token)) return bigOf(ipaddr.IPv6.parse(token).toByteArray());
  return isMasked(token) ? { masked: token } : numberOfAddress(token);
}

export function numberOfAddress(token: string): number {
  let value = 0;
  for (const octet of token.split('.')) value = value * 256 + Number(octet);
  return value;
}

export function addressOfNumber(value: number): Address {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

function bigOf(bytes: readonly number[]): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

export function addressOfWide(value: bigint): Address {
  const bytes: number[] = [];
  for (let rest = value, index = 0; index < 16; index++, rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return new ipaddr.IPv6(bytes).toString();
}

/** `10.0.0.0/8`, `10.0.0.1`, `10.0.0.1-10.0.0.9`, `fd00::/8`, dotted masks, masked octets. Null for anything else. */
export function addressSet(texts: readonly string[]): ValueSet | null {
  const numbers: [number, number][] = [];
  const wide: [bigint, bigint][] = [];
  const masked: Prefix[] = [];
  for (const text of texts) {
    const dash = text.indexOf('-');
    if (dash > 0) {
      const low = prefix(text.slice(0, dash));
      const high = prefix(text.slice(dash + 1));
      if (low === null || high === null) return null;
      const from = addressValue(low.address);
      const to = addressValue(high.address);
      if (typeof from === 'number' && typeof to === 'number') numbers.push([from, to]);
      else if (typeof from === 'bigint' && typeof to === 'bigint') wide.push([from, to]);
      else return null;
      continue;
    }
    const one = plainPrefix(text);
    if (one === null) return null;
    if (typeof one.address === 'object') masked.push({ address: one.address.masked, length: one.length });
    else if (typeof one.address === 'number') {
      const size = 2 ** (32 - one.length);
      const low = Math.floor(one.address / size) * size;
      numbers.push([low, low + size - 1]);
    } else {
      const bits = BigInt(128 - one.length);
      const low = (one.address >> bits) << bits;
      wide.push([low, low + (1n << bits) - 1n]);
    }
  }
  if (masked.length > 0) {
    if (wide.length > 0 || numbers.some(([low, high]) => low !== high)) return null;
    return { type: 'masked-octets', prefixes: [...masked, ...numbers.map(([low]) => ({ address: addressOfNumber(low), length: 32 }))] };
  }
  return wide.length > 0 ? { type: 'wide', ranges: wide } : { type: 'numbers', ranges: numbers };
}

/** The common spelling `1.2.3.4/32` without the detour over the general parser: a node of a large cluster has 50,000 of them. */
function plainPrefix(text: string): { address: ReturnType<typeof addressValue>; length: number } | null {
  const quick = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (quick) {
    const octets = [Number(quick[1]), Number(quick[2]), Number(quick[3]), Number(quick[4])] as const;
    const length = quick[5] === undefined ? 32 : Number(quick[5]);
    if (octets.some((octet) => octet > 255) || length > 32) return null;
    return { address: ((octets[0] * 256 + octets[1]) * 256 + octets[2]) * 256 + octets[3], length };
  }
  const parsed = prefix(text);
  return parsed === null ? null : { address: addressValue(parsed.address), length: parsed.length };
}

export function numbers(...values: readonly number[]): ValueSet {
  return { type: 'numbers', ranges: values.map((value) => [value, value] as const) };
}

export function names(...values: readonly string[]): ValueSet {
  return { type: 'names', names: values };
}
