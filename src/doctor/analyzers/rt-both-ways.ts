import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { SourceLine } from '../evidence.ts';

type View = Pick<Facets, 'conntrack' | 'sockets' | 'lvs' | 'holders' | 'probes' | 'routes' | 'vips'>;

/** RT-03, RT-07: answers that bypass a box, and packets that never leave. */
export const rtBothWays = analyzer({
  name: 'rt-both-ways',
  asks: 'Does an answer come back the way its question went?',
  codes: ['RT-03', 'RT-07'],
  reads: ['conntrack', 'sockets', 'lvs', 'holders', 'probes', 'routes', 'vips'],
  *analyze(view): Generator<Answer> {
    for (const host of view.conntrack.hosts) yield* oneSided(view, host);
    for (const vip of view.vips.addresses) yield* shadows(view, vip);
  },
});

function* oneSided(view: View, host: string): Generator<Answer> {
  const told = new Set<string>();
  for (const row of view.conntrack.rows(host)) {
    if (row.protocol !== 'tcp' || row.state !== 'SYN_SENT' || !row.unreplied) continue;
    const { src, dst, sport, dport } = row.original;
    const target = `${dst}:${String(dport ?? 0)}`;
    if (told.has(target)) continue;
    // Direct routing: the answer goes from the real server to the client by design.
    const direct = view.lvs.services.find(({ record }) => record.vip === dst && record.realServers.some((server) => server.forward === 'route' || server.forward === 'tunnel'));
    const answered = answer(view, host, src, sport, dst, dport);
    if (answered === null) continue;
    told.add(target);
    if (direct !== undefined) { yield nothing('RT-03', `${target} on ${hostName(host)}`, [direct.record.source]); continue; }
    yield fault(finding('RT-03', {
      host, about: [about.host(host), about.address(dst), about.service(dst, dport ?? 0)],
      args: { host: hostName(host), client: src, target, address: dst, proofHost: hostName(answered.host) },
      proofs: [proof(host, row.source, 'no answer seen here'), proof(answered.host, answered.line, 'answered there')],
      rulesOut: [{ code: 'CT-07', what: 'An attempt that nobody answered', because: 'the same connection is answered elsewhere', line: answered.line }],
    }));
  }
}

/** Another host that shows the same connection as answered. */
function answer(view: View, host: string, src: string, sport: number | null, dst: string, dport: number | null): { readonly host: string; readonly line: SourceLine } | null {
  for (const other of view.conntrack.hosts) {
    if (other === host) continue;
    const row = view.conntrack.rows(other).find((each) => each.original.src === src && each.original.sport === sport && each.original.dst === dst && each.original.dport === dport && !each.unreplied);
    if (row !== undefined) return { host: other, line: row.source };
  }
  for (const other of view.sockets.hosts) {
    const socket = view.sockets.inState(other, 'ESTAB').find((each) => (each.local.address === dst && each.local.port === dport && each.peer.address === src && each.peer.port === sport) || (each.local.address === src && each.local.port === sport && each.peer.address === dst && each.peer.port === dport));
    if (socket !== undefined) return { host: other, line: socket.source };
  }
  return null;
}

function* shadows(view: View, vip: string): Generator<Answer> {
  for (const held of view.holders.of(vip)) {
    const elsewhere = view.holders.of(vip).find((each) => each.host !== held.host && each.place === 'wire') ?? null;
    if (held.place !== 'parked' || elsewhere === null) continue;
    const tried = view.probes.connects(held.host, vip);
    const [lookup] = view.routes.lookups(held.host, vip);
    const failed = tried.find((connect) => connect.outcome !== 'connected');
    const subject = `${vip} from ${hostName(held.host)}`;
    if (failed === undefined) { if (tried[0] !== undefined) yield nothing('RT-07', subject, [tried[0].source]); continue; }
    yield fault(finding('RT-07', {
      host: held.host, about: [about.host(held.host), about.address(vip)],
      args: { host: hostName(held.host), vip, dev: held.held.dev, length: String(held.held.length), failed: `, and one to port ${String(failed.port)} was ${failed.outcome === 'timeout' ? 'not answered' : failed.outcome}` },
      proofs: [proof(held.host, held.line, 'the address is here'), proof(held.host, failed.source, 'its own connection failed'), proof(elsewhere.host, elsewhere.line, 'the holder that was meant'), ...(lookup?.answer === 'local' ? [proof(held.host, lookup.source, 'the kernel says local')] : [])],
    }));
  }
}
