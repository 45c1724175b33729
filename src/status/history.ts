import type { Outcome } from '../haproxy/driver.ts';

/** One remembered event; times in milliseconds since the epoch. */
export interface ReloadRecord { readonly at: number; readonly reason: string; readonly detail: string }
export interface DriftRecord { readonly at: number; readonly differences: readonly string[] }
export interface ChangeRecord {
  readonly at: number;
  /** From seeing the change to serving it. */
  readonly milliseconds: number;
  readonly steps: number;
}
export interface RestartRecord { readonly at: number; readonly message: string }

/** What happened since this process started: counts of everything, details of the latest. Plain data. */
export interface HistoryView {
  readonly reloads: { readonly total: number; readonly byReason: Readonly<Record<string, number>>; readonly latest: readonly ReloadRecord[] };
  readonly drift: { readonly repaired: number; readonly latest: readonly DriftRecord[] };
  readonly changes: { readonly total: number; readonly last: ChangeRecord | null };
  readonly restarts: { readonly total: number; readonly latest: readonly RestartRecord[] };
  /** Rules that HAProxy refused in the latest round: they are not served. */
  readonly refusedByHaproxy: readonly { readonly rule: string; readonly message: string }[];
  /** Sentence of the latest round that could not be finished, until one succeeds. */
  readonly failure: { readonly at: number; readonly message: string } | null;
}

export interface History {
  converged(facts: { readonly at: number; readonly outcome: Outcome; readonly changeToLive: number | null }): void;
  verified(facts: { readonly at: number; readonly outcome: Outcome }): void;
  restarted(facts: RestartRecord): void;
  failed(facts: { readonly at: number; readonly message: string }): void;
  view(): HistoryView;
}

const kept = 20;

export function createHistory(reloadReasons: readonly string[]): History {
  const byReason: Record<string, number> = Object.fromEntries(reloadReasons.map((reason) => [reason, 0]));
  const reloads: ReloadRecord[] = [];
  const drift: DriftRecord[] = [];
  const restarts: RestartRecord[] = [];
  let [reloadCount, repaired, changes, restartCount] = [0, 0, 0, 0];
  let last: ChangeRecord | null = null;
  let refused: HistoryView['refusedByHaproxy'] = [];
  let failure: HistoryView['failure'] = null;

  const remember = <T>(list: T[], record: T): void => {
    list.push(record);
    if (list.length > kept) list.shift();
  };
  const told = (at: number, outcome: Outcome): void => {
    failure = null;
    if (outcome.reload) {
      reloadCount += 1;
      byReason[outcome.reload.reason] = (byReason[outcome.reload.reason] ?? 0) + 1;
      remember(reloads, { at, ...outcome.reload });
    }
    if (outcome.drift.length > 0) {
      repaired += outcome.drift.length;
      // A thousand differences have one cause; the first ones show it.
      remember(drift, { at, differences: outcome.drift.slice(0, kept) });
    }
  };
  return {
    converged({ at, outcome, changeToLive }) {
      told(at, outcome);
      refused = outcome.refused;
      if (changeToLive === null) return;
      changes += 1;
      // A change of a label or of an object that serves nobody sends nothing: what people ask for is the last that did.
      if (outcome.steps > 0 || outcome.reload !== null) last = { at, milliseconds: changeToLive, steps: outcome.steps };
    },
    verified: ({ at, outcome }) => { told(at, outcome); },
    restarted(record) {
      restartCount += 1;
      remember(restarts, record);
    },
    failed: (record) => { failure = record; },
    view: () => ({
      reloads: { total: reloadCount, byReason: { ...byReason }, latest: [...reloads] },
      drift: { repaired, latest: [...drift] },
      changes: { total: changes, last },
      restarts: { total: restartCount, latest: [...restarts] },
      refusedByHaproxy: refused,
      failure,
    }),
  };
}
