import type { Address } from '../../address.ts';
import { addressOfNumber, addressValue } from './field.ts';
import type { Passing } from './passing.ts';
import type { Hook, TranslateTo } from './rule.ts';
import type { Surroundings } from './surroundings.ts';

/** DNAT, REDIRECT, SNAT, MASQUERADE, NETMAP on the first packet of a connection. */
export function translate(passing: Passing, what: 'source' | 'destination', to: TranslateTo, hook: Hook, surroundings: Surroundings): void {
  if (what === 'destination') {
    const address = newAddress(passing.destination, to, hook === 'output' ? 'loopback' : passing.inInterface, passing.family, surroundings);
    if (to.address === 'interface') passing.toSelf = true;
    passing.destinationTranslated = passing.destinationTranslated || address !== passing.destination || portChanges(passing.destinationPort, to);
    passing.destination = address;
    passing.destinationPort = newPort(passing.destinationPort, to);
    passing.destinationSettled = true;
  } else {
    const address = newAddress(passing.source, to, passing.outInterface, passing.family, surroundings);
    passing.sourceTranslated = passing.sourceTranslated || address !== passing.source || portChanges(passing.sourcePort, to);
    passing.source = address;
    passing.sourcePort = newPort(passing.sourcePort, to);
    passing.sourceSettled = true;
  }
}

function newAddress(present: Address | undefined, to: TranslateTo, device: string | null | undefined, family: 4 | 6, surroundings: Surroundings): Address | undefined {
  if (to.address === null) return present;
  if (to.address === 'computed') return undefined;
  if (to.address === 'interface') {
    if (device === 'loopback') return family === 4 ? '127.0.0.1' : '::1';
    return device === null || device === undefined ? undefined : surroundings.addressOf(device, family);
  }
  if ('prefix' in to.address) return mapped(present, to.address.prefix, to.address.length);
  // Of a range the kernel picks by a hash that depends on a secret of that host.
  return to.address.from === to.address.to ? to.address.from : undefined;
}

function mapped(present: Address | undefined, prefixAddress: Address, length: number): Address | undefined {
  const host = present === undefined ? undefined : addressValue(present);
  const net = addressValue(prefixAddress);
  if (typeof host !== 'number' || typeof net !== 'number') return undefined;
  const size = 2 ** (32 - length);
  return addressOfNumber(Math.floor(net / size) * size + (host % size));
}

/** A port inside the range is kept; outside it the kernel takes any of the range (nf_nat_core.c, get_unique_tuple). */
function newPort(present: number | null | undefined, to: TranslateTo): number | null | undefined {
  if (present === null) return null;
  if (to.random) return undefined;
  if (to.ports === null) return present;
  if (to.ports.from === to.ports.to) return to.ports.from;
  return present !== undefined && present >= to.ports.from && present <= to.ports.to ? present : undefined;
}

function portChanges(present: number | null | undefined, to: TranslateTo): boolean {
  return present !== null && newPort(present, to) !== present;
}

/** A later packet of a translated connection gets what its first packet got, or the reverse of it on the way back. */
export function applyExisting(passing: Passing, what: 'source' | 'destination'): void {
  if (passing.existing === null) return;
  const { original, reply } = passing.existing;
  // An ICMP error may come from anybody on the way: its own source is touched only where the connection's other end is translated
  // (nf_nat_icmp_reply_translation asks for IPS_DST_NAT or IPS_SRC_NAT by direction and hook).
  const end = (what === 'destination') === (passing.direction === 'original') ? passing.destinationTranslated : passing.sourceTranslated;
  if (passing.state === 'RELATED' && !end) return;
  if (what === 'destination') {
    passing.destination = passing.direction === 'original' ? reply.source : original.source;
    if (passing.destinationPort !== null) passing.destinationPort = passing.direction === 'original' ? reply.sourcePort : original.sourcePort;
  } else {
    passing.source = passing.direction === 'original' ? reply.destination : original.destination;
    if (passing.sourcePort !== null) passing.sourcePort = passing.direction === 'original' ? reply.destinationPort : original.destinationPort;
  }
}
