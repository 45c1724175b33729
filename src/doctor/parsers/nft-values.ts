import { mac } from '../address.ts';
import { addressSet, names, numbers } from '../model/firewall/field.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import { tcpFlagBits } from '../model/firewall/packet.ts';
import { icmpKind, protocolNumber } from '../model/firewall/protocols.ts';
import { servicePort } from './service-ports.ts';
import type { ValueKind } from './nft-selectors.ts';

/** One value as nft prints it (`10.0.0.0/8`, `80-90`, `"eth*"`, `established`, `0x00000001`); null when it cannot be read. */
export function nftValue(text: string, kind: ValueKind): ValueSet | null {
  switch (kind) {
    case 'address':
      return addressSet([text]);
    case 'port':
      return range(text, (one) => numeric(one) ?? servicePort(one));
    case 'number':
      return range(text, numeric);
    case 'protocol': {
      const value = protocolNumber(text);
      return value === null ? range(text, numeric) : numbers(value);
    }
    case 'device':
      return names(text);
    case 'state':
      return names(text.toUpperCase());
    case 'status':
      return text === 'dnat' || text === 'snat' ? names(text.toUpperCase()) : null;
    case 'direction':
      return names(text);
    case 'icmp':
    case 'icmp6': {
      const found = icmpKind(text, kind === 'icmp' ? 4 : 6);
      return found === null || found.type === null || found.code !== null ? range(text, numeric) : numbers(found.type);
    }
    case 'mac': {
      const value = mac(text);
      return value === null ? null : names(value);
    }
    case 'flags': {
      const bits = flagBits(text);
      return bits === null ? null : numbers(bits);
    }
    case 'address-type':
      return names(text.toUpperCase());
    case 'packet-type':
      return names(text === 'unicast' ? 'host' : text);
    case 'family':
      return text === 'ipv4' ? numbers(4) : text === 'ipv6' ? numbers(6) : null;
    case 'ether-type':
      return text === 'ip' ? numbers(4) : text === 'ip6' ? numbers(6) : numbers(0);
  }
}

/** Numbers of packets and marks are decimal or hexadecimal. */
export function numeric(text: string): number | null {
  return /^(?:\d{1,10}|0x[0-9a-f]{1,8})$/i.test(text) ? Number(text) : null;
}

function range(text: string, value: (text: string) => number | null): ValueSet | null {
  const dash = text.indexOf('-', 1);
  const whole = value(text);
  if (whole !== null) return numbers(whole);
  if (dash < 0) return null;
  const low = value(text.slice(0, dash));
  const high = value(text.slice(dash + 1));
  return low === null || high === null ? null : { type: 'numbers', ranges: [[low, high]] };
}

export function flagBits(text: string): number | null {
  const number = numeric(text);
  if (number !== null) return number;
  const bit = text === 'cwr' ? 128 : text === 'ecn' || text === 'ece' ? 64 : tcpFlagBits[text.toUpperCase() as keyof typeof tcpFlagBits] as number | undefined;
  return bit ?? null;
}

/** Several values of one field as one set; null when they are of kinds that do not go together. */
export function union(sets: readonly ValueSet[]): ValueSet | null {
  const [first] = sets;
  if (first === undefined) return { type: 'numbers', ranges: [] };
  if (sets.length === 1) return first;
  if (sets.some((set) => set.type === 'any')) return { type: 'any' };
  if (sets.every((set) => set.type === 'numbers')) return { type: 'numbers', ranges: sets.flatMap((set) => set.ranges) };
  if (sets.every((set) => set.type === 'wide')) return { type: 'wide', ranges: sets.flatMap((set) => set.ranges) };
  if (sets.every((set) => set.type === 'names')) return { type: 'names', names: sets.flatMap((set) => set.names) };
  return null;
}
