import { isWithin } from './field.ts';
import type { Field, ValueSet } from './field.ts';
import { readField } from './passing.ts';
import type { Passing } from './passing.ts';
import type { Surroundings } from './surroundings.ts';

/** Why a condition could be answered neither with yes nor with no. */
export interface Doubt {
  /** `sometimes`: the rule itself leaves it to chance, rates or earlier packets. `unknown`: the evidence does not say. */
  readonly sort: 'sometimes' | 'unknown';
  readonly what: string;
  /** What to run on the host to settle it; null where nothing would. */
  readonly command: string | null;
  /** Doubts about one fact have one key: decided once, it stays decided on that branch. Null: asked afresh each time. */
  readonly key: string | null;
}

/** Null where the packet has no such field: then a rule fits neither plain nor negated. */
export function fieldHolds(field: Field, within: ValueSet, passing: Passing, surroundings: Surroundings): boolean | Doubt | null {
  const value = readField(field, passing, surroundings);
  if (value === null) return null;
  if (value === undefined) {
    return { sort: 'unknown', what: fieldNames[field], command: commandFor[field] ?? null, key: `${field} ${JSON.stringify(within, printable)}` };
  }
  const held = isWithin(value, within);
  return held === 'unknown' ? { sort: 'unknown', what: 'octets are masked in the evidence', command: null, key: `${field} ${JSON.stringify(within, printable)}` } : held;
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString(16) : value;
}

const fieldNames: Readonly<Record<Field, string>> = {
  family: 'the address family',
  protocol: 'the protocol',
  source: 'the source address',
  destination: 'the destination address',
  sourcePort: 'the source port',
  destinationPort: 'the destination port',
  eitherPort: 'the ports',
  inInterface: 'the device the packet came in by',
  outInterface: 'the device the packet leaves by',
  inPort: 'the bridge port the packet came in by',
  outPort: 'the bridge port the packet leaves by',
  bridgeIn: 'the bridge the packet came in by',
  bridgeOut: 'the bridge the packet leaves by',
  sourceMac: 'the source MAC',
  destinationMac: 'the destination MAC',
  tcpFlags: 'the TCP flags',
  icmpType: 'the ICMP type',
  icmpCode: 'the ICMP code',
  length: 'the length of the packet',
  ttl: 'the TTL',
  mark: 'the mark',
  connectionMark: 'the mark of the connection',
  connectionState: 'the state of the connection',
  connectionDirection: 'the direction within the connection',
  originalSource: 'the original source',
  originalDestination: 'the original destination',
  originalSourcePort: 'the original source port',
  originalDestinationPort: 'the original destination port',
  sourceType: 'whether the source is an address of this host',
  destinationType: 'whether the destination is an address of this host',
  packetType: 'whether the frame was sent to this host',
};

const commandFor: Partial<Readonly<Record<Field, string>>> = {
  sourceMac: 'ip neigh show',
  destinationMac: 'ip link show',
  inInterface: 'ip route show',
  outInterface: 'ip route show',
  inPort: 'bridge fdb show',
  outPort: 'bridge fdb show',
  sourceType: 'ip addr show',
  destinationType: 'ip addr show',
  mark: 'ip rule show',
  connectionMark: 'conntrack -L',
  connectionState: 'conntrack -L',
};
