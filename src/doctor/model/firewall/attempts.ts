import type { Address } from '../../address.ts';
import type { SourceLine } from '../../evidence.ts';
import type { Facets } from '../facets.ts';
import { forwardersOf } from './on-the-way.ts';
import { firstPacket } from './packet.ts';
import type { Packet } from './packet.ts';
import { protocolName, protocolNumber } from './protocols.ts';
import type { RouteAnswer, Surroundings } from './surroundings.ts';

/** A packet that somebody missed, as one host with a packet filter would have met it. */
export interface Attempt {
  readonly host: string;
  readonly packet: Packet;
  /** `tcp 10.0.0.9 -> 10.0.0.1:443`. */
  readonly subject: string;
  readonly target: Address;
  /** What the client saw; `unanswered` for an entry of connection tracking and for a socket that still waits. */
  readonly outcome: 'timeout' | 'refused' | 'unanswered';
  readonly line: SourceLine;
  /** Host that has the line. */
  readonly seenBy: string;
}

export type AttemptView = Pick<Facets, 'probes' | 'holders' | 'conntrack' | 'routes' | 'sysctls' | 'bridges' | 'links' | 'sockets'>;

/** A client whose address no capture shows: every question about it stays open. */
const anyAddress = 'x.x.x.x';

/**
 * Attempts that failed and that this host would have seen: those to an address of its own, those it made itself, those that the routes lead
 * through it, and connections that its own tracking has without an answer. One packet for each client, address and port.
 */
export function attemptsAt(view: AttemptView, host: string): readonly Attempt[] {
  const attempts = [...fromClients(view, host), ...fromSockets(view, host), ...fromTracking(view, host)];
  return [...new Map(attempts.reverse().map((attempt) => [`${attempt.packet.path} ${attempt.subject}`, attempt])).values()].reverse();
}

function* fromClients(view: AttemptView, host: string): Generator<Attempt> {
  for (const { host: client, record } of view.probes.allConnects) {
    if (record.outcome !== 'timeout' && record.outcome !== 'refused' && record.outcome !== 'unreachable') continue;
    const path = pathAt(view, host, client, record.target);
    if (path === null) continue;
    const source = view.holders.facing(client, record.target)[0]?.held.address ?? sourceToward(view, client, record.target) ?? anyAddress;
    const packet = packetOf(view, host, path, source, record.target, 6, undefined, record.port);
    yield { host, packet, subject: subjectOf(packet), target: record.target, outcome: record.outcome === 'refused' ? 'refused' : 'timeout', line: record.source, seenBy: client };
  }
}

/**
 * Connections that a host still opens. Tracking shows only what was let through: a packet that a rule drops has no entry on the host that drops
 * it. Sockets of the other end show it, once their first packet was repeated.
 */
function* fromSockets(view: AttemptView, host: string): Generator<Attempt> {
  for (const client of view.sockets.hosts) {
    for (const socket of view.sockets.inState(client, 'SYN-SENT')) {
      const { local, peer } = socket;
      if (local.address === null || peer.address === null || peer.port === null || !socket.details.has('backoff')) continue;
      const between = client === host ? null : bridgeBetween(view, host, local.address, peer.address);
      const path = between === null ? pathAt(view, host, client, peer.address) : 'bridged';
      if (path === null) continue;
      const packet = packetOf(view, host, path, local.address, peer.address, 6, local.port ?? undefined, peer.port);
      yield { host, packet, subject: subjectOf(packet), target: peer.address, outcome: 'unanswered', line: socket.source, seenBy: client };
    }
  }
}

/** How a host meets what a client sends to the target; null when it does not, or nothing tells. */
function pathAt(view: AttemptView, host: string, client: string, target: Address): 'input' | 'output' | 'forward' | null {
  const held = view.holders.of(target).some((holding) => holding.host === host);
  if (client === host) return held ? null : 'output';
  if (held) return 'input';
  return forwardersOf(view, client, target).includes(host) ? 'forward' : null;
}

/** The address that the client's route names, or the only one it has on a wire. */
function sourceToward(view: AttemptView, client: string, target: Address): Address | null {
  const route = view.routes.toward(client, target);
  const own = view.holders.onHost(client).filter((holding) => holding.place === 'wire' && holding.held.address.includes(':') === target.includes(':'));
  if (route.state === 'known') {
    if (route.value.src !== null) return route.value.src;
    const device = route.value.hops[0]?.dev;
    const there = own.filter((holding) => holding.held.dev === device);
    if (there.length > 0) return there[0]?.held.address ?? null;
  }
  return own.length === 1 ? own[0]?.held.address ?? null : null;
}

