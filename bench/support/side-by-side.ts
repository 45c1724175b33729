import type { WrkResult } from './wrk.ts';
import { median } from './figures.ts';

export interface Ratio {
  readonly perSecond: number;
  readonly perProcessorSecond: number;
}

/**
 * Takes all sides in turn (A B C, A B C, ...) and compares the medians of each side's rounds: what the machine does besides then
 * meets every side alike. The first round warms up and does not count.
 */
export const takeInTurn = async <K extends string>(sides: Readonly<Record<K, () => Promise<WrkResult>>>, rounds: number): Promise<Record<K, WrkResult>> => {
  const taken = new Map<K, WrkResult[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const side of Object.keys(sides) as K[]) {
      const result = await sides[side]();
      if (round > 0) taken.set(side, [...(taken.get(side) ?? []), result]);
    }
  }
  return Object.fromEntries([...taken].map(([side, results]) => [side, {
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    perProcessorSecond: median(results.map(({ perProcessorSecond }) => perProcessorSecond)),
  }])) as Record<K, WrkResult>;
};

export const ratioOf = (a: WrkResult, b: WrkResult): Ratio => ({ perSecond: a.perSecond / b.perSecond, perProcessorSecond: a.perProcessorSecond / b.perProcessorSecond });
