import type { Address, Mac } from '../../address.ts';
import { addressValue } from './field.ts';
import type { Field, FieldValue } from './field.ts';
import type { CtState, Packet, Tuple } from './packet.ts';
import { addressType } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';

/** The packet while it passes: what translation, marks and routing have made of it so far. Copied where the walk forks. */
export interface Passing {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly tcpFlags: number | null | undefined;
  readonly icmpType: number | null | undefined;
  readonly icmpCode: number | null | undefined;
  readonly length: number | undefined;
  ttl: number | undefined;
  /** Undefined after a translation to an address that nobody can know. */
  source: Address | undefined;
  destination: Address | undefined;
  sourcePort: number | null | undefined;
  destinationPort: number | null | undefined;
  /** As the hook at hand sees them: no out device before routing, no in device after it in POSTROUTING of bridged packets. */
  inInterface: string | null | undefined;
  outInterface: string | null | undefined;
  inPort: string | null | undefined;
  outPort: string | null | undefined;
  /** Whose chains look at it: those of a bridge (and of a device) call its ports what the chains of IP call devices. */
  layer: 'ip' | 'bridge' | 'device';
  sourceMac: Mac | null | undefined;
  destinationMac: Mac | null | undefined;
  mark: number | undefined;
  connectionMark: number | undefined;
  /** `none`: before connection tracking, or a packet that it gave up on (INVALID). */
  tracking: 'none' | 'tracked' | 'untracked';
  /** Holds while `tracking` is `tracked`. */
  state: CtState;
  readonly direction: 'original' | 'reply';
  original: Tuple;
  readonly existing: { readonly original: Tuple; readonly reply: Tuple } | null;
  destinationTranslated: boolean;
  sourceTranslated: boolean;
  /** Whether the connection's destination (source) has been settled, so that nat chains are not asked again. */
  destinationSettled: boolean;
  sourceSettled: boolean;
  /** Sent to the host itself by REDIRECT or TPROXY, whatever address that is. */
  toSelf: boolean;
}

export function startPassing(packet: Packet): Passing {
  const tuple: Tuple = {
    source: packet.source,
    destination: packet.destination,
    sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort,
  };
  return {
    family: packet.family,
    protocol: packet.protocol,
    tcpFlags: packet.tcpFlags,
    icmpType: packet.icmpType,
    icmpCode: packet.icmpCode,
    length: packet.length,
    ttl: packet.ttl,
    source: packet.source,
    destination: packet.destination,
    sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort,
    inInterface: packet.inInterface,
    outInterface: null,
    inPort: packet.inPort,
    outPort: null,
    layer: 'ip',
    sourceMac: packet.sourceMac,
    destinationMac: packet.destinationMac,
    mark: packet.mark,
    connectionMark: packet.connection.mark,
    tracking: 'none',
    state: 'NEW',
    direction: packet.connection.direction,
    original: packet.connection.existing?.original ?? (packet.connection.direction === 'original' ? tuple : turned(tuple)),
    existing: packet.connection.existing,
    destinationTranslated: false,
    sourceTranslated: false,
    destinationSettled: false,
    sourceSettled: false,
    toSelf: false,
  };
}

export function turned(tuple: Tuple): Tuple {
  return { source: tuple.destination, destination: tuple.source, sourcePort: tuple.destinationPort, destinationPort: tuple.sourcePort };
}

/** `null`: the packet has no such thing. `undefined`: nobody knows. */
export function readField(field: Field, passing: Passing, surroundings: Surroundings): FieldValue | null | undefined {
  switch (field) {
    case 'family':
      return passing.family;
    case 'protocol':
      return passing.protocol;
    case 'source':
      return passing.source === undefined ? undefined : addressValue(passing.source);
    case 'destination':
      return passing.destination === undefined ? undefined : addressValue(passing.destination);
    case 'sourcePort':
      return passing.sourcePort;
    case 'destinationPort':
      return passing.destinationPort;
    case 'eitherPort':
      return typeof passing.sourcePort === 'number' && typeof passing.destinationPort === 'number'
        ? [passing.sourcePort, passing.destinationPort]
        : passing.sourcePort === null ? null : undefined;
    case 'inInterface':
      if (passing.layer !== 'ip' && passing.inPort !== null) return passing.inPort;
      // A hook without the device compares with an empty name: `! -i eth0` holds in OUTPUT (xt_physdev, nft_meta store "").
      return passing.inInterface === null ? '' : passing.inInterface;
    case 'outInterface':
      if (passing.layer !== 'ip' && passing.inPort !== null) return passing.outPort === null ? '' : passing.outPort;
      return passing.outInterface === null ? '' : passing.outInterface;
    case 'inPort':
      return passing.inPort;
    case 'outPort':
      return passing.outPort;
    // The bridge itself is what the rules of IP take for the device.
    case 'bridgeIn':
      return passing.inPort === null ? null : passing.inInterface;
    case 'bridgeOut':
      return passing.outPort === null ? null : passing.outInterface;
    case 'sourceMac':
      return passing.sourceMac;
    case 'destinationMac':
      return passing.destinationMac;
    case 'tcpFlags':
      return passing.tcpFlags;
    case 'icmpType':
      return passing.icmpType;
    case 'icmpCode':
      return passing.icmpCode;
    case 'length':
      return passing.length;
    case 'ttl':
      return passing.ttl;
    case 'mark':
      return passing.mark;
    case 'connectionMark':
      return passing.tracking === 'tracked' ? passing.connectionMark : null;
    case 'connectionState':
      return states(passing);
    case 'connectionDirection':
      return passing.tracking === 'tracked' ? passing.direction : null;
    case 'originalSource':
      return passing.tracking === 'tracked' ? addressValue(passing.original.source) : null;
    case 'originalDestination':
      return passing.tracking === 'tracked' ? addressValue(passing.original.destination) : null;
    case 'originalSourcePort':
      return passing.tracking === 'tracked' ? passing.original.sourcePort : null;
    case 'originalDestinationPort':
      return passing.tracking === 'tracked' ? passing.original.destinationPort : null;
    case 'sourceType':
      return passing.source === undefined ? undefined : addressType(passing.source, surroundings);
    case 'destinationType':
      if (passing.toSelf) return 'LOCAL';
      return passing.destination === undefined ? undefined : addressType(passing.destination, surroundings);
    case 'packetType':
      return packetType(passing.destinationMac);
  }
}

/** A packet that tracking has not seen yet, or has given up on, reads as INVALID (xt_conntrack, nft_ct: no entry, not "untracked"). */
function states(passing: Passing): readonly string[] {
  if (passing.tracking === 'none') return ['INVALID'];
  if (passing.tracking === 'untracked') return ['UNTRACKED'];
  const all: string[] = [passing.state];
  if (passing.destinationTranslated) all.push('DNAT');
  if (passing.sourceTranslated) all.push('SNAT');
  return all;
}

function packetType(destinationMac: Mac | null | undefined): string | null | undefined {
  if (destinationMac === null || destinationMac === undefined) return destinationMac;
  if (destinationMac === 'ff:ff:ff:ff:ff:ff') return 'broadcast';
  return (Number.parseInt(destinationMac.slice(0, 2), 16) & 1) === 1 ? 'multicast' : 'host';
}
