import type { SourceLine } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'hosts' | 'sockets' | 'counters' | 'haproxy' | 'sysctls' | 'kernel'>;

/** TC-02, TC-03, TC-04, TC-05, TC-07: queues, ports and limits of one host. */
export const tcLimits = analyzer({
  name: 'tc-limits',
  asks: 'Is there room for another connection?',
  codes: ['TC-02', 'TC-03', 'TC-04', 'TC-05', 'TC-07'],
  reads: ['hosts', 'sockets', 'counters', 'haproxy', 'sysctls', 'kernel'],
  *analyze(view): Generator<Answer> {
    for (const host of view.hosts.names) {
      yield* acceptQueue(view, host);
      yield* halfOpen(view, host);
      yield* ports(view, host);
      yield* connections(view, host);
      yield* recycle(view, host);
    }
  },
});

function* acceptQueue(view: View, host: string): Generator<Answer> {
  const listeners = view.sockets.listeners(host).filter((socket) => socket.protocol === 'tcp' && socket.sendQ > 0);
  const grown = view.counters.growth(host, 'TcpExtListenOverflows');
  const rises = grown.state === 'known' && grown.value.by > 0;
  // The kernel lets one more in than the limit: Recv-Q = Send-Q + 1 is a full queue, equal may be the edge of a burst.
  const full = listeners.filter((socket) => socket.recvQ > socket.sendQ || (rises && socket.recvQ >= socket.sendQ));
  for (const socket of full) {
    const where = `${socket.local.address ?? '*'}:${String(socket.local.port ?? 0)}`;
    yield fault(finding('TC-02', {
      host, about: [about.host(host), ...(socket.local.address === null ? [] : [about.address(socket.local.address)])],
      args: { process: socket.process ?? 'A program', host: hostName(host), waiting: String(socket.recvQ), listener: where, limit: String(socket.sendQ), rising: rises ? `; ${String(grown.value.by)} were dropped between two samples` : '' },
      proofs: [proof(host, socket.source, 'waiting (Recv-Q) and limit (Send-Q)'), ...(rises ? proofs(host, grown, 'dropped for a full queue') : [])],
      ...(rises ? {} : { lowered: [{ by: 0.15, because: 'no growing ListenOverflows in the evidence' }], settle: [{ host, command: 'nstat -az TcpExtListenOverflows; sleep 10; nstat -az TcpExtListenOverflows' }] }),
    }));
  }
  const [first] = listeners;
  if (full.length > 0) return;
  if (rises && listeners.length === 0) yield unsettled('TC-02', hostName(host), { state: 'unknown', because: 'ListenOverflows grows, the listeners were not captured', settle: [{ host, command: 'ss -ltnp' }] });
  else if (first !== undefined) yield nothing('TC-02', hostName(host), [first.source]);
}

function* halfOpen(view: View, host: string): Generator<Answer> {
  const counters = ['TcpExtTCPReqQFullDrop', 'TcpExtTCPReqQFullDoCookies'].map((name) => ({ name, grown: view.counters.growth(host, name) }));
  const logged = view.kernel.synFloods.filter((found) => found.host === host);
  const rising = counters.flatMap(({ name, grown }) => (grown.state === 'known' && grown.value.by > 0 ? [{ name, grown, by: grown.value.by }] : []));
  const standing = counters.flatMap(({ grown }) => (grown.state === 'known' && grown.value.by === 0 ? grown.lines : []));
  // The kernel warns once for a listener and never takes it back: counters that stand still say that it is over.
  if (rising.length === 0 && standing.length > 0) { yield nothing('TC-03', hostName(host), standing); return; }
  const shown = [...rising.flatMap(({ grown, name }) => proofs(host, grown, name)), ...logged.slice(0, 1).map(({ record }) => proof(host, record.source, 'the kernel says so'))];
  const [first, ...rest] = shown;
  if (first === undefined) return;
  const how = rising.length > 0 ? rising.map(({ name, by }) => `${name.slice(6)} rose by ${String(by)}`).join(', ') : 'the kernel warns of SYN flooding';
  yield fault(finding('TC-03', { host, about: [about.host(host)], args: { host: hostName(host), how }, proofs: [first, ...rest], ...(rising.length === 0 ? { severity: 'note' as const, lowered: [{ by: 0.3, because: 'a log line does not say that it still happens' }] } : {}) }));
}

