import type { Address } from '../address.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

export type Neighbour = RecordOf<'neighbour'>;

export interface NeighbourRow {
  readonly host: string;
  readonly row: Neighbour;
  readonly takenAt: number | null;
  /** A later row of the same host for the same address, with another MAC or state: the entry was refreshed in between. */
  readonly later: Neighbour | null;
}

/** Neighbour tables of all hosts, from whatever form they were captured in. */
export interface Neighbours {
  readonly rows: readonly NeighbourRow[];
  of(address: Address): readonly NeighbourRow[];
  readonly proxies: readonly NeighbourRow[];
  count(host: string): number;
  /** Hosts with a neighbour table in the evidence. */
  readonly hosts: readonly string[];
}

const preferred: Readonly<Record<string, number>> = { 'ip-neighbour': 0, arp: 1 };

export function createNeighbours(index: RecordIndex): Neighbours {
  const byKey = new Map<string, Found<'neighbour'>[]>();
  const proxies: NeighbourRow[] = [];
  for (const found of index.of('neighbour')) {
    if (found.record.proxy) { proxies.push({ host: found.host, row: found.record, takenAt: found.read.capture.takenAt, later: null }); continue; }
    // arp and ip neigh tell of the same table; a device may be cut off in the one and not in the other.
    const key = `${found.host}\0${found.record.address}\0${found.record.dev ?? ''}`;
    const list = byKey.get(key) ?? [];
    byKey.set(key, list);
    list.push(found);
  }
  const rows: NeighbourRow[] = [];
  for (const list of byKey.values()) {
    const ordered = [...list].sort((a, b) => order(a) - order(b));
    const seen: Found<'neighbour'>[] = [];
    for (const found of ordered) if (!seen.some((other) => other.record.mac === found.record.mac && usable(other.record) === usable(found.record))) seen.push(found);
    seen.forEach((found, at) => { rows.push({ host: found.host, row: found.record, takenAt: found.read.capture.takenAt, later: seen[at + 1]?.record ?? null }); });
  }
  return {
    rows, proxies,
    of: (address) => rows.filter(({ row }) => row.address === address),
    count: (host) => rows.filter((each) => each.host === host).length,
    hosts: index.hosts.filter((host) => index.read(host, 'ip-neighbour').length + index.read(host, 'arp').length > 0),
  };
}

/** First sample first; of one sample, the form that knows more. */
function order(found: Found<'neighbour'>): number {
  return found.read.capture.sample * 1_000_000 + (preferred[found.read.formats[0] ?? ''] ?? 2) * 100_000 + found.record.source.line / 1e6;
}

/** Whether the row has a MAC that packets are sent to. */
export function usable(row: Neighbour): boolean {
  return row.mac !== null && row.state !== 'incomplete' && row.state !== 'failed' && row.state !== 'none';
}
