import type { Packet } from '../../../src/doctor/model/firewall/packet.ts';
import type { Flow, FlowStep, Played } from './flows.ts';
import { errorLength } from './frames.ts';
import type { FrameFields } from './frames.ts';
import { placeOf } from './place.ts';
import { bridgeClients, bridgeServers, clients, macOf, ownAddresses, servers } from './world.ts';

/** An ICMP error about what the other side got last: the connection's packet as translation had made it. */
export function playError(flow: Flow, { code, own }: NonNullable<FlowStep['error']>): Played | null {
  const reply = flow.entry?.reply;
  if (reply === undefined || (flow.protocol !== 6 && flow.protocol !== 17) || (flow.kind !== 'routed' && flow.kind !== 'bridged')) return null;
  // Redirected to the host itself: the connection ends there, so nobody on the way beyond it has anything to say.
  if (Object.values<string>(ownAddresses).includes(reply.source ?? '')) return null;
  if (typeof reply.sourcePort !== 'number' || typeof reply.destinationPort !== 'number') return null;
  const neighbour = [...clients, ...servers, ...bridgeClients, ...bridgeServers].find((one) => one !== reply.source && one !== reply.destination && macOf(one) === macOf(reply.source));
  const source = own ? reply.source : neighbour;
  if (source === undefined || !/^10\.[123]\.0\.(?:1[0-3]|2[0-2])$/.test(source)) return null;
  const fields: Omit<FrameFields, 'sourceMac' | 'destinationMac'> = {
    source, destination: reply.destination, protocol: 1, sourcePort: 0, destinationPort: 0, tcpFlags: 0, sequence: 0, acknowledgement: 0, icmpType: 3, icmpCode: code, ttl: flow.ttl, payload: 0,
    about: { source: reply.destination, destination: reply.source, protocol: flow.protocol, sourcePort: reply.destinationPort, destinationPort: reply.sourcePort },
  };
  const place = placeOf(flow.kind, { source, destination: reply.destination, sourcePort: null, destinationPort: null });
  if (place.wire === null) return null;
  const packet: Packet = {
    family: 4, ...place.seen, source, destination: reply.destination, protocol: 1, sourcePort: null, destinationPort: null, tcpFlags: null, icmpType: 3, icmpCode: code,
    length: 20 + errorLength, ttl: flow.ttl, mark: 0, connection: { state: 'RELATED', direction: 'reply', existing: flow.entry, mark: flow.mark },
  };
  return { packet, frame: { wire: place.wire, fields: { ...fields, sourceMac: place.sourceMac, destinationMac: place.destinationMac } } };
}
