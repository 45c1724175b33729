import { numbers } from '../model/firewall/field.ts';
import type { Field, ValueSet } from '../model/firewall/field.ts';
import type { Condition } from '../model/firewall/rule.ts';
import type { NftCursor } from './nft-words.ts';

/** How values of a field are written. */
export type ValueKind = 'address' | 'port' | 'device' | 'number' | 'protocol' | 'state' | 'status' | 'icmp' | 'icmp6' | 'mac' | 'flags' | 'address-type' | 'packet-type' | 'family' | 'ether-type' | 'direction';

/** What stands left of a comparison: one field (or none that the model has), with the conditions that its use implies. */
export type Selector =
  | { readonly sort: 'field'; readonly field: Field; readonly values: ValueKind; readonly implies: readonly Condition[] }
  /** Drawn by lot: every value happens now and then. */
  | { readonly sort: 'chance'; readonly text: string }
  | { readonly sort: 'opaque'; readonly text: string; readonly command: string | null };

const is = (field: Field, within: ValueSet): Condition => ({ kind: 'field', field, within, not: false });
const family = (value: 4 | 6): Condition => is('family', numbers(value));
const protocol = (...values: readonly number[]): Condition => is('protocol', numbers(...values));

const one = (field: Field, values: ValueKind, ...implies: readonly Condition[]): Selector => ({ sort: 'field', field, values, implies });
const opaque = (text: string, command: string | null = null): Selector => ({ sort: 'opaque', text, command });

const meta: Readonly<Record<string, Selector>> = {
  iif: one('inInterface', 'device'), iifname: one('inInterface', 'device'), oif: one('outInterface', 'device'), oifname: one('outInterface', 'device'),
  mark: one('mark', 'number'), l4proto: one('protocol', 'protocol'), nfproto: one('family', 'family'), protocol: one('family', 'ether-type'),
  length: one('length', 'number'), pkttype: one('packetType', 'packet-type'), ibrname: one('bridgeIn', 'device'), obrname: one('bridgeOut', 'device'),
};

const transports: Readonly<Record<string, readonly number[]>> = { tcp: [6], udp: [17], udplite: [136], sctp: [132], dccp: [33], th: [] };

/** Words that begin a selector without `meta` in front. */
const bareMeta = new Set(['iif', 'iifname', 'oif', 'oifname', 'pkttype', 'mark', 'l4proto', 'nfproto', 'ibrname', 'obrname']);

/** Reads a selector; null (and nothing taken) when the next word begins none. */
export function readSelector(cursor: NftCursor): Selector | null {
  const head = cursor.peek();
  if (bareMeta.has(head)) {
    cursor.next();
    return meta[head] ?? null;
  }
  // `@ll,48,64`: bytes of a header that nft has no name for.
  if (/^@(?:ll|nh|th|ih)$/.test(head) && cursor.peek(1) === ',') return opaque(Array.from({ length: 5 }, () => cursor.next()).join(''));
  const read = selectors[head];
  if (read === undefined) return null;
  cursor.next();
  return read(cursor);
}

