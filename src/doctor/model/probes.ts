import type { Address } from '../address.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** What somebody tried from a host: pings, arpings, connections. */
export interface Probes {
  pings(host: string, target: Address): readonly RecordOf<'ping'>[];
  arpings(target: Address): readonly Found<'arping'>[];
  connects(host: string, target: Address): readonly RecordOf<'connect'>[];
  /** Addresses that anybody tried to reach, with who did. */
  readonly targets: ReadonlyMap<Address, ReadonlySet<string>>;
  readonly allArpings: readonly Found<'arping'>[];
  readonly allConnects: readonly Found<'connect'>[];
}

export function createProbes(index: RecordIndex): Probes {
  const targets = new Map<Address, Set<string>>();
  const add = (target: Address, host: string): void => {
    const hosts = targets.get(target) ?? new Set<string>();
    targets.set(target, hosts);
    hosts.add(host);
  };
  for (const kind of ['ping', 'arping', 'connect'] as const) for (const { host, record } of index.of(kind)) add(record.target, host);
  return {
    pings: (host, target) => index.of('ping').filter((found) => found.host === host && found.record.target === target).map((found) => found.record),
    arpings: (target) => index.of('arping').filter((found) => found.record.target === target),
    connects: (host, target) => index.of('connect').filter((found) => found.host === host && found.record.target === target).map((found) => found.record),
    targets, allArpings: index.of('arping'), allConnects: index.of('connect'),
  };
}
