import type { Address, Mac } from '../../address.ts';

/**
 * The packet that is walked through a host's rules. A field that nobody knows is `undefined`: a rule that asks for it is then
 * answered "perhaps", and the walk follows both ways. `null` says that the packet has no such thing (a port in ICMP, a bridge port
 * on a routed packet).
 */
export interface Packet {
  readonly family: 4 | 6;
  readonly path: PacketPath;
  /** Layer-3 device: the bridge itself for bridged packets, as the kernel's rules see it. */
  readonly inInterface: string | null | undefined;
  readonly outInterface: string | null | undefined;
  /** Bridge ports, where the packet came in or leaves through one (br_netfilter). */
  readonly inPort: string | null | undefined;
  readonly outPort: string | null | undefined;
  readonly sourceMac: Mac | null | undefined;
  readonly destinationMac: Mac | null | undefined;
  readonly source: Address;
  readonly destination: Address;
  /** IP protocol number. */
  readonly protocol: number;
  readonly sourcePort: number | null | undefined;
  readonly destinationPort: number | null | undefined;
  /** Bits as in the TCP header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32. */
  readonly tcpFlags: number | null | undefined;
  readonly icmpType: number | null | undefined;
  readonly icmpCode: number | null | undefined;
  /** Whole IP packet, in bytes. */
  readonly length: number | undefined;
  readonly ttl: number | undefined;
  readonly mark: number | undefined;
  readonly connection: ConnectionState;
}

/**
 * `input`: for the host itself. `forward`: routed through it. `output`: made by a process on it.
 * `bridged`: from one port of a bridge to another; the IP rules see it only where bridge-nf-call-iptables is 1.
 */
export type PacketPath = 'input' | 'forward' | 'output' | 'bridged';

export type CtState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

/** Addresses and ports of one direction of a connection. */
export interface Tuple {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number | null | undefined;
  readonly destinationPort: number | null | undefined;
}

/** What connection tracking will say about the packet: an assumption of whoever asks, since it depends on earlier packets. */
export interface ConnectionState {
  /** Undefined: not known; every rule that asks for it is followed both ways. */
  readonly state: 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | undefined;
  readonly direction: 'original' | 'reply';
  /** The entry that tracking has already, with what translation made of it; null when there is none or nothing is known of it. */
  readonly existing: { readonly original: Tuple; readonly reply: Tuple } | null;
  readonly mark: number | undefined;
}

export const freshConnection: ConnectionState = { state: 'NEW', direction: 'original', existing: null, mark: 0 };

export const tcpFlagBits = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128 } as const;

/** A first SYN (or the first datagram) with everything unknown left open; the caller overrides what it knows. */
export function firstPacket(given: Partial<Packet> & Pick<Packet, 'path' | 'source' | 'destination' | 'protocol'>): Packet {
  const ported = given.protocol === 6 || given.protocol === 17 || given.protocol === 132;
  return {
    family: given.source.includes(':') ? 6 : 4,
    inInterface: given.path === 'output' ? null : undefined,
    outInterface: given.path === 'input' ? null : undefined,
    inPort: given.path === 'bridged' ? undefined : null,
    outPort: given.path === 'bridged' ? undefined : null,
    sourceMac: given.path === 'output' ? null : undefined,
    destinationMac: given.path === 'output' ? null : undefined,
    sourcePort: ported ? undefined : null,
    destinationPort: ported ? undefined : null,
    tcpFlags: given.protocol === 6 ? tcpFlagBits.SYN : null,
    icmpType: given.protocol === 1 ? 8 : given.protocol === 58 ? 128 : null,
    icmpCode: given.protocol === 1 || given.protocol === 58 ? 0 : null,
    length: undefined,
    ttl: undefined,
    mark: 0,
    connection: freshConnection,
    ...given,
  };
}
