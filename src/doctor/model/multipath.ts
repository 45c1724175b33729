import type { NextHop } from '../parsers/ip-route.ts';
import type { NexthopRecord } from '../parsers/ip-nexthop.ts';
import type { SourceLine } from '../evidence.ts';
import type { RecordIndex } from './record-index.ts';

interface Seen {
  readonly hops: readonly NextHop[];
  readonly line: SourceLine;
}

/** A prefix of one host with its next hops in the first and the last capture. */
export interface Multipath {
  readonly host: string;
  readonly to: string;
  readonly first: Seen;
  /** Null when the table was captured once only. */
  readonly last: Seen | null;
  /** The group of next hop objects behind it, where both were captured. */
  readonly group: NexthopRecord | null;
}

export interface Multipaths {
  readonly all: readonly Multipath[];
}

/** Prefixes that had more than one next hop in any capture. A route that moved away altogether is not told here. */
export function createMultipaths(index: RecordIndex): Multipaths {
  const byKey = new Map<string, { host: string; to: string; ids: Set<number>; seen: (Seen & { readonly sample: number })[] }>();
  const objects = index.of('nexthop');
  const routes = index.of('ip-route').filter(({ record }) => record.type === 'unicast');
  for (const { host, record, read } of routes) {
    const to = record.to.length === 0 ? 'default' : `${record.to.address}/${String(record.to.length)}`;
    const key = `${host}\0${record.table}\0${to}\0${String(record.metric)}`;
    const entry = byKey.get(key) ?? { host, to, ids: new Set<number>(), seen: [] };
    byKey.set(key, entry);
    if (record.nexthopId !== null) entry.ids.add(record.nexthopId);
    entry.seen.push({ sample: read.capture.sample, hops: record.hops, line: record.source });
  }
  const group = (host: string, ids: ReadonlySet<number>): NexthopRecord | null => objects.filter((found) => found.host === host && ids.has(found.record.id) && found.record.group.length > 0).at(-1)?.record ?? null;
  const all = [...byKey.values()].filter((entry) => entry.seen.some((each) => each.hops.length > 1)).flatMap(({ host, to, ids, seen }): Multipath[] => {
    const ordered = [...seen].sort((a, b) => a.sample - b.sample);
    const first = ordered[0];
    const last = ordered.at(-1);
    return first === undefined ? [] : [{ host, to, first, last: last === undefined || last.sample === first.sample ? null : last, group: group(host, ids) }];
  });
  // The routes may have been captured once, and the objects that they use twice.
  for (const each of all.filter((one) => one.last === null && one.group !== null)) {
    const samples = objects.filter((found) => found.host === each.host && found.record.id === each.group?.id).sort((a, b) => a.read.capture.sample - b.read.capture.sample);
    const [before, after] = [samples[0], samples.at(-1)];
    if (before === undefined || after === undefined || before.read === after.read) continue;
    const hops = (found: typeof before): NextHop[] => found.record.group.flatMap((id): NextHop[] => { const member = objects.find((one) => one.host === each.host && one.record.id === id); return member === undefined ? [] : [{ via: member.record.via, dev: member.record.dev, weight: 1 }]; });
    all[all.indexOf(each)] = { ...each, first: { hops: hops(before), line: before.record.source }, last: { hops: hops(after), line: after.record.source } };
  }
  return { all };
}
