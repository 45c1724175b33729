import type { Verdict } from '../admission/verdict.ts';
import type { Outcome, WorkerView } from '../haproxy/driver.ts';
import type { HaproxyFigures } from '../haproxy/figures.ts';
import type { SourceProblem } from '../sources/source.ts';
import type { RoutingTable } from '../table/routing-table.ts';

/** What a router serves at one moment. */
export interface RouterView {
  readonly table: RoutingTable;
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly SourceProblem[];
  readonly workers: readonly WorkerView[];
  /** Whether the running HAProxy was taken over from an earlier Fairway. */
  readonly adopted: boolean;
}

/** What is told while it works; called after the fact, never awaited. `at`: milliseconds since the epoch. */
export interface RouterObserver {
  /** HAProxy serves a table. */
  converged(facts: {
    readonly at: number;
    readonly table: RoutingTable;
    readonly verdicts: readonly Verdict[];
    readonly problems: readonly SourceProblem[];
    readonly outcome: Outcome;
    /** Milliseconds from seeing the first of the changes to the last confirmed step; null: nothing had changed. */
    readonly changeToLive: number | null;
  }): void;
  /** HAProxy was compared with the table on the timer. */
  verified(facts: { readonly at: number; readonly outcome: Outcome }): void;
  /** A running HAProxy was taken over at start. */
  adopted(facts: { readonly at: number }): void;
  /** HAProxy ended by itself and was started again. */
  restarted(facts: { readonly at: number; readonly message: string }): void;
  /** A round could not be finished; the next one tries again. */
  failed(facts: { readonly at: number; readonly message: string }): void;
}

/** How HAProxy is treated when Fairway ends. */
export type HaproxyAtEnd = 'stop' | 'leave';

/** The running router, as the command line holds it. */
export interface RunningRouter {
  /** Resolves once the first complete table is served. Rejects when that cannot be reached. */
  start(): Promise<void>;
  /** What is served; null before the first table. */
  view(): RouterView | null;
  readonly figures: HaproxyFigures;
  /** What the running HAProxy finds for a key in one of its maps; null: nothing; undefined: it does not answer. */
  lookUp(map: string, key: string): Promise<string | null | undefined>;
  /** Name of the backend that holds a rule's pool now. */
  backendOf(rule: string): string | null;
  /** null: fine; otherwise why traffic may not be served. */
  problem(): string | null;
  /** Ends it. `stop`: HAProxy takes no new connections and ends when the open ones have, or after `stop.drain`. */
  stop(haproxy: HaproxyAtEnd): Promise<void>;
}
