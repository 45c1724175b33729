import type { Address } from '../address.ts';
import { rowsOf, servicesOf } from '../model/lvs-servers.ts';
import type { Service } from '../model/lvs-servers.ts';
import type { RealServerRecord } from '../parsers/ipvs-services.ts';
import { endpointText } from './target.ts';
import { detail, hop } from './trace.ts';
import type { Detail, Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

export interface Chosen {
  readonly name: string;
  readonly server: RealServerRecord;
  readonly address: Address;
  readonly port: number;
}

export interface Balanced {
  readonly hop: Hop;
  readonly service: Service | null;
  /** Those that may be chosen. */
  readonly servers: readonly Chosen[];
}

/** LVS: whether the address and port are a service of it, and whom it may choose. */
export function balancerHop({ view, address, client, target }: Tracing): Balanced {
  const mine = servicesOf(view.lvs).filter(({ server }) => server.vip !== null && server.vip === address && server.protocol === 'tcp');
  const service = mine.find(({ server }) => server.port === target.port) ?? null;
  if (service === null) {
    const [other] = mine;
    const unnamed = mine.find(({ server }) => server.port === null);
    if (unnamed !== undefined) return none(hop('balancer', unnamed.director, 'unknown', `the service ${unnamed.text} may be port ${String(target.port)}: its name is in no list`, { line: unnamed.server.source, settle: [{ host: unnamed.director, command: 'ipvsadm -ln' }] }));
    if (other === undefined) return none(hop('balancer', '', 'skipped', 'no LVS service in the evidence has this address'));
    if (!other.complete) return none(hop('balancer', other.director, 'unknown', `${other.director} balances ${address ?? ''}, and its list is not whole`, { line: other.server.source, settle: [{ host: other.director, command: 'ipvsadm -ln' }] }));
    return none(hop('balancer', other.director, 'skipped', `${other.director} balances ${other.text}, not port ${String(target.port)}: the packet is its own`, { line: other.server.source }));
  }
  const { server, director } = service;
  const servers = server.realServers.flatMap((each) => (each.address === null || each.weight === 0 ? [] : [{ name: endpointText(each.address, each.port ?? target.port), server: each, address: each.address, port: each.port ?? target.port }]));
  const rows = rowsOf(view.lvs, service).filter((row) => !row.template && (client === null || row.client === client));
  const states = new Map<string, number>();
  for (const row of rows) states.set(row.nearest ?? row.state, (states.get(row.nearest ?? row.state) ?? 0) + 1);
  const forwards = [...new Set(server.realServers.map((each) => each.forward))].map((each) => forwardWords[each]).join(', ');
  const towards = [...new Set(rows.flatMap((row) => row.realServer ?? []))];
  const counts = [...states].map(([state, count]) => `${String(count)} ${count === 1 ? 'row' : 'rows'} ${state}`).join(', ');
  const says = `TCP ${service.text} ${server.scheduler}${server.persistent === null ? '' : ` persistent ${String(server.persistent)} s`}, ${forwards === '' ? 'no server' : forwards}, ${String(server.realServers.length)} servers${counts === '' ? '' : `; ${counts}${towards.length === 0 ? '' : ` -> ${towards.slice(0, 3).join(', ')}${towards.length > 3 ? ` and ${String(towards.length - 3)} more` : ''}`}`}`;
  const details: Detail[] = rows.slice(0, 3).map((row) => detail(`${row.client ?? '?'} -> ${row.realServer ?? '?'}: ${row.stateText}${row.nearest === null || row.nearest === row.stateText ? '' : ` (most likely ${row.nearest})`}`, row.source));
  const line = rows[0]?.source ?? server.source;
  if (servers.length === 0) return { hop: hop('balancer', director, service.complete ? 'refused' : 'unknown', `${service.text} on ${director} has no server that takes new connections`, { line: server.source, details, settle: [{ host: director, command: 'ipvsadm -ln' }] }), service, servers };
  // A row for this client proves that its packets arrive and which server it was given.
  const picked = towards.length === 1 && client !== null ? servers.filter((each) => each.address === towards[0]) : [];
  if (picked.length === 1 && picked[0] !== undefined) details.push(detail(`this client was given ${picked[0].name}`, rows[0]?.source ?? null));
  return { hop: hop('balancer', director, 'ok', says, { line, details }), service, servers };
}

const forwardWords = { route: 'Route', masq: 'Masq', tunnel: 'Tunnel', local: 'Local', fullnat: 'FullNat', unknown: 'unknown forwarding' } as const;

function none(own: Hop): Balanced {
  return { hop: own, service: null, servers: [] };
}
