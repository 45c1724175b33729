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

/** What the loop tells while it works; called after the fact, never awaited. `at`: milliseconds since the epoch. */
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

/** The running loop, as the command line holds it. */
export interface Router {
  /** Resolves once the first complete table is served. Rejects when that cannot be reached; nothing is left running then. */
  start(): Promise<void>;
  /** What is served; null before the first table. */
  view(): RouterView | null;
  readonly figures: HaproxyFigures;
  /**
   * Asks the running HAProxy for what decides about a request: host, path, SNI.
   * @returns the id of the rule that HAProxy would use, null for none; undefined: it does not answer.
   */
  ruleInHaproxy(request: { readonly host: string; readonly path: string; readonly tls: boolean; readonly sni: string | null }): Promise<string | null | undefined>;
  /** null: fine; otherwise why traffic may not be served: for /healthz. */
  problem(): string | null;
  /** Ends the loop. `stop`: HAProxy takes no new connections and ends when the open ones have, or after `stop.drain`. Idempotent. */
  stop(haproxy: HaproxyAtEnd): Promise<void>;
}
