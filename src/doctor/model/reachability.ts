import type { Address } from '../address.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** What was asked of routing, whatever the address. */
export interface Reachability {
  /** Every `ip route get` of the evidence. */
  readonly lookups: readonly Found<'route-lookup'>[];
  readonly pings: readonly Found<'ping'>[];
  /** Policy rules whose table has no entry, although all tables were captured. */
  emptyTables(host: string): readonly RecordOf<'ip-rule'>[];
  readonly hosts: readonly string[];
  /** Addresses that a host tried to reach. */
  tried(host: string): readonly Address[];
}

export function createReachability(index: RecordIndex): Reachability {
  return {
    lookups: index.of('route-lookup'), pings: index.of('ping'), hosts: index.hosts.filter((host) => index.read(host, 'ip-route').length > 0),
    emptyTables: (host) => {
      const all = index.read(host, 'ip-route').some((read) => read.complete && /\btable\s+all\b/.test(read.capture.command));
      if (!all) return [];
      const tables = new Set(index.of('ip-route').filter((found) => found.host === host).map((found) => found.record.table));
      return index.of('ip-rule').filter((found) => found.host === host).map((found) => found.record).filter((rule) => rule.table !== null && !['local', 'main', 'default'].includes(rule.table) && !tables.has(rule.table));
    },
    tried: (host) => [...new Set([...index.of('ping').filter((found) => found.host === host).map((found) => found.record.target), ...index.of('connect').filter((found) => found.host === host).map((found) => found.record.target)])],
  };
}
