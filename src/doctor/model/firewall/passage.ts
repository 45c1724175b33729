import type { Doubt } from './field-holds.ts';
import type { Tuple } from './packet.ts';
import type { Passing } from './passing.ts';
import type { Chain, Rule } from './rule.ts';
import type { Ending, TakenDoubt, TrailStep } from './walk-state.ts';

/** The doctor's answer about one packet on one host. */
export interface Passage {
  readonly verdict: PassageVerdict;
  /** Every way the packet may go, the one with the fewest open questions first. One, where nothing is open. */
  readonly ways: readonly Way[];
  /** Why the verdict is `sometimes` or `could-not-tell`. */
  readonly open: readonly Doubt[];
}

/** `sometimes`: the rules themselves leave it to chance or rates. `could-not-tell`: the evidence does not say. */
export type PassageVerdict = 'delivered' | 'dropped' | 'rejected' | 'sometimes' | 'could-not-tell';

export interface Way {
  readonly ending: Ending;
  readonly trail: readonly TrailStep[];
  readonly doubts: readonly TakenDoubt[];
  readonly assumptions: readonly string[];
  /** Addresses and ports as they were when the packet ended. */
  readonly passing: Passing;
  /** The connection as tracking would keep it; null for untracked, invalid and lost packets. */
  readonly connection: { readonly original: Tuple; readonly reply: Tuple } | null;
  readonly counted: ReadonlyMap<Rule | Chain, number>;
}

/** The way with the fewest open questions first. */
export function ordered(ways: readonly Way[]): readonly Way[] {
  const weight = (way: Way): number => way.doubts.length * 2 + way.assumptions.length + (way.ending.kind === 'unknown' ? 1000 : 0);
  return [...ways].sort((a, b) => weight(a) - weight(b));
}

/** One verdict out of all ways. */
export function judged(ways: readonly Way[]): Passage {
  const verdicts = new Set(ways.map((way) => verdictOf(way.ending)));
  const [only] = verdicts;
  const doubts: readonly Doubt[] = distinct(ways.flatMap((way) => [...way.doubts, ...(way.ending.kind === 'unknown' ? [way.ending.doubt] : [])]));
  if (verdicts.size === 1 && only !== undefined && only !== 'could-not-tell') return { verdict: only, ways, open: [] };
  const unknowns = doubts.filter((doubt) => doubt.sort === 'unknown');
  const states = new Set(ways.flatMap((way) => way.assumptions)).size > 0 && unknowns.length === 0 && doubts.length === 0;
  if (unknowns.length > 0 || verdicts.has('could-not-tell') || states) {
    const state: Doubt = { sort: 'unknown', what: 'the state of the connection', command: 'conntrack -L', key: 'connectionState' };
    return { verdict: 'could-not-tell', ways, open: states ? [state] : unknowns };
  }
  return { verdict: 'sometimes', ways, open: doubts };
}

function verdictOf(ending: Ending): PassageVerdict {
  switch (ending.kind) {
    case 'delivered':
      return 'delivered';
    case 'dropped':
    case 'no-route':
      return 'dropped';
    case 'rejected':
      return 'rejected';
    case 'unknown':
      return 'could-not-tell';
  }
}

function distinct(doubts: readonly Doubt[]): readonly Doubt[] {
  return [...new Map(doubts.map(({ sort, what, command, key }) => [what, { sort, what, command, key }])).values()];
}
