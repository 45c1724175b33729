import type { Address } from '../address.ts';
import type { Report } from '../doctor.ts';
import type { Facets } from '../model/facets.ts';
import { balancerHop } from './balancer-hop.ts';
import type { Balanced, Chosen } from './balancer-hop.ts';
import { clientHop } from './client-hop.ts';
import { conclude } from './conclude.ts';
import type { Way } from './conclude.ts';
import { conntrackHop } from './conntrack-hop.ts';
import { dnsHop } from './dns-hop.ts';
import { anyClient, bridgedHop, gatewayHops, inputHop, outputHop, tapOf, tunnelHops } from './forward-hops.ts';
import type { PacketEnds } from './forward-hops.ts';
import { listeningHop, realServerHop, serverHop } from './member-hop.ts';
import { returnHop } from './return-hop.ts';
import { routerHop, tlsHop } from './router-hop.ts';
import type { Routed } from './router-hop.ts';
import { sameFamily } from './same-family.ts';
import type { Target } from './target.ts';
import { hop } from './trace.ts';
import type { Hop, Trace } from './trace.ts';
import { clientOf } from './tracing.ts';
import type { Tracing } from './tracing.ts';
import { vipHop } from './vip-hop.ts';

export interface Wanted {
  readonly target: Target;
  /** Of the client; null when nobody said. */
  readonly from: Address | null;
  /** Address to go to instead of asking name servers. */
  readonly to: Address | null;
}

/** Addresses of one name that are followed; who has more of them learns nothing from the rest. */
const mostAddresses = 8;

/** Walks one request through captured evidence. Pure. A name with several addresses is followed to each: a client may take any of them. */
export function traceEvidence(view: Facets, report: Pick<Report, 'findings' | 'captures' | 'hosts'>, { target, from, to }: Wanted): Trace {
  const dns = dnsHop(view, target, to);
  const sameKind = dns.addresses.filter((each) => from === null || sameFamily(each, from));
  const all = sameKind.length > 0 ? sameKind : dns.addresses;
  const walks = (all.length === 0 ? [null] : all.slice(0, mostAddresses)).map((address) => walk(view, target, address, from));
  const [first] = walks;
  if (first === undefined) throw new Error('no way was walked');
  const several = walks.length > 1;
  const seen = walks.map((each) => each.asked.seen.arrived);
  return conclude({
    target, client: walks.find((each) => each.client !== null)?.client ?? null, hosts: report.hosts, captures: report.captures.length, findings: report.findings,
    trunk: several ? [first.asked.hop, eachFollowed(dns.hop, all)] : [first.asked.hop, dns.hop, ...first.trunk],
    ways: several ? walks.flatMap(waysOf) : first.ways,
    seen: seen.includes(null) ? null : seen[0] ?? null, failed: walks.find((each) => each.asked.seen.failed !== null)?.asked.seen.failed ?? null,
  });
}

interface Walk {
  readonly address: Address | null;
  readonly client: Address | null;
  readonly asked: ReturnType<typeof clientHop>;
  readonly trunk: readonly Hop[];
  readonly ways: readonly Way[];
}

/** The way to one address, from whoever has it on. */
function walk(view: Facets, target: Target, address: Address | null, from: Address | null): Walk {
  const { client, clientHost } = clientOf(view, address, target.port, from);
  const tracing: Tracing = { view, target, address, client, clientHost };
  const asked = clientHop(tracing);
  const vip = vipHop(tracing);
  const balanced = balancerHop(tracing);
  const holder = vip.holder ?? balanced.service?.director ?? onlyRouter(view);
  const trunk: Hop[] = [vip.hop];
  if (address !== null) trunk.push(...arrival(tracing, address, holder, balanced));
  trunk.push(balanced.hop);
  const ways = balanced.service !== null && address !== null
    ? balanced.servers.flatMap((chosen) => throughRealServer(tracing, address, balanced, chosen))
    : fromRouter(tracing, holder, trunk, hostsOf(trunk));
  return { address, client, asked, trunk, ways };
}

/** Of several addresses each is a branch, with all that belongs to it. */
function waysOf({ address, trunk, ways }: Walk): readonly Way[] {
  const name = address ?? '';
  return ways.length === 0 ? [{ name, hops: trunk }] : ways.map((way) => ({ name: `${name} > ${way.name}`, hops: [...trunk, ...way.hops] }));
}

function eachFollowed(dns: Hop, all: readonly Address[]): Hop {
  const left = all.slice(mostAddresses);
  return { ...dns, says: `${dns.says}: ${left.length === 0 ? 'each is followed' : `the first ${String(mostAddresses)} are followed`}` };
}

/** The filters before the host that has the address, and its own. */
function arrival(tracing: Tracing, address: Address, holder: string | null, balanced: Balanced): Hop[] {
  const { view, client, clientHost, target } = tracing;
  const ends: PacketEnds = { source: client ?? anyClient, destination: address, destinationPort: target.port };
  const hops: Hop[] = [];
  if (clientHost !== null && clientHost !== holder && view.firewalls.hosts.includes(clientHost)) hops.push(outputHop(tracing, clientHost, ends, 'sent by the client'));
  hops.push(...gatewayHops(tracing, clientHost === holder ? null : clientHost, ends));
  const tap = tapOf(tracing, address, holder);
  if (tap !== null) hops.push(bridgedHop(tracing, tap, 'to', ends, { what: `toward ${holder ?? address}`, why: null }));
  if (holder !== null && (view.firewalls.hosts.includes(holder) || balanced.service === null)) hops.push(inputHop(tracing, holder, ends, `arriving at ${holder}`));
  // Rows of this client in LVS' table prove that its packets arrive: what is not known of the way there does not matter then.
  const arrives = balanced.hop.details.length > 0 && client !== null;
  return arrives ? hops.filter((each) => each.state !== 'unknown') : hops;
}