/** An attempt has been given up when nothing but its first packet is there after this many seconds; fewer are still under way. */
const underWay = 3;

function* fromTracking(view: AttemptView, host: string): Generator<Attempt> {
  for (const row of view.conntrack.rows(host)) {
    if (!row.unreplied || row.state !== 'SYN_SENT') continue;
    // A fresh entry has 120 s to live.
    if (row.timeout !== null && row.timeout > 120 - underWay) continue;
    const { src, dst, sport, dport } = row.original;
    const protocol = protocolNumber(row.protocol);
    if (protocol === null) continue;
    const mine = (token: Address): boolean => view.holders.of(token).some((holding) => holding.host === host);
    const path = mine(dst) ? 'input' : mine(src) ? 'output' : bridgeBetween(view, host, src, dst) === null ? 'forward' : 'bridged';
    const packet = packetOf(view, host, path, src, dst, protocol, sport ?? undefined, dport ?? undefined);
    yield { host, packet, subject: subjectOf(packet), target: dst, outcome: 'unanswered', line: row.source, seenBy: host };
  }
}

function packetOf(view: AttemptView, host: string, path: Packet['path'], source: Address, destination: Address, protocol: number, sourcePort: number | undefined, destinationPort: number | undefined): Packet {
  const device = (toward: Address): string | undefined => {
    const route = view.routes.toward(host, toward);
    return route.state === 'known' ? route.value.hops[0]?.dev ?? undefined : undefined;
  };
  const bridge = path === 'bridged' ? bridgeBetween(view, host, source, destination) : null;
  return firstPacket({
    path, source, destination, protocol,
    ...(sourcePort === undefined ? {} : { sourcePort }),
    ...(destinationPort === undefined ? {} : { destinationPort }),
    inInterface: bridge?.name ?? (path === 'output' ? null : source === anyAddress ? undefined : device(source)),
    outInterface: bridge?.name ?? (path === 'input' ? null : device(destination)),
    inPort: bridge === null ? null : bridge.from,
    outPort: bridge === null ? null : bridge.to,
  });
}

/** The bridge of this host that has both ends on its ports, by the MACs of their hosts and its forwarding table. */
function bridgeBetween(view: AttemptView, host: string, source: Address, destination: Address): { readonly name: string; readonly from: string; readonly to: string } | null {
  const portOf = (token: Address): { readonly port: string; readonly bridge: string } | null => {
    for (const holding of view.holders.of(token)) {
      if (holding.mac === null || holding.host === host) continue;
      const entry = view.bridges.entry(host, holding.mac);
      if (entry.state !== 'known') continue;
      const link = view.links.link(host, entry.value.dev);
      const bridge = entry.value.master ?? (link.state === 'known' ? link.value.master : null);
      if (bridge !== null) return { port: entry.value.dev, bridge };
    }
    return null;
  };
  const from = portOf(source);
  const to = portOf(destination);
  return from === null || to?.bridge !== from.bridge || from.port === to.port ? null : { name: from.bridge, from: from.port, to: to.port };
}

/** What the host's other captures say of where it sends things. */
export function surroundingsOf(view: Pick<Facets, 'holders' | 'routes' | 'sysctls'>, host: string): Surroundings {
  const own = view.holders.onHost(host);
  const calls = view.sysctls.number(host, 'net.bridge.bridge-nf-call-iptables');
  const local = new Set(own.map((holding) => holding.held.address));
  return {
    localAddresses: view.holders.completeHosts.includes(host) ? local : undefined,
    route: (destination): RouteAnswer => {
      if (local.has(destination)) return { to: 'local' };
      const route = view.routes.toward(host, destination);
      if (route.state === 'absent') return { to: 'nowhere' };
      const device = route.state === 'known' ? route.value.hops[0]?.dev ?? null : null;
      return device === null ? { to: 'unknown' } : { to: 'device', device };
    },
    addressOf: (device, family) => own.find((holding) => holding.held.dev === device && holding.held.address.includes(':') === (family === 6))?.held.address,
    bridgeCallsIpRules: calls.state === 'known' ? calls.value === 1 : undefined,
  };
}

export function subjectOf(packet: Packet): string {
  const port = typeof packet.destinationPort === 'number' ? `:${String(packet.destinationPort)}` : '';
  const target = packet.destination.includes(':') ? `[${packet.destination}]` : packet.destination;
  return `${protocolName(packet.protocol)} ${packet.source === anyAddress ? 'a client' : packet.source} -> ${target}${port}`;
}
