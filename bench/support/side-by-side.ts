import type { WrkResult } from './wrk.ts';
import { median } from './figures.ts';

export interface Ratio {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/** One side's rounds, in the order in which they were taken, and the medians of them. */
export interface Taken extends WrkResult {
  readonly rounds: readonly WrkResult[];
}

/** Rounds that are taken with the same processes. */
const block = 5;

/**
 * Takes all sides in turn (A B C, C B A, A B C, ...): what the machine does besides meets every side alike, and a machine that becomes faster or
 * slower favours none. Where a process lies in memory makes it up to a tenth faster or slower for as long as it lives, so every five rounds
 * `renew` puts others in their places. The first round after that warms up and does not count.
 */
export const takeInTurn = async <K extends string>(sides: Readonly<Record<K, () => Promise<WrkResult>>>, rounds: number, renew: () => Promise<void>): Promise<Record<K, Taken>> => {
  const names = Object.keys(sides) as K[];
  const taken = new Map<K, WrkResult[]>(names.map((side) => [side, []]));
  const round = async (order: readonly K[], counts: boolean): Promise<void> => {
    for (const side of order) {
      const result = await sides[side]();
      if (counts) taken.get(side)?.push(result);
    }
  };
  for (let number = 0; number < rounds; number += 1) {
    if (number % block === 0) {
      if (number > 0) await renew();
      await round(names, false);
    }
    await round(number % 2 === 0 ? names : names.toReversed(), true);
  }
  const summary = (results: readonly WrkResult[]): Taken => ({
    perSecond: median(results.map(({ perSecond }) => perSecond)), perProcessorSecond: median(results.map(({ perProcessorSecond }) => perProcessorSecond)), rounds: results,
  });
  return Object.fromEntries([...taken].map(([side, results]) => [side, summary(results)])) as Record<K, Taken>;
};

/** Median of the ratios within each round: sides of one round were taken within seconds, on a machine that had not changed meanwhile. */
export const ratioOf = (a: Taken, b: Taken): Ratio => {
  const ratio = (figure: keyof Ratio): number => median(a.rounds.map((round, place) => round[figure] / (b.rounds[place]?.[figure] ?? Number.NaN)));
  return { perSecond: ratio('perSecond'), perProcessorSecond: ratio('perProcessorSecond') };
};
