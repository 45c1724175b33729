import type { Address, Mac } from '../address.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import type { AntispoofPort } from '../model/firewall/antispoof.ts';
import { firstPacket, freshConnection, tcpFlagBits } from '../model/firewall/packet.ts';
import type { Packet } from '../model/firewall/packet.ts';
import { firewallHop } from './firewall-hop.ts';
import { trackedByDirector } from './nat-return.ts';
import type { Director } from './nat-return.ts';
import { hop } from './trace.ts';
import type { Hop, Layer } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** The ends of one packet, as it is on the wire at that moment. */
export interface PacketEnds {
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

/** A client that nobody named: rules that ask for it stay open. */
export const anyClient = 'x.x.x.x';

/** An answer, rather than the first packet. */
const reply: Partial<Packet> = { tcpFlags: tcpFlagBits.SYN | tcpFlagBits.ACK, connection: { ...freshConnection, state: 'ESTABLISHED', direction: 'reply' } };

/** Packets for the host itself. No hop where the host is not in the evidence at all. */
export function inputHop({ view }: Tracing, host: string, ends: PacketEnds, what: string, layer: Layer = 'forward'): Hop {
  const inInterface = deviceToward(view, host, ends.source);
  return firewallHop(view, { host, layer, what, why: null, packet: firstPacket({ path: 'input', protocol: 6, ...ends, inInterface }) });
}

/** A tunnel of LVS, as it arrives at the real server: IPIP from the director, and what is in it from the tunnel's device. */
export function tunnelHops({ view }: Tracing, host: string, director: Address | null, server: Address, inner: PacketEnds, name: string): Hop[] {
  const device = view.links.of(host).find((link) => link.type === 'ipip' || link.name === 'tunl0')?.name;
  const outer = firstPacket({ path: 'input', protocol: ipip, source: director ?? anyClient, destination: server, inInterface: director === null ? undefined : deviceToward(view, host, director) });
  return [
    firewallHop(view, { host, layer: 'forward', what: `the tunnel (IPIP) arriving at ${name}`, why: 'LVS packs what it sends by tunnels into packets of its own', packet: outer }),
    firewallHop(view, { host, layer: 'forward', what: `out of the tunnel at ${name}`, why: null, packet: firstPacket({ path: 'input', protocol: 6, ...inner, inInterface: device }) }),
  ];
}

/** Number of IP-in-IP among the protocols (RFC 2003). */
const ipip = 4;

/** What a host itself sends. */
export function outputHop({ view }: Tracing, host: string, ends: PacketEnds, what: string, answer = false): Hop {
  return firewallHop(view, { host, layer: answer ? 'return' : 'forward', what, why: null, packet: firstPacket({ path: 'output', protocol: 6, ...ends, outInterface: deviceToward(view, host, ends.destination), ...(answer ? reply : {}) }) });
}

/** Hosts that route between the client and the address: the gateways of one another, as far as the evidence goes. */
export function gatewayHops(tracing: Tracing, from: string | null, sent: PacketEnds, layer: Layer = 'forward', director: Director | null = null): Hop[] {
  const { view } = tracing;
  const hops: Hop[] = [];
  const seen = new Set<string>();
  let at = from;
  let ends = sent;
  while (at !== null && !seen.has(at) && hops.length < 8) {
    seen.add(at);
    const route = view.routes.toward(at, ends.destination);
    if (route.state === 'absent') { hops.push(hop(layer, at, 'dropped', `${at} has no route to ${ends.destination}`, { settle: [{ host: at, command: `ip route get ${ends.destination}` }] })); break; }
    if (route.state !== 'known') break;
    if (route.value.type === 'blackhole' || route.value.type === 'unreachable' || route.value.type === 'prohibit') { hops.push(hop(layer, at, route.value.type === 'blackhole' ? 'dropped' : 'refused', `${at} has a route that says ${route.value.type} for ${ends.destination}`, { line: route.value.source })); break; }
    const via = route.value.hops[0]?.via ?? null;
    if (via === null) break;
    const gateway = view.holders.of(via).find((held) => held.place === 'wire' && held.host !== at)?.host ?? null;
    if (gateway === null) break;
    const forwards = view.sysctls.number(gateway, 'net.ipv4.ip_forward');
    if (forwards.state === 'known' && forwards.value === 0 && !ends.destination.includes(':')) { hops.push(hop(layer, gateway, 'dropped', `${gateway} is the gateway and does not forward (ip_forward is 0)`, { line: forwards.lines[0] ?? null })); break; }
    if (view.holders.of(ends.destination).some((held) => held.host === gateway)) break;
    hops.push(firewallHop(view, { host: gateway, layer, what: `routed by ${gateway}`, why: null, packet: firstPacket({ path: 'forward', protocol: 6, ...ends, inInterface: deviceToward(view, gateway, ends.source), outInterface: deviceToward(view, gateway, ends.destination), ...(layer === 'return' ? reply : {}), ...(director?.host === gateway ? { connection: { ...freshConnection, direction: 'reply', state: trackedByDirector(tracing, gateway) } } : {}) }) }));
    at = gateway;
    // Behind the rules of FORWARD (ip_vs_reply stands at priority 99) the answer carries the virtual address.
    if (director?.host === gateway) ends = { ...ends, source: director.vip, sourcePort: director.port };
  }
  return hops;
}

/** The port of a hypervisor behind which an address is, by its anti-spoofing rules or its forwarding table. */
export interface Tap {
  readonly hypervisor: string;
  readonly port: string;
  readonly mac: Mac | null;
}

export function tapOf({ view }: Tracing, token: Address, host: string | null): Tap | null {
  const macs = host === null ? new Set<Mac>() : view.links.macsOf(host);
  let found: Tap | null = null;
  for (const hypervisor of view.firewalls.hosts) {
    if (hypervisor === host) continue;
    const firewall = view.firewalls.of(hypervisor);
    if (firewall.state !== 'known') continue;
    for (const each of antispoofPorts(firewall.value)) {
      const pair = pairOf(each, token, macs);
      if (pair === null || each.port === null) continue;
      const tap = { hypervisor, port: each.port, mac: pair.mac };
      // Two directors may both be allowed the address; the one whose MAC is known to be the holder's goes first.
      if (pair.mac !== null && macs.has(pair.mac)) return tap;
      found ??= tap;
    }
  }
  if (found !== null) return found;
  for (const mac of macs) {
    for (const hypervisor of view.bridges.hosts) {
      const entry = hypervisor === host ? null : view.bridges.entry(hypervisor, mac);
      if (entry?.state === 'known' && view.firewalls.hosts.includes(hypervisor)) return { hypervisor, port: entry.value.dev, mac };
    }
  }
  return null;
}

function pairOf(port: AntispoofPort, token: Address, macs: ReadonlySet<Mac>): AntispoofPort['allowed'][number] | null {
  const pairs = port.allowed.filter((each) => each.source === token);
  return pairs.find((each) => each.mac !== null && macs.has(each.mac)) ?? pairs.find((each) => each.mac !== null) ?? pairs[0] ?? null;
}

/** A packet that a bridge carries from or to a virtual machine. */
export function bridgedHop({ view }: Tracing, tap: Tap, way: 'from' | 'to', ends: PacketEnds, about: { readonly what: string; readonly why: string | null; readonly layer?: Layer; readonly other?: Tap | null; readonly answer?: boolean }): Hop {
  const other = about.other?.hypervisor === tap.hypervisor ? about.other.port : undefined;
  return firewallHop(view, {
    host: tap.hypervisor, layer: about.layer ?? 'forward', what: about.what, why: about.why,
    packet: firstPacket({
      path: 'bridged', protocol: 6, ...ends, inPort: way === 'from' ? tap.port : other, outPort: way === 'to' ? tap.port : other,
      ...(way === 'from' ? { sourceMac: tap.mac ?? undefined } : { destinationMac: tap.mac ?? undefined }), ...(about.answer === true ? reply : {}),
    }),
  });
}

function deviceToward(view: Tracing['view'], host: string, token: Address): string | undefined {
  if (token === anyClient) return undefined;
  const route = view.routes.toward(host, token);
  return route.state === 'known' ? route.value.hops[0]?.dev ?? undefined : undefined;
}
