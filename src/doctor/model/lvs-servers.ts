import type { Address } from '../address.ts';
import { contains } from '../address.ts';
import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RealServerRecord } from '../parsers/ipvs-services.ts';
import type { Holders } from './holders.ts';
import type { Lvs } from './lvs.ts';
import type { Routes } from './routes.ts';

export type VirtualServer = RecordOf<'virtual-server'>;
export type IpvsConnection = RecordOf<'ipvs-connection'>;

/** One virtual service of one director. */
export interface Service {
  readonly director: string;
  readonly server: VirtualServer;
  /** False when rows may be missing from the capture. */
  readonly complete: boolean;
  /** `10.1.26.252:10051`, `FWM 3`. */
  readonly text: string;
}

export function servicesOf(lvs: Lvs): Service[] {
  return lvs.services.map(({ host, record, read }) => ({ director: host, server: record, complete: read.complete, text: record.mark === null ? `${record.vip ?? '?'}:${String(record.port ?? record.portText)}` : `FWM ${String(record.mark)}` }));
}

/** Services that kube-proxy made for the inside of its cluster: their address stands on kube-ipvs0, answers come back by the node's own tables. */
export function isKubeProxys(holders: Holders, service: Service): boolean {
  return service.server.vip !== null && holders.of(service.server.vip).some((held) => held.host === service.director && held.held.dev === 'kube-ipvs0');
}

/** Rows of the connection table that belong to a service, templates included. */
export function rowsOf(lvs: Lvs, service: Service): IpvsConnection[] {
  return lvs.connections.filter(({ host, record }) => host === service.director && record.vip !== null && record.vip === service.server.vip && (record.vipPort === service.server.port || (record.template && record.vipPort === 0))).map((found) => found.record);
}

/**
 * Whether the client has answered the server's SYN-ACK. A director that sees one direction only leaves SYN_RECV by the client's ACK alone (a refused
 * connection stays in SYN_RECV), and these states come after it (ip_vs_proto_tcp.c, table INPUT-ONLY).
 */
export function wasEstablished(row: IpvsConnection): boolean {
  return ['ESTABLISHED', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE_WAIT', 'LAST_ACK'].includes(row.state);
}

/** The host of the evidence that is this real server. */
export function hostOf(holders: Holders, server: RealServerRecord): string | null {
  if (server.address === null) return null;
  const held = holders.of(server.address).filter((each) => each.place === 'wire');
  const [only] = held;
  return only !== undefined && held.every((each) => each.host === only.host) ? only.host : null;
}

/** Whether a host takes packets for the address: it has it, or a local route covers it. */
export function takes(view: { readonly holders: Holders; readonly routes: Routes }, host: string, vip: Address): Known<string> {
  const asked = view.routes.lookups(host, vip)[0];
  if (asked !== undefined) return asked.answer === 'local' ? known('the kernel says local', [asked.source]) : absent([asked.source]);
  const held = view.holders.of(vip).find((each) => each.host === host);
  if (held !== undefined) return known(held.held.dev, [held.line]);
  const local = view.routes.of(host).find((route) => route.type === 'local' && contains(route.to, vip) === true);
  if (local !== undefined) return known('a local route', [local.source]);
  if (view.holders.completeHosts.includes(host)) return absent(view.holders.onHost(host).slice(0, 2).map((each) => each.line));
  return unknown(`the addresses of ${host === '' ? 'the real server' : host} were not captured`, [{ host, command: `ip address show; ip route get ${vip}` }]);
}

/** The gateway between director and real server; absent when there is none. */
export function gatewayTo(view: { readonly routes: Routes }, director: string, server: Address): Known<Address> {
  const asked = view.routes.lookups(director, server)[0];
  if (asked !== undefined) return asked.via === null ? absent([asked.source]) : known(asked.via, [asked.source]);
  const route = view.routes.toward(director, server);
  if (route.state !== 'known') return route.state === 'absent' ? unknown(`no route to ${server} in the evidence`, [{ host: director, command: `ip route get ${server}` }]) : route;
  const via = route.value.hops.find((hop) => hop.via !== null)?.via ?? null;
  return via === null ? absent(route.lines) : known(via, route.lines);
}
