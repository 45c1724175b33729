import type { Known } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import type { ConntrackTable } from '../model/conntrack.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'conntrack' | 'kernel' | 'components'>;

/** CT-01, CT-02, CT-05, CT-11: is the table full, nearly full, badly hashed, and did probes die of it? */
export const ctFull = analyzer({
  name: 'ct-full',
  asks: 'Is there room in the connection table?',
  codes: ['CT-01', 'CT-02', 'CT-05', 'CT-11'],
  reads: ['conntrack', 'kernel', 'components'],
  *analyze(view): Generator<Answer> {
    for (const host of new Set([...view.conntrack.hosts, ...view.kernel.conntrackFull.map((found) => found.host)])) {
      const full = tableFull(view, host);
      yield full;
      if (full.outcome === 'fault' && full.finding.severity === 'error') yield* starved(view, host);
      yield* nearlyFull(view, host);
      yield* buckets(view, host);
    }
  },
});

function size(view: View, host: string): { readonly text: string; readonly proofs: Proof[] } {
  const count = view.conntrack.count(host);
  const max = view.conntrack.max(host);
  const text = count.state === 'known' && max.state === 'known' ? `now ${String(count.value)} of ${String(max.value)}` : max.state === 'known' ? `the limit is ${String(max.value)}` : count.state === 'known' ? `now ${String(count.value)}, the limit was not captured` : 'the limit was not captured';
  return { text, proofs: [...proofs(host, count, 'how many there are now'), ...proofs(host, max, 'the limit')] };
}

function tableFull(view: View, host: string): Answer {
  const logged = view.kernel.of(host);
  const drop = view.conntrack.growth(host, 'drop');
  const early = view.conntrack.growth(host, 'early_drop');
  const grown = [drop, early].flatMap((each) => (each.state === 'known' && each.value.by > 0 ? [each] : []));
  const { text, proofs: sizes } = size(view, host);
  const insert = view.conntrack.growth(host, 'insert_failed');
  const line = logged.at(-1);
  if (line !== undefined || grown.length > 0) {
    const byCounter = grown.map((each) => `${each === drop ? 'drop' : 'early_drop'} rose by ${String(each.value.by)}`).join(', ');
    const how = [line === undefined ? '' : `the kernel said so ${logged.length === 1 ? 'once' : `${String(logged.length)} times`}`, byCounter].filter((part) => part !== '').join('; ');
    const shown = [...(line === undefined ? [] : [proof(host, logged[0]?.source ?? line.source, 'the kernel says so'), proof(host, line.source, 'the last time')]), ...grown.flatMap((each) => proofs(host, each, 'packets dropped for want of room')), ...sizes];
    const [first, ...rest] = shown;
    if (first !== undefined) {
      return fault(finding('CT-01', {
        host, about: [about.host(host)], args: { host: hostName(host), how, size: text }, proofs: [first, ...rest],
        rulesOut: insert.state === 'known' && insert.value.by === 0 ? [{ code: 'CT-08', what: 'Entries that collide', because: 'insert_failed stood still', line: insert.lines[1] ?? null }] : [],
        ...(line !== undefined && grown.length === 0 ? { settle: [{ host, command: 'conntrack -S; sleep 10; conntrack -S   # is it still happening?' }] } : {}),
      }));
    }
  }
  if (drop.state === 'known') return nothing('CT-01', hostName(host), [...drop.lines, ...(early.state === 'known' ? early.lines : [])]);
  const once = view.conntrack.counter(host, 'drop');
  if (once.state === 'known' && once.value > 0) {
    // Counters run since boot: one sample says that it happened once, not that it happens.
    const [first, ...rest] = [...proofs(host, once, 'dropped since boot'), ...sizes];
    if (first !== undefined) {
      return fault(finding('CT-01', {
        host, about: [about.host(host)], severity: 'note', args: { host: hostName(host), how: `${String(once.value)} since boot, in one sample`, size: text }, proofs: [first, ...rest],
        lowered: [{ by: 0.4, because: 'one sample of a counter: it may be long ago' }], settle: [{ host, command: 'conntrack -S; sleep 10; conntrack -S' }],
      }));
    }
  }
  return unsettled('CT-01', hostName(host), drop);
}

