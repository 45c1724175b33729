import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'hosts'>;
type Reload = View['haproxy']['reloads'][number]['record'];

/** RO-14, RO-15: workers that end without being told, and reloads without end. */
export const roReloads = analyzer({
  name: 'ro-reloads',
  asks: 'Who starts HAProxy again, and how often?',
  codes: ['RO-14', 'RO-15'],
  reads: ['haproxy', 'hosts'],
  *analyze(view): Generator<Answer> {
    for (const host of new Set([...view.haproxy.hosts, ...view.haproxy.reloads.map((found) => found.host)])) {
      const reloads = view.haproxy.reloads.filter((found) => found.host === host).map((found) => found.record);
      yield* signalled(view, host, reloads);
      yield* storm(view, host, reloads);
    }
  },
});

/** An ordered stop takes as long as connections do; the master announces it first. */
const stopTakes = 10 * 60_000;

function* signalled(view: View, host: string, reloads: readonly Reload[]): Generator<Answer> {
  const ended = reloads.filter((each) => each.what === 'worker-ended');
  const [any] = ended;
  const leaving = (end: Reload): boolean => reloads.some((each) => each.what === 'leaving' && (each.at === null || end.at === null || (end.at.ms - each.at.ms >= -5000 && end.at.ms - each.at.ms <= stopTakes)));
  // 0: it finished what it had (SIGUSR1, -sf); 143: SIGTERM (-st). Crashes and the kernel's memory killer have other codes.
  const alone = ended.filter((each) => (each.code === 0 || each.code === 143) && !leaving(each));
  const [first, ...rest] = alone;
  const signals = view.haproxy.signalsByName.filter((found) => found.host === host);
  const configurations = new Map(view.hosts.processes(host, /^(?:\S*\/)?haproxy\s/).map((process) => [/\s-f\s+(\S+)/.exec(process.command)?.[1] ?? '', process]));
  const others = configurations.size > 1 ? [...configurations].slice(0, 3) : [];
  const who = [...signals.slice(0, 2).map(({ record }) => proof(host, record.source, 'signals every HAProxy of the host')), ...others.map(([, process]) => proof(host, process.source, 'an HAProxy of its own'))];
  const how = signals[0] !== undefined ? `"${signals[0].record.command}" signals every process of that name` : others.length > 0 ? `${String(configurations.size)} HAProxies with different configurations run there` : 'who sent the signal is not in the evidence';
  if (first !== undefined) {
    const reload = reloads.find((each) => each.what === 'reloaded' && each.by !== 'systemd');
    yield fault(finding('RO-14', {
      host, about: [about.host(host)], args: { host: hostName(host), count: String(alone.length), how },
      proofs: [proof(host, first.source, 'the current worker, not a replaced one'), ...rest.slice(0, 1).map((each) => proof(host, each.source, 'and again')), ...who],
      rulesOut: [{ code: null, what: 'A stop that was asked for', because: 'the master was not told to exit before', line: first.source }, ...(reload === undefined ? [] : [{ code: 'RO-15', what: 'A reload', because: 'the master calls replaced workers former ones', line: reload.source }])],
      ...(signals.length > 0 ? {} : { lowered: [{ by: others.length > 0 ? 0.05 : 0.1, because: 'nothing in the evidence shows who sent the signal' }], settle: [{ host, command: 'grep -rnE "pidof|killall|pkill" /etc /usr/local/bin | grep haproxy; ps axww -o pid,ppid,etime,rss,args | grep haproxy' }] }),
    }));
    return;
  }
  if (any !== undefined) { yield nothing('RO-14', hostName(host), [any.source]); return; }
  const stopped = view.haproxy.events.find((found) => found.host === host && found.record.event === 'proxy-stopped');
  if (stopped === undefined) return;
  if (reloads.length > 0 || signals.length === 0 || others.length === 0) { yield nothing('RO-14', hostName(host), [stopped.record.source, ...reloads.slice(0, 1).map((each) => each.source)]); return; }
  yield fault(finding('RO-14', {
    host, about: [about.host(host)], args: { host: hostName(host), count: '1 or more', how }, proofs: [proof(host, stopped.record.source, 'it stopped, and no reload is logged'), ...who],
    lowered: [{ by: 0.25, because: 'without a master nothing in the log tells its own reload from another one' }],
  }));
}

const window = 180_000;

function* storm(view: View, host: string, reloads: readonly Reload[]): Generator<Answer> {
  const done = reloads.filter((each) => each.what === 'reloaded');
  // HAProxy, systemd and a controller may each tell of the same reload: the one that tells most of them is counted.
  const by = [...new Set(done.map((each) => each.by))].sort((a, b) => done.filter((each) => each.by === b).length - done.filter((each) => each.by === a).length)[0];
  const timed = done.flatMap((each) => (each.by === by && each.at !== null ? [{ record: each, ms: each.at.ms }] : [])).sort((a, b) => a.ms - b.ms);
  let busiest: typeof timed = [];
  for (let from = 0, to = 0; to < timed.length; to++) {
    while ((timed[to]?.ms ?? 0) - (timed[from]?.ms ?? 0) > window) from++;
    if (to - from + 1 > busiest.length) busiest = timed.slice(from, to + 1);
  }
  const [first] = busiest;
  const last = busiest.at(-1);
  if (first !== undefined && last !== undefined && busiest.length >= 6) {
    const triggers = new Map<string, number>();
    for (const { record } of busiest) if (record.trigger !== null) triggers.set(record.trigger, (triggers.get(record.trigger) ?? 0) + 1);
    const [most] = [...triggers].sort((a, b) => b[1] - a[1]);
    yield fault(finding('RO-15', {
      host, about: [about.host(host)],
      args: { host: hostName(host), count: String(busiest.length), time: `within ${String(Math.max(1, Math.round((last.ms - first.ms) / 1000)))} s`, trigger: most === undefined ? 'what caused them is not logged' : `${String(most[1])} of them for ${most[0]}` },
      proofs: [proof(host, first.record.source, 'the first'), proof(host, last.record.source, `the last of ${String(busiest.length)}`)],
    }));
    return;
  }
  const master = view.haproxy.processes.find((found) => found.host === host && found.record.role === 'master');
  const minutes = master === undefined ? 0 : minutesOf(master.record.uptime);
  if (master !== undefined && minutes > 0 && master.record.reloads >= 60 && master.record.reloads / minutes >= 0.5) {
    yield fault(finding('RO-15', { host, about: [about.host(host)], args: { host: hostName(host), count: String(master.record.reloads), time: `in ${master.record.uptime}`, trigger: 'the log tells what caused them' }, proofs: [proof(host, master.record.source, 'reloads and life of the master')], settle: [{ host, command: 'journalctl -u haproxy --no-pager -n 500' }] }));
    return;
  }
  if (first !== undefined) yield nothing('RO-15', hostName(host), [first.record.source]);
  else if (master !== undefined) yield nothing('RO-15', hostName(host), [master.record.source]);
}

/** `1d02h03m04s` of "show proc". */
function minutesOf(uptime: string): number {
  const found = /^(\d+)d(\d+)h(\d+)m(\d+)s$/.exec(uptime);
  return found ? Number(found[1]) * 1440 + Number(found[2]) * 60 + Number(found[3]) + Number(found[4]) / 60 : 0;
}
