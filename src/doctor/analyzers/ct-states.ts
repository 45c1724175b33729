import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { ConntrackRow, ConntrackTable } from '../model/conntrack.ts';
import type { Facets } from '../model/facets.ts';
import { wasEstablished } from '../model/lvs-servers.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'conntrack' | 'sockets' | 'components' | 'vips' | 'holders' | 'lvs'>;

/** CT-03, CT-06, CT-07: what the states of the tracked connections say. */
export const ctStates = analyzer({
  name: 'ct-states',
  asks: 'Do the states of the tracked connections pile up where they should not?',
  codes: ['CT-03', 'CT-06', 'CT-07'],
  reads: ['conntrack', 'sockets', 'components', 'vips', 'holders', 'lvs'],
  *analyze(view): Generator<Answer> {
    for (const host of view.conntrack.hosts) {
      const table = view.conntrack.table(host);
      if (table.state !== 'known') continue;
      yield* closeWait(view, host, table.value);
      yield* unreachable(host, table.value);
      yield* oneWay(view, host);
    }
  },
});

function tcpRows(table: ConntrackTable): number {
  return [...table.byState.values()].reduce((sum, { count }) => sum + count, 0);
}

/** Fewer rows than this say nothing about shares. */
const enough = 50;

function* closeWait(view: View, host: string, table: ConntrackTable): Generator<Answer> {
  const rows = tcpRows(table);
  const piled = table.byState.get('CLOSE_WAIT');
  if (rows < enough) return;
  const share = (piled?.count ?? 0) / rows;
  const timeout = view.conntrack.timeout(host, 'tcp_timeout_close_wait');
  const sample = piled?.samples[0];
  // The kernel's own default is 60 s; a state that is forgotten within minutes piles up only while connections really end that way.
  if (share <= 0.3 || sample === undefined || (timeout.state === 'known' && timeout.value <= 300)) { yield nothing('CT-03', hostName(host), [table.source, ...(timeout.state === 'known' ? timeout.lines : [])]); return; }
  const sockets = view.sockets.inState(host, 'CLOSE-WAIT');
  if (sockets.length >= (piled?.count ?? 0) / 2) { yield nothing('CT-03', hostName(host), sockets.slice(0, 2).map((socket) => socket.source)); return; }
  const proxy = view.components.runsKubeProxy(host);
  const shown: [Proof, ...Proof[]] = [proof(host, sample, `${String(piled?.count ?? 0)} of ${String(rows)}`), ...proofs(host, timeout, 'how long they stay'), ...(proxy === null ? [] : [proof(host, proxy, 'kube-proxy is at work here')])];
  yield fault(finding('CT-03', {
    host, about: [about.host(host)],
    args: { host: hostName(host), percent: String(Math.round(share * 100)), timeout: timeout.state === 'known' ? `${String(timeout.value)} s` : 'a time that was not captured (one hour under kube-proxy)' },
    proofs: shown,
    rulesOut: view.sockets.hosts.includes(host) ? [{ code: null, what: 'A program that does not close its sockets', because: `ss shows ${String(sockets.length)} sockets in CLOSE-WAIT`, line: sockets[0]?.source ?? view.sockets.of(host)[0]?.source ?? null }] : [],
    ...(timeout.state === 'unknown' ? { lowered: [{ by: 0.2, because: 'the timeout was not captured' }], settle: timeout.settle } : {}),
  }));
}

function* unreachable(host: string, table: ConntrackTable): Generator<Answer> {
  const rows = tcpRows(table);
  if (rows < enough) return;
  const waiting = ['SYN_RECV', 'LAST_ACK', 'FIN_WAIT'].map((state) => ({ state, ...(table.byState.get(state) ?? { count: 0, samples: [] as readonly SourceLine[] }) }));
  const count = waiting.reduce((sum, each) => sum + each.count, 0);
  const share = count / rows;
  const half = table.byState.get('SYN_RECV')?.count ?? 0;
  const answered = table.byState.get('ESTABLISHED')?.count ?? 0;
  // Every row another source, and nearly all of them half open: that is a flood, not clients that cannot be reached.
  const flood = half > count * 0.9 && table.differentSources > table.rows * 0.9;
  const samples = waiting.filter((each) => each.count > 0).sort((a, b) => b.count - a.count).flatMap((each) => each.samples.slice(0, 1).map((line) => proof(host, line, `one of ${String(each.count)} in ${each.state}`)));
  const [first, ...rest] = samples;
  if (share <= 0.3 || flood || answered === 0 || first === undefined) { yield nothing('CT-06', hostName(host), [table.source]); return; }
  const repeated = table.sources.slice(0, 3).map((source) => `${source.address} (${String(source.count)})`).join(', ');
  yield fault(finding('CT-06', {
    host, about: [about.host(host)], args: { host: hostName(host), percent: String(Math.round(share * 100)), sources: repeated === '' ? 'sources that were not captured' : repeated }, proofs: [first, ...rest],
    rulesOut: [{ code: 'TC-03', what: 'A SYN flood', because: `${String(answered)} connections are established and sources repeat`, line: table.byState.get('ESTABLISHED')?.samples[0] ?? null }],
  }));
}

/** Attempts to one place, none of them answered, while the table was captured. One in flight proves nothing. */
function* oneWay(view: View, host: string): Generator<Answer> {
  const rows = view.conntrack.rows(host).filter((row) => row.protocol === 'tcp');
  const groups: ReadonlyMap<string, readonly ConntrackRow[]> = Map.groupBy(rows, (row) => `${row.original.dst} ${String(row.original.dport ?? 0)}`);
  for (const group of groups.values()) {
    const attempts = group.filter((row) => row.state === 'SYN_SENT' && row.unreplied);
    const first = attempts[0];
    if (first === undefined) continue;
    const { dst, dport } = first.original;
    if (!isKnownPlace(view, dst)) continue;
    const target = `${dst}:${String(dport ?? 0)}`;
    const answered = group.find((row) => !row.unreplied);
    if (answered !== undefined) { yield nothing('CT-07', `${target} on ${hostName(host)}`, [answered.source]); continue; }
    // With direct routing the answer takes another way: a director that has the connection beyond its beginning knows of it.
    const elsewhere = view.lvs.connections.find(({ record }) => wasEstablished(record) && attempts.some(({ original }) => original.src === record.client && original.sport === record.clientPort && original.dst === record.vip && original.dport === record.vipPort));
    if (elsewhere !== undefined) { yield nothing('CT-07', `${target} on ${hostName(host)}`, [elsewhere.record.source]); continue; }
    const last = attempts.at(-1);
    const sources = new Set(attempts.map((row) => row.original.src));
    yield fault(finding('CT-07', {
      host, about: [about.host(host), about.address(dst), about.service(dst, dport ?? 0)],
      args: { host: hostName(host), count: String(attempts.length), target, address: dst, port: String(dport ?? 0) },
      proofs: [proof(host, first.source, 'no answer seen'), ...(last === undefined || last === first ? [] : [proof(host, last.source, 'nor to this one')])],
      ...(attempts.length === 1 ? { severity: 'note' as const, lowered: [{ by: 0.3, because: 'one attempt only: it may have been in flight' }] } : {}),
      rulesOut: sources.size > 1 ? [{ code: null, what: 'One client that cannot be answered', because: `${String(sources.size)} different clients tried`, line: last?.source ?? null }] : [],
    }));
  }
}

function isKnownPlace(view: View, address: string): boolean {
  return view.vips.of(address).length > 0 || view.holders.of(address).some((each) => each.place !== 'inner') || view.lvs.services.some(({ record }) => record.realServers.some((server) => server.address === address));
}
