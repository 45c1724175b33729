import { compareText } from '../resources/order.ts';
import type { SourceProblemCode } from './source-codes.ts';
import type { FieldProblem } from '../resources/metadata.ts';
import type { Resource } from '../resources/kinds.ts';

/** Something in the input that is not an object Fairway can use: a broken file, an unknown kind, a duplicate. */
export interface SourceProblem {
  /** Entry of the catalogue `sourceCodes`. */
  readonly code: SourceProblemCode;
  readonly file: string;
  /** 1-based; 1 where the whole file is meant. */
  readonly line: number;
  readonly message: string;
  readonly hint: string;
  /** `warning`: told, but nothing is lost by it (an unknown kind). `error`: a document is not served as written. */
  readonly severity: 'error' | 'warning';
  /** The object it is about, where it could be told: `Route shop/web`. */
  readonly subject?: string;
  readonly fields?: readonly FieldProblem[];
}

/** All that a source knows at one moment. Two equal snapshots hold the same object identities for unchanged objects. */
export interface Snapshot {
  readonly resources: readonly Resource[];
  readonly problems: readonly SourceProblem[];
}

/** A bringer of objects. It knows nothing of what is done with them. */
export interface Source {
  /** Resolves with the first complete snapshot; afterwards calls `changed` with each new one, until `stop`. */
  start(changed: (snapshot: Snapshot) => void): Promise<Snapshot>;
  stop(): Promise<void>;
}

/** Problems by file, then line: the order in which they are told. */
export const byPlace = (a: SourceProblem, b: SourceProblem): number => compareText(a.file, b.file) || a.line - b.line || compareText(a.code, b.code) || compareText(a.message, b.message);
