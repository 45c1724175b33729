import type { NextHop } from '../parsers/ip-route.ts';
import type { SourceLine } from '../evidence.ts';
import type { RecordIndex } from './record-index.ts';

/** A prefix of one host with its next hops in the first and the last capture. */
export interface Multipath {
  readonly host: string;
  readonly to: string;
  readonly first: { readonly hops: readonly NextHop[]; readonly line: SourceLine };
  /** Null when the table was captured once only. */
  readonly last: { readonly hops: readonly NextHop[]; readonly line: SourceLine } | null;
}

export interface Multipaths {
  readonly all: readonly Multipath[];
}

/** Prefixes that had more than one next hop in any capture. A route that moved away altogether is not told here. */
export function createMultipaths(index: RecordIndex): Multipaths {
  const byKey = new Map<string, { host: string; to: string; seen: { sample: number; hops: readonly NextHop[]; line: SourceLine }[] }>();
  for (const { host, record, read } of index.of('ip-route')) {
    if (record.type !== 'unicast') continue;
    const to = record.to.length === 0 ? 'default' : `${record.to.address}/${String(record.to.length)}`;
    const key = `${host}\0${record.table}\0${to}\0${String(record.metric)}`;
    const entry = byKey.get(key) ?? { host, to, seen: [] };
    byKey.set(key, entry);
    entry.seen.push({ sample: read.capture.sample, hops: record.hops, line: record.source });
  }
  return {
    all: [...byKey.values()].filter((entry) => entry.seen.some((each) => each.hops.length > 1)).flatMap(({ host, to, seen }): Multipath[] => {
      const ordered = [...seen].sort((a, b) => a.sample - b.sample);
      const first = ordered[0];
      const last = ordered.at(-1);
      return first === undefined ? [] : [{ host, to, first, last: last === undefined || last.sample === first.sample ? null : last }];
    }),
  };
}
