import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'sockets' | 'counters'>;

/** TC-01: full segments that nobody acknowledges, while small ones arrive. */
export const tcPath = analyzer({
  name: 'tc-path',
  asks: 'Do big packets arrive as small ones do?',
  codes: ['TC-01'],
  reads: ['sockets', 'counters'],
  *analyze(view): Generator<Answer> {
    for (const host of view.sockets.hosts) yield* blackhole(view, host);
  },
});

/** A server that closes after its answer, as HTTP without keep-alive does, still repeats the answer in FIN-WAIT-1 or LAST-ACK. */
const sending: readonly string[] = ['ESTAB', 'FIN-WAIT-1', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSING'];

function* blackhole(view: View, host: string): Generator<Answer> {
  const detailed = sending.flatMap((state) => view.sockets.inState(host, state)).filter((socket) => socket.details.has('mss'));
  const number = (socket: (typeof detailed)[number], name: string): number => Number((socket.details.get(name) ?? '0').split('/').at(-1));
  const stuck = detailed.filter((socket) => number(socket, 'unacked') > 0 && (Number((socket.details.get('retrans') ?? '0/0').split('/')[0]) > 0 || number(socket, 'backoff') > 0) && socket.sendQ > 0);
  const [any] = detailed;
  if (any === undefined) return;
  const said = new Set<string>();
  for (const socket of stuck) {
    const peer = socket.peer.address ?? '';
    const mss = number(socket, 'mss');
    // A tail shorter than a segment arrived alone: what is big is lost. Without that the peer may simply be gone.
    const sacked = number(socket, 'sacked');
    const big = mss >= 1200 && socket.sendQ >= mss;
    if (said.has(peer) || !big || number(socket, 'backoff') + number(socket, 'retrans') < 1) continue;
    if (sacked === 0) { yield nothing('TC-01', `${hostName(host)} to ${peer}`, [socket.source]); continue; }
    said.add(peer);
    const told = view.counters.growth(host, 'IcmpInDestUnreachs');
    const last = view.counters.last(host, 'IcmpInDestUnreachs');
    const silent = (told.state === 'known' && told.value.by === 0) || (last.state === 'known' && last.value === 0);
    const line: SourceLine = socket.detailsSource ?? socket.source;
    yield fault(finding('TC-01', {
      host, about: [about.host(host), ...(socket.local.address === null ? [] : [about.address(socket.local.address)])],
      args: { host: hostName(host), peer, mss: String(mss), pmtu: socket.details.get('pmtu') ?? 'not captured', why: silent ? 'a small one after them arrived, and no "fragmentation needed" came back' : 'a small one after them arrived' },
      proofs: [proof(host, line, 'unacknowledged, sent again, a later small one acknowledged'), proof(host, socket.source, 'bytes that wait'), ...(silent ? proofs(host, told.state === 'known' ? told : last, 'no ICMP came') : [])],
      rulesOut: [{ code: 'FW-03', what: 'A firewall that drops everything after the handshake', because: 'a small segment was acknowledged', line }],
      ...(silent ? {} : { lowered: [{ by: 0.15, because: 'whether "fragmentation needed" came back was not captured' }], settle: [{ host, command: 'nstat -az IcmpInDestUnreachs; sleep 10; nstat -az IcmpInDestUnreachs' }] }),
    }));
  }
  if (stuck.length === 0) yield nothing('TC-01', hostName(host), [any.source]);
}
