import { finding } from '../findings/finding.ts';
import { balanced } from '../model/balancing.ts';
import type { Balanced } from '../model/balancing.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { aboutSession, targetOf } from './tl-protocol.ts';

type View = Pick<Facets, 'haproxy' | 'edges'>;

/** AF-01, AF-02, AF-07: does choosing by hash or weight do what was meant? */
export const afHash = analyzer({
  name: 'af-hash',
  asks: 'Is the key that the router balances by still the client?',
  codes: ['AF-01', 'AF-02', 'AF-07'],
  reads: ['haproxy', 'edges'],
  *analyze(view): Generator<Answer> {
    for (const backend of balanced(view.haproxy)) {
      if (backend.servers.length < 2) continue;
      if (backend.algorithm === 'source') yield* bySource(view, backend);
      yield* weights(backend);
    }
  },
});

/** More addresses than this are clients, not the pool of one balancer. */
const poolSize = 8;

function* bySource(view: View, backend: Balanced): Generator<Answer> {
  const { host, algorithmLine, clients, servers } = backend;
  const name = backend.section.record.name;
  if (algorithmLine === null) return;
  const total = [...clients.values()].reduce((sum, { count }) => sum + count, 0);
  const dealt = [...backend.dealt.values()].reduce((sum, { count }) => sum + count, 0);
  if (clients.size === 0) {
    const starved = servers.filter((server) => backend.dealt.get(server.name)?.count === 0);
    if (dealt >= 20 && starved.length > 0) yield couldNotLook('AF-02', `${name} on ${hostName(host)}`, 'who the connections come from was not captured', [{ host, command: `echo "show table ${name}" | socat stdio SOCKET` }, { host, command: 'journalctl -u haproxy --no-pager -n 5000' }]);
    return;
  }
  const sources = [...clients].sort((a, b) => b[1].count - a[1].count);
  const met = new Set(sources.flatMap(([, { servers: reached }]) => [...reached]));
  const jumping = differing(view);
  const [top, second] = sources;
  if (total < 6 || sources.length > poolSize || top === undefined) { yield nothing('AF-01', `${name} on ${hostName(host)}`, [algorithmLine, ...sources.slice(0, 2).map(([, { line }]) => line)]); return; }
  if (jumping !== null && second !== undefined && (met.size > 1 || met.size === 0)) {
    const [one, other] = jumping;
    yield fault(finding('AF-01', {
      host, about: [about.host(host), about.name(name), ...aboutSession(one).filter((each) => !each.startsWith('host ')), about.name(targetOf(one).replace(/:\d+$/, ''))],
      args: { host: hostName(host), backend: name, count: String(total), sources: String(sources.length), servers: met.size === 0 ? 'several' : String(met.size), target: targetOf(one) },
      proofs: [
        proof(host, algorithmLine, 'the key is the source address'), proof(host, top[1].line, `${top[0]}: ${String(top[1].count)} connections`), proof(host, second[1].line, `${second[0]}: ${String(second[1].count)} connections`),
        proof(one.host, one.record.serial?.source ?? one.record.source, 'the client sees one certificate'), proof(other.host, other.record.serial?.source ?? other.record.source, 'and then another'),
      ],
      rulesOut: [{ code: null, what: 'A certificate that is wrong', because: 'several come in turn, so servers change', line: other.record.serial?.source ?? other.record.source }],
      ...(met.size === 0 ? { lowered: [{ by: 0.1, because: 'which server each source went to was not captured' }] } : {}),
    }));
  } else yield nothing('AF-01', `${name} on ${hostName(host)}`, [algorithmLine, top[1].line]);
  if (sources.length > 3) return;
  const known = backend.dealt.size > 0;
  const idle = servers.filter((server) => (known ? backend.dealt.get(server.name)?.count === 0 : met.size > 0 && !met.has(server.name)));
  const [first] = idle;
  if (first === undefined || (known ? dealt : total) < 10) { yield nothing('AF-02', `${name} on ${hostName(host)}`, [algorithmLine]); return; }
  yield fault(finding('AF-02', {
    host, about: [about.host(host), about.name(name)], args: { backend: name, host: hostName(host), count: String(Math.max(total, dealt)), sources: String(sources.length), idle: String(idle.length), servers: String(servers.length) },
    proofs: [proof(host, algorithmLine, 'the key is the source address'), proof(host, top[1].line, 'one of the few sources'), proof(host, backend.dealt.get(first.name)?.line ?? first.line, known ? 'no connection' : 'never named in the log')],
    ...(known ? {} : { lowered: [{ by: 0.15, because: 'from the captured part of the log only' }] }),
  }));
}

type Session = Facets['edges']['tlsSessions'][number];

/** Two handshakes with one name and address that showed different certificates, and went back and forth. */
function differing(view: View): readonly [Session, Session] | null {
  const groups = new Map<string, Session[]>();
  for (const session of view.edges.tlsSessions) {
    const { target, serverName, serial } = session.record;
    if (target !== null && serial !== null) groups.set(`${target} ${serverName ?? ''}`, [...(groups.get(`${target} ${serverName ?? ''}`) ?? []), session]);
  }
  for (const group of groups.values()) {
    const [one] = group;
    const other = group.find((each) => each.record.serial?.value !== one?.record.serial?.value);
    const changes = group.filter((each, at) => at > 0 && each.record.serial?.value !== group[at - 1]?.record.serial?.value).length;
    if (one !== undefined && other !== undefined && changes > 1) return [one, other];
  }
  return null;
}

function* weights(backend: Balanced): Generator<Answer> {
  const { host, servers, dealt, algorithm, algorithmLine } = backend;
  const name = backend.section.record.name;
  if (!['source', 'leastconn'].includes(algorithm) || algorithmLine === null || new Set(servers.map((server) => server.weight)).size < 2) return;
  const total = servers.reduce((sum, server) => sum + (dealt.get(server.name)?.count ?? 0), 0);
  const weight = servers.reduce((sum, server) => sum + server.weight, 0);
  if (dealt.size === 0) { yield couldNotLook('AF-07', `${name} on ${hostName(host)}`, 'the shares of the servers were not captured', [{ host, command: 'echo "show stat" | socat stdio SOCKET' }]); return; }
  if (total < 100 || weight === 0) return;
  const off = servers.map((server) => ({ server, share: (dealt.get(server.name)?.count ?? 0) / total, wanted: server.weight / weight })).sort((a, b) => Math.abs(b.share - b.wanted) - Math.abs(a.share - a.wanted))[0];
  if (off === undefined || Math.abs(off.share - off.wanted) <= 0.25) { yield nothing('AF-07', `${name} on ${hostName(host)}`, [algorithmLine]); return; }
  const line = dealt.get(off.server.name)?.line;
  yield fault(finding('AF-07', {
    host, about: [about.host(host), about.name(name)], args: { server: off.server.name, backend: name, host: hostName(host), weight: String(Math.round(off.wanted * 100)), share: String(Math.round(off.share * 100)), algorithm },
    proofs: [proof(host, off.server.line, 'its weight'), proof(host, algorithmLine, 'how servers are chosen'), ...(line === undefined ? [] : [proof(host, line, 'its share')])],
  }));
}