const selectors: Readonly<Record<string, (cursor: NftCursor) => Selector>> = {
  meta: (cursor) => {
    const key = cursor.next();
    return meta[key] ?? (key === 'random' ? { sort: 'chance', text: 'meta random' } : opaque(`meta ${key}`, key.startsWith('sk') ? 'ss -tnpe' : null));
  },
  ip: (cursor) => {
    const key = cursor.next();
    switch (key) {
      case 'saddr': return one('source', 'address', family(4));
      case 'daddr': return one('destination', 'address', family(4));
      case 'protocol': return one('protocol', 'protocol', family(4));
      case 'length': return one('length', 'number', family(4));
      case 'ttl': return one('ttl', 'number', family(4));
      default: return opaque(`ip ${key}`);
    }
  },
  ip6: (cursor) => {
    const key = cursor.next();
    switch (key) {
      case 'saddr': return one('source', 'address', family(6));
      case 'daddr': return one('destination', 'address', family(6));
      case 'nexthdr': return one('protocol', 'protocol', family(6));
      case 'hoplimit': return one('ttl', 'number', family(6));
      default: return opaque(`ip6 ${key}`);
    }
  },
  icmp: (cursor) => {
    const key = cursor.next();
    if (key === 'type') return one('icmpType', 'icmp', protocol(1));
    return key === 'code' ? one('icmpCode', 'number', protocol(1)) : opaque(`icmp ${key}`);
  },
  icmpv6: (cursor) => {
    const key = cursor.next();
    if (key === 'type') return one('icmpType', 'icmp6', protocol(58));
    return key === 'code' ? one('icmpCode', 'number', protocol(58)) : opaque(`icmpv6 ${key}`);
  },
  ether: (cursor) => {
    const key = cursor.next();
    switch (key) {
      case 'saddr': return one('sourceMac', 'mac');
      case 'daddr': return one('destinationMac', 'mac');
      case 'type': return one('family', 'ether-type');
      default: return opaque(`ether ${key}`);
    }
  },
  ct: connection,
  fib: (cursor) => {
    const keys: string[] = [];
    while (!cursor.ended() && !['type', 'oif', 'oifname', 'check'].includes(cursor.peek())) keys.push(cursor.next());
    const result = cursor.next();
    if (result === 'type' && keys.length === 1) return one(keys[0] === 'saddr' ? 'sourceType' : 'destinationType', 'address-type');
    return opaque(`fib ${keys.join(' ')} ${result}`, 'ip route get');
  },
  numgen: (cursor) => ({ sort: 'chance', text: `numgen ${cursor.next()} ${cursor.next()} ${cursor.next()}` }),
  jhash: (cursor) => hashed(cursor, 'jhash'),
  symhash: (cursor) => hashed(cursor, 'symhash'),
  rt: (cursor) => opaque(`rt ${cursor.next()}`, 'ip route get'),
  socket: (cursor) => opaque(`socket ${cursor.next()}`, 'ss -tlnp'),
  ipsec: (cursor) => opaque(`ipsec ${cursor.next()} ${cursor.next()}`, 'ip xfrm state'),
  osf: (cursor) => opaque(`osf ${cursor.next()}`),
  vlan: (cursor) => opaque(`vlan ${cursor.next()}`),
  arp: (cursor) => opaque(`arp ${cursor.next()}`),
  exthdr: (cursor) => opaque(`exthdr ${cursor.next()}`),
  rtclassid: () => opaque('rtclassid', 'ip route get'),
  skuid: () => opaque('skuid', 'ss -tnpe'),
  skgid: () => opaque('skgid', 'ss -tnpe'),
  cgroup: () => opaque('cgroup', 'ss -tnpe'),
  day: () => opaque('day'),
  hour: () => opaque('hour'),
  ...Object.fromEntries(Object.entries(transports).map(([name, protocols]) => [name, (cursor: NftCursor) => transport(name, protocols, cursor)])),
};

function transport(name: string, protocols: readonly number[], cursor: NftCursor): Selector {
  const key = cursor.next();
  const implies = protocols.length === 0 ? [] : [protocol(...protocols)];
  switch (key) {
    case 'sport': return one('sourcePort', 'port', ...implies);
    case 'dport': return one('destinationPort', 'port', ...implies);
    case 'flags': return one('tcpFlags', 'flags', ...implies);
    case 'option': return opaque(`${name} option ${cursor.next()} ${cursor.next()}`);
    default: return opaque(`${name} ${key}`);
  }
}

/** `jhash ip saddr . tcp sport mod 4 seed 0x1`: the same connection always draws the same lot, but which one depends on a hash. */
function hashed(cursor: NftCursor, name: string): Selector {
  while (!cursor.ended() && cursor.peek() !== 'mod') cursor.next();
  cursor.next();
  cursor.next();
  if (cursor.take('seed')) cursor.next();
  if (cursor.take('offset')) cursor.next();
  return { sort: 'chance', text: name };
}

function connection(cursor: NftCursor): Selector {
  const key = cursor.next();
  if (key === 'original' || key === 'reply') {
    const side = cursor.next();
    const item = side === 'ip' || side === 'ip6' ? cursor.next() : side;
    const fields: Readonly<Record<string, Selector>> = {
      saddr: one('originalSource', 'address'), daddr: one('originalDestination', 'address'),
      'proto-src': one('originalSourcePort', 'port'), 'proto-dst': one('originalDestinationPort', 'port'),
    };
    return (key === 'original' ? fields[item] : undefined) ?? opaque(`ct ${key} ${item}`, 'conntrack -L');
  }
  switch (key) {
    case 'state': return one('connectionState', 'state');
    case 'status': return one('connectionState', 'status');
    case 'mark': return one('connectionMark', 'number');
    case 'direction': return one('connectionDirection', 'direction');
    default: return opaque(`ct ${key}`, 'conntrack -L');
  }
}