function* nearlyFull(view: View, host: string): Generator<Answer> {
  const count = view.conntrack.count(host);
  const max = view.conntrack.max(host);
  if (count.state !== 'known' && max.state !== 'known') return;
  if (count.state !== 'known' || max.state !== 'known') { yield unsettled('CT-02', hostName(host), count, max); return; }
  if (max.value <= 0) return;
  const share = count.value / max.value;
  if (share <= 0.8) { yield nothing('CT-02', hostName(host), [...count.lines, ...max.lines]); return; }
  const table = view.conntrack.table(host);
  const [first, ...rest] = [...proofs(host, count, 'entries'), ...proofs(host, max, 'the limit'), ...(table.state === 'known' ? topState(host, table.value) : [])];
  if (first === undefined) return;
  yield fault(finding('CT-02', {
    host, about: [about.host(host)],
    args: { host: hostName(host), count: String(count.value), max: String(max.value), percent: String(Math.floor(share * 100)), who: who(table), doubled: String(max.value * 2) },
    proofs: [first, ...rest], ...(table.state === 'unknown' ? { settle: table.settle } : {}),
  }));
}

function topState(host: string, table: ConntrackTable): Proof[] {
  const [state, most] = [...table.byState].sort((a, b) => b[1].count - a[1].count)[0] ?? [];
  const line = most?.samples[0];
  return state === undefined || line === undefined ? [] : [proof(host, line, `one of ${String(most?.count ?? 0)} in ${state}`)];
}

function who(table: Known<ConntrackTable>): string {
  if (table.state !== 'known' || table.value.rows === 0) return 'who fills it was not captured';
  const states = [...table.value.byState].sort((a, b) => b[1].count - a[1].count).slice(0, 2).map(([state, { count }]) => `${String(Math.round((count / table.value.rows) * 100))} % ${state}`);
  const source = table.value.sources[0];
  return [...states, `${String(Math.round((table.value.assured / table.value.rows) * 100))} % assured`, ...(source === undefined ? [] : [`most from ${source.address} (${String(source.count)})`])].join(', ');
}

function* buckets(view: View, host: string): Generator<Answer> {
  const max = view.conntrack.max(host);
  const count = view.conntrack.buckets(host);
  if (max.state !== 'known' || count.state !== 'known' || count.value <= 0) return;
  const ratio = max.value / count.value;
  // The kernel's own choice is 1 to 8 entries a bucket, by version.
  if (ratio <= 8) { yield nothing('CT-05', hostName(host), [...max.lines, ...count.lines]); return; }
  const chains = view.conntrack.growth(host, 'chaintoolong');
  const [first, ...rest] = [...proofs(host, max, 'the limit'), ...proofs(host, count, 'the buckets'), ...(chains.state === 'known' && chains.value.by > 0 ? proofs(host, chains, 'chains too long') : [])];
  if (first === undefined) return;
  yield fault(finding('CT-05', {
    host, about: [about.host(host)], args: { host: hostName(host), max: String(max.value), buckets: String(count.value), ratio: ratio.toFixed(0), wanted: String(Math.ceil(max.value / 4)) }, proofs: [first, ...rest],
    ...(chains.state === 'known' && chains.value.by > 0 ? {} : { lowered: [{ by: 0.1, because: 'no growing chaintoolong shows that it hurts already' }] }),
  }));
}

/** Ten minutes: a probe fails several times before anything is restarted. */
const near = 600_000;

function* starved(view: View, host: string): Generator<Answer> {
  const full = view.kernel.of(host);
  const failures = view.components.probeFailures.filter((found) => found.host === host);
  const last = failures.at(-1);
  if (last === undefined) return;
  const timed = failures.flatMap((failure) => full.map((each) => ({ failure, each }))).filter(({ failure, each }) => failure.record.at !== null && each.at !== null && failure.record.at.absolute === each.at.absolute);
  const together = timed.find(({ failure, each }) => Math.abs((failure.record.at?.ms ?? 0) - (each.at?.ms ?? 0)) <= near);
  if (timed.length > 0 && together === undefined) { yield nothing('CT-11', hostName(host), [last.record.source]); return; }
  const failure = together?.failure ?? last;
  const cause = together?.each ?? full.at(-1);
  if (cause === undefined) { yield couldNotLook('CT-11', hostName(host), 'the kernel log was not captured', [{ host, command: 'dmesg -T' }]); return; }
  const restarts = failures.filter((found) => found.record.what === 'restarted').length;
  yield fault(finding('CT-11', {
    host, about: [about.host(host)],
    args: { host: hostName(host), when: together === undefined ? 'on the machine where' : 'while', what: `${String(failures.length - restarts)} failed probes, ${String(restarts)} restarts${failure.record.subject === null ? '' : `, among them ${failure.record.subject}`}` },
    proofs: [proof(host, failure.record.source, 'a probe failed'), proof(host, cause.source, 'the table was full')],
    ...(together === undefined ? { lowered: [{ by: 0.3, because: 'the times of the two logs cannot be compared' }] } : {}),
  }));
}