/** One real server of LVS: what the director sends on, its hypervisors, itself, and what is behind it. */
function throughRealServer(tracing: Tracing, vip: Address, balanced: Balanced, chosen: Chosen): Way[] {
  const { view, client, target } = tracing;
  const director = balanced.service?.director ?? '';
  const direct = chosen.server.forward === 'route' || chosen.server.forward === 'tunnel';
  const ends: PacketEnds = { source: client ?? anyClient, destination: direct ? vip : chosen.address, destinationPort: direct ? target.port : chosen.port };
  const host = view.holders.of(chosen.address).find((held) => held.place === 'wire')?.host ?? null;
  const from = tapOf(tracing, vip, director);
  const to = tapOf(tracing, chosen.address, host);
  const hops: Hop[] = [];
  const why = direct ? 'the client\'s, which LVS with direct routing keeps' : 'the client\'s, which LVS keeps';
  if (from !== null) hops.push(bridgedHop(tracing, from, 'from', ends, { what: 'forwarded by the director', why, other: to }));
  if (to !== null && to.hypervisor !== from?.hypervisor) hops.push(bridgedHop(tracing, to, 'to', ends, { what: `toward ${chosen.name}`, why: null }));
  if (host !== null && view.firewalls.hosts.includes(host)) hops.push(...(chosen.server.forward === 'tunnel' ? tunnelHops(tracing, host, view.holders.facing(director, chosen.address)[0]?.held.address ?? null, chosen.address, ends, host) : [inputHop(tracing, host, ends, `arriving at ${host}`)]));
  if (hops.length === 0) hops.push(hop('forward', '', 'unknown', `which hosts are between the director and ${chosen.name}, and what they filter, is not in the evidence`, { settle: [{ host: director, command: 'iptables-save -c; ip neigh show' }, { host: chosen.address, command: 'iptables-save -c' }, { host: '', command: 'iptables-save -c   # on the hypervisors of both, where they are virtual machines' }] }));
  hops.push(conntrackHop(tracing, hostsOf(hops)));
  const back = returnHop(tracing, { host, source: direct ? vip : chosen.address, port: direct ? target.port : chosen.port, machine: chosen.address, through: chosen.server.forward === 'masq' ? { host: director, vip, port: target.port } : null });
  if (host !== null && routes(view, host)) return continued(tracing, host, hops, back, chosen.name);
  hops.push(hop('router', '', 'skipped', 'no HAProxy of this member in the evidence'), tlsHop(tracing, host ?? '', null), realServerHop(tracing, vip, chosen, host), back);
  return [{ name: chosen.name, hops }];
}

/** The request goes to a router at once. Its hops join the trunk as far as all servers share them. */
function fromRouter(tracing: Tracing, holder: string | null, trunk: Hop[], passed: readonly string[]): Way[] {
  const { address, target, view } = tracing;
  const back = returnHop(tracing, { host: holder, source: address ?? target.host, port: target.port, machine: address ?? target.host, through: null });
  trunk.push(conntrackHop(tracing, holder === null ? passed : [...passed, holder]));
  if (holder === null || !routes(view, holder)) {
    trunk.push(hop('router', '', holder === null ? 'unknown' : 'skipped', holder === null ? 'no router is in the evidence' : `no HAProxy on ${holder} in the evidence`, { settle: holder === null ? [{ host: '', command: 'cat /etc/haproxy/haproxy.cfg   # on the router, and its maps' }] : [] }));
    trunk.push(tlsHop(tracing, holder ?? '', null));
    trunk.push(holder === null || address === null ? hop('member', '', 'unknown', 'who answers is not known') : listeningHop(tracing, address, target.port, `${address}:${String(target.port)}`), back);
    return [];
  }
  const routed = routerHop(tracing, holder);
  trunk.push(routed.hop, tlsHop(tracing, holder, routed));
  if (routed.servers.length === 0) trunk.push(noServers(routed), back);
  return routed.servers.map((server): Way => ({ name: server.place, hops: [serverHop(tracing, holder, routed.backend ?? '', server), back] }));
}

function continued(tracing: Tracing, host: string, hops: readonly Hop[], back: Hop, name: string): Way[] {
  const routed = routerHop(tracing, host);
  const shared = [...hops, routed.hop, tlsHop(tracing, host, routed)];
  if (routed.servers.length === 0) return [{ name, hops: [...shared, noServers(routed), back] }];
  return routed.servers.map((server) => ({ name: `${name} > ${server.place}`, hops: [...shared, serverHop(tracing, host, routed.backend ?? '', server), back] }));
}

/** HAProxy answers itself, or the backend's section was not captured. */
function noServers(routed: Routed): Hop {
  return routed.backend === null || routed.hop.state !== 'ok'
    ? hop('member', '', 'skipped', 'no member is asked')
    : hop('member', '', 'unknown', `the servers of ${routed.backend} are not in the evidence`, { settle: routed.hop.settle });
}

function hostsOf(hops: readonly Hop[]): string[] {
  return hops.flatMap((each) => (each.layer === 'forward' && each.at !== '' ? [each.at] : []));
}

function routes(view: Facets, host: string): boolean {
  return view.haproxy.sections.some((each) => each.host === host) || view.haproxy.mapEntries.some((each) => each.host === host);
}

/** Where nothing says who has the address: the only host with an HAProxy is taken to be the router that was meant. */
function onlyRouter(view: Facets): string | null {
  const hosts = [...new Set([...view.haproxy.sections, ...view.haproxy.mapEntries].map((each) => each.host))];
  return hosts.length === 1 ? hosts[0] ?? null : null;
}
