import type { SourceLine } from '../evidence.ts';
import type { Address } from '../address.ts';

export interface StateCount {
  readonly count: number;
  readonly assured: number;
  readonly unreplied: number;
  /** First rows of that state. */
  readonly samples: readonly SourceLine[];
}

export interface Talker {
  readonly address: Address;
  /** Set in a list of services. */
  readonly port: number | null;
  readonly count: number;
}

/** The whole of `conntrack -L` or `/proc/net/nf_conntrack`, counted. */
export interface ConntrackTableRecord {
  readonly kind: 'conntrack-table';
  readonly source: SourceLine;
  readonly rows: number;
  /** Only a part of the table was captured (`| head`, `-s`): shares are right, the number of rows is not. */
  readonly sampled: boolean;
  readonly byProtocol: ReadonlyMap<string, number>;
  /** TCP states only: other protocols print none. */
  readonly byState: ReadonlyMap<string, StateCount>;
  readonly assured: number;
  readonly unreplied: number;
  readonly translated: number;
  /** The busiest, at most twenty, the busiest first; of the original direction. */
  readonly sources: readonly Talker[];
  readonly services: readonly Talker[];
  /** Number of different sources; a lower bound when `sourcesComplete` is false. */
  readonly differentSources: number;
  readonly sourcesComplete: boolean;
}

export interface Tuple {
  readonly src: Address;
  readonly dst: Address;
  /** null for protocols without ports. */
  readonly sport: number | null;
  readonly dport: number | null;
}

/** One row. All rows of a small table; of a large one the first that are unanswered or translated. */
export interface ConntrackRowRecord {
  readonly kind: 'conntrack-row';
  readonly source: SourceLine;
  readonly protocol: string;
  readonly state: string | null;
  /** Seconds left; null for offloaded rows, which print none. */
  readonly timeout: number | null;
  readonly original: Tuple;
  readonly reply: Tuple | null;
  readonly assured: boolean;
  readonly unreplied: boolean;
}
