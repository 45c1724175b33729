import type { Doubt } from './field-holds.ts';
import type { Action, Rule, Table } from './rule.ts';
import { copyWalk, trailStep } from './walk-state.ts';
import type { Ending, Walk } from './walk-state.ts';

/** What one step of a walk led to. */
export type StepResult =
  | { readonly kind: 'on' }
  | { readonly kind: 'ended'; readonly ending: Ending }
  /** Both ways must be walked; one of them may end at once. */
  | { readonly kind: 'fork'; readonly ways: readonly { readonly walk: Walk; readonly ending: Ending | null }[] };

export const on: StepResult = { kind: 'on' };

export function nextRule(walk: Walk): void {
  const frame = walk.frames.at(-1);
  if (frame === undefined) return;
  frame.rule += 1;
  frame.step = 0;
}

/** Goes both ways, or the way that this walk has gone before with the same doubt. */
export function fork(walk: Walk, rule: Rule | null, doubt: Doubt, whenTrue: Ending | null, whenFalse: (walk: Walk) => void): StepResult {
  const at = trailStep(walk, rule, doubt.what);
  const before = doubt.key === null ? undefined : walk.doubts.find((one) => one.key === doubt.key);
  if (before !== undefined) {
    if (before.taken) return whenTrue === null ? on : { kind: 'ended', ending: whenTrue };
    whenFalse(walk);
    return on;
  }
  const other = copyWalk(walk);
  walk.doubts = [...walk.doubts, { ...doubt, taken: true, at }];
  other.doubts = [...other.doubts, { ...doubt, taken: false, at }];
  whenFalse(other);
  return { kind: 'fork', ways: [{ walk, ending: whenTrue }, { walk: other, ending: null }] };
}

export function unknownEnd(walk: Walk, rule: Rule, doubt: Doubt): StepResult {
  return { kind: 'ended', ending: { kind: 'unknown', doubt, at: trailStep(walk, rule, doubt.what) } };
}

export function commandForTable(table: Table): string {
  if (table.family === 'ip6') return table.engine === 'legacy' ? 'ip6tables-legacy-save -c' : 'ip6tables-save -c';
  return table.engine === 'legacy' ? 'iptables-legacy-save -c' : 'iptables-save -c; nft list ruleset';
}

export function copyMark(walk: Walk, action: Extract<Action, { kind: 'copy-mark' }>): void {
  const { passing } = walk;
  if (passing.tracking !== 'tracked') return;
  const from = action.from === 'packet' ? passing.mark : passing.connectionMark;
  const to = action.from === 'packet' ? passing.connectionMark : passing.mark;
  // xt_CONNMARK: new = (old & ~toMask) ^ (from & fromMask).
  const value = from === undefined || to === undefined ? undefined : ((to & ~action.toMask) ^ (from & action.fromMask)) >>> 0;
  if (action.from === 'packet') passing.connectionMark = value;
  else passing.mark = value;
}

export function translationText(what: 'source' | 'destination', passing: Walk['passing']): string {
  const address = what === 'source' ? passing.source : passing.destination;
  const port = what === 'source' ? passing.sourcePort : passing.destinationPort;
  const shown = address === undefined ? 'an address that the evidence does not show' : address.includes(':') ? `[${address}]` : address;
  return `${what} becomes ${shown}${typeof port === 'number' ? `:${port}` : ''}`;
}
