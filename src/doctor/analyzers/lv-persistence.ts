import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { rowsOf, servicesOf } from '../model/lvs-servers.ts';
import type { IpvsConnection, Service } from '../model/lvs-servers.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'lvs' | 'sysctls'>;

/** LV-12, LV-13, LV-16: who is bound to which server, and is that server still there? */
export const lvPersistence = analyzer({
  name: 'lv-persistence',
  asks: 'Do clients stay bound to servers that are gone, or all to one?',
  codes: ['LV-12', 'LV-13', 'LV-16'],
  reads: ['lvs', 'sysctls'],
  *analyze(view): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      const rows = rowsOf(view.lvs, service);
      if (rows.length === 0) continue;
      const pinned = [...templates(view, service, rows)];
      yield* pinned;
      yield* removed(view, service, rows);
      yield* crowded(service, rows.filter((row) => !row.template));
    }
  },
});

function serverOf(service: Service, row: IpvsConnection): Service['server']['realServers'][number] | undefined {
  return service.server.realServers.find((server) => server.address === row.realServer && (server.port === row.realServerPort || row.realServerPort === 0 || server.port === null));
}

function aboutOf(service: Service): string[] {
  const { vip, port, portText } = service.server;
  return [about.host(service.director), ...(vip === null ? [] : [about.address(vip), about.service(vip, port ?? portText)])];
}

function* templates(view: View, service: Service, rows: readonly IpvsConnection[]): Generator<Answer> {
  const own = rows.filter((row) => row.template && row.client !== null && row.realServer !== null);
  const dead = own.filter((row) => { const server = serverOf(service, row); return server === undefined || server.weight === 0; });
  const [first] = own;
  if (first === undefined) return;
  if (dead.length === 0) { yield nothing('LV-12', service.text, [first.source]); return; }
  const told = new Set<string>();
  for (const row of dead) {
    const server = serverOf(service, row);
    if (row.realServer === null || told.has(row.realServer)) continue;
    told.add(row.realServer);
    if (server === undefined && !service.complete) { yield couldNotLook('LV-12', `${row.realServer} for ${service.text}`, 'the service table was cut or filtered', [{ host: service.director, command: 'ipvsadm -ln' }]); continue; }
    const quiescent = view.sysctls.number(service.director, 'net.ipv4.vs.expire_quiescent_template');
    if (server !== undefined && quiescent.state === 'known' && quiescent.value === 1) { yield nothing('LV-12', `${row.realServer} for ${service.text}`, quiescent.lines); continue; }
    const fresh = rows.find((each) => !each.template && each.realServer === row.realServer && (each.state === 'SYN_RECV' || each.state === 'SYN_SENT'));
    yield fault(finding('LV-12', {
      host: service.director, about: aboutOf(service),
      args: { director: hostName(service.director), client: row.client ?? '', server: row.realServer, service: service.text, state: server === undefined ? 'is no longer in the service table' : 'has weight 0', persistent: service.server.persistent === null ? '?' : String(service.server.persistent) },
      proofs: [proof(service.director, row.source, 'the template'), proof(service.director, server?.source ?? service.server.source, server === undefined ? 'the service has no such server' : 'weight 0'), ...(fresh === undefined ? [] : [proof(service.director, fresh.source, 'a fresh attempt goes there')]), ...proofs(service.director, quiescent, 'templates outlive their server')],
      ...(fresh === undefined ? { severity: 'warning' as const, lowered: [{ by: 0.15, because: 'no fresh connection to it in the capture' }] } : {}),
    }));
  }
}

/** The client has ended these: nobody waits for their packets. */
const ending = ['FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'LAST_ACK'];

function* removed(view: View, service: Service, rows: readonly IpvsConnection[]): Generator<Answer> {
  const pinned = new Set(rows.filter((row) => row.template).map((row) => row.realServer));
  const gone = rows.filter((row) => !row.template && !ending.includes(row.state) && row.realServer !== null && serverOf(service, row) === undefined && !pinned.has(row.realServer));
  const [first] = gone;
  if (first === undefined) return;
  const subject = `${first.realServer ?? ''} for ${service.text}`;
  if (!service.complete) { yield couldNotLook('LV-13', subject, 'the service table was cut or filtered', [{ host: service.director, command: 'ipvsadm -ln' }]); return; }
  const expires = view.sysctls.number(service.director, 'net.ipv4.vs.expire_nodest_conn');
  if (expires.state === 'unknown') { yield unsettled('LV-13', subject, expires); return; }
  if (expires.state === 'absent' || expires.value !== 0) { yield nothing('LV-13', subject, expires.lines); return; }
  yield fault(finding('LV-13', {
    host: service.director, about: aboutOf(service),
    args: { director: hostName(service.director), count: String(gone.filter((row) => row.realServer === first.realServer).length), server: first.realServer ?? '', service: service.text },
    proofs: [proof(service.director, first.source, 'a connection to it'), proof(service.director, service.server.source, 'the service has no such server'), ...proofs(service.director, expires, 'its packets are dropped in silence')],
  }));
}

function* crowded(service: Service, rows: readonly IpvsConnection[]): Generator<Answer> {
  const { server } = service;
  const choices = server.realServers.filter((each) => (each.weight ?? 1) > 0);
  const byClient = server.scheduler === 'sh' || server.persistent !== null;
  const [first] = rows;
  const last = rows.at(-1);
  if (!byClient || server.flags.some((flag) => flag.includes('sh-port')) || choices.length < 2 || rows.length < 20 || first === undefined || last === undefined) return;
  const clients = new Set(rows.map((row) => row.client));
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.realServer ?? '', (counts.get(row.realServer ?? '') ?? 0) + 1);
  const [top] = [...counts].sort((a, b) => b[1] - a[1]);
  if (top === undefined || clients.size > 3 || top[1] < rows.length * 0.9) { yield nothing('LV-16', service.text, [first.source]); return; }
  const most = choices.find((each) => each.address === top[0]);
  yield fault(finding('LV-16', {
    host: service.director, about: aboutOf(service),
    args: { director: hostName(service.director), service: service.text, flag: server.protocol === 'udp' ? '-u' : '-t', how: server.scheduler === 'sh' ? 'source hashing (sh)' : `persistence of ${String(server.persistent)} s`, count: String(rows.length), sources: String(clients.size), server: top[0], share: String(Math.round((top[1] / rows.length) * 100)) },
    proofs: [proof(service.director, server.source, 'how it is decided'), proof(service.director, first.source, 'one connection'), proof(service.director, last.source, `the last of ${String(rows.length)}`), ...(most === undefined ? [] : [proof(service.director, most.source, 'it has nearly all')])],
    rulesOut: [{ code: 'LV-11', what: 'Only one server has a weight', because: `${String(choices.length)} have one`, line: choices[1]?.source ?? null }],
  }));
}