function* ports(view: View, host: string): Generator<Answer> {
  const events = view.haproxy.events.filter((found) => found.host === host && found.record.event === 'no-free-ports');
  const range = view.sysctls.value(host, 'net.ipv4.ip_local_port_range');
  const [low, high] = range.state === 'known' ? range.value.split(/\s+/).map(Number) : [32_768, 60_999];
  const size = (high ?? 60_999) - (low ?? 32_768) + 1;
  const waiting = new Map<string, { count: number; line: SourceLine }>();
  const outgoing = view.sockets.of(host).filter((socket) => socket.protocol === 'tcp' && socket.peer.address !== null && (socket.local.port ?? 0) >= (low ?? 0) && (socket.local.port ?? 0) <= (high ?? 0));
  for (const socket of outgoing) {
    const key = `${socket.local.address ?? '*'} to ${socket.peer.address ?? ''}:${String(socket.peer.port ?? 0)}`;
    const entry = waiting.get(key) ?? { count: 0, line: socket.source };
    waiting.set(key, entry);
    entry.count++;
  }
  const [most] = [...waiting].sort((a, b) => b[1].count - a[1].count);
  const [event] = events;
  const used = most !== undefined && most[1].count >= size * 0.9 ? most : null;
  if (event === undefined && used === null) { if (most !== undefined) yield nothing('TC-04', hostName(host), [most[1].line]); return; }
  const shown = [...(event === undefined ? [] : [proof(host, event.record.source, 'HAProxy says so')]), ...(used === null ? [] : [proof(host, used[1].line, `one of ${String(used[1].count)} sockets`)]), ...proofs(host, range, 'the ports there are')];
  const [one, ...rest] = shown;
  if (one === undefined) return;
  yield fault(finding('TC-04', {
    host, about: [about.host(host), ...[event?.record.proxy ?? null].flatMap((name) => (name === null ? [] : [about.name(name)]))],
    args: { host: hostName(host), target: event?.record.proxy ?? used?.[0].split(' to ')[1] ?? 'a server', how: [...(event === undefined ? [] : [`HAProxy could not connect (${String(events.length)} log lines)`]), ...(used === null ? [] : [`${String(used[1].count)} of ${String(size)} ports are taken (${used[0]})`])].join('; ') },
    proofs: [one, ...rest],
  }));
}

function* connections(view: View, host: string): Generator<Answer> {
  // `Proxy web reached process FD limit (maxsock=4013). Please check 'ulimit-n' and restart.`
  const full = view.haproxy.events.find((found) => found.host === host && found.record.event === 'maxconn-reached');
  const most = /maxsock=(\d+)/.exec(full?.record.text ?? '')?.[1];
  if (full !== undefined && most !== undefined) {
    yield fault(finding('TC-05', {
      host, about: [about.host(host), ...(full.record.proxy === null ? [] : [about.name(full.record.proxy)])], args: { what: `HAProxy (file descriptors, met at proxy ${full.record.proxy ?? '?'})`, host: hostName(host), count: most, max: most },
      proofs: [proof(host, full.record.source, 'HAProxy says so')], lowered: [{ by: 0.15, because: 'a log line does not say that it still is' }], settle: [{ host, command: 'echo "show info" | socat stdio SOCKET | grep -iE "conn|maxsock|ulimit"' }],
    }));
    return;
  }
  for (const { record } of view.haproxy.info.filter((found) => found.host === host)) {
    const [now, max] = [record.values.get('CurrConns'), record.values.get('Maxconn')];
    if (now === undefined || max === undefined || Number(max.value) <= 0) continue;
    if (Number(now.value) < Number(max.value)) { yield nothing('TC-05', hostName(host), [now.source, max.source]); continue; }
    yield fault(finding('TC-05', { host, about: [about.host(host)], args: { what: 'HAProxy', host: hostName(host), count: now.value, max: max.value }, proofs: [proof(host, now.source, 'connections'), proof(host, max.source, 'the limit')] }));
    return;
  }
  for (const { record } of view.haproxy.stats.filter((found) => found.host === host && found.record.server === 'FRONTEND')) {
    const [now, max] = [Number(record.values.get('scur')), Number(record.values.get('slim'))];
    if (!(max > 0) || now < max) continue;
    yield fault(finding('TC-05', { host, about: [about.host(host)], args: { what: `Frontend ${record.proxy}`, host: hostName(host), count: String(now), max: String(max) }, proofs: [proof(host, record.source, 'scur and slim')] }));
    return;
  }
}

function* recycle(view: View, host: string): Generator<Answer> {
  const setting = view.sysctls.number(host, 'net.ipv4.tcp_tw_recycle');
  if (setting.state !== 'known') return;
  const kernel = view.hosts.kernel(host);
  const modern = kernel.state === 'known' && (kernel.value.major > 4 || (kernel.value.major === 4 && kernel.value.minor >= 12));
  if (setting.value === 0 || modern) { yield nothing('TC-07', hostName(host), setting.lines); return; }
  const rejected = view.counters.growth(host, 'TcpExtPAWSPassive');
  const [first, ...rest] = [...proofs(host, setting, 'switched on'), ...proofs(host, kernel, 'a kernel that has it'), ...(rejected.state === 'known' && rejected.value.by > 0 ? proofs(host, rejected, 'rejected') : [])];
  if (first === undefined) return;
  yield fault(finding('TC-07', { host, about: [about.host(host)], args: { host: hostName(host), kernel: kernel.state === 'known' ? ` on kernel ${kernel.value.release}` : '' }, proofs: [first, ...rest], ...(rejected.state === 'known' && rejected.value.by > 0 ? {} : { lowered: [{ by: 0.2, because: 'no growing PAWSPassive in the evidence' }] }) }));
}
