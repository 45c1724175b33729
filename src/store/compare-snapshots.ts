import { patchBetween } from '../lib/patch-sorted.ts';
import type { Resource } from '../resources/kinds.ts';
import { compareResources } from '../resources/order.ts';

/** What became different; an object that was replaced is in both lists. */
export interface Difference {
  readonly gone: readonly Resource[];
  readonly come: readonly Resource[];
}

/**
 * Differences between two sorted lists in one walk. Objects keep their identity while they are unchanged, so nearly
 * every step is one `===`; names are compared only where the lists disagree. Gives null when `next` turns out not to be
 * sorted: entries that come must stand behind the entry before them.
 */
function walk(before: readonly Resource[], next: readonly Resource[]): Difference | null {
  const gone: Resource[] = [];
  const come: Resource[] = [];
  let old = 0;
  let place = 0;
  while (place < next.length) {
    const start = place;
    while (place < next.length && next[place] === before[old]) {
      place++;
      old++;
    }
    // A run of unchanged entries is sorted in itself; only its first must stand behind what came before it.
    if (place > start && !follows(next, start)) return null;
    const one = next[place];
    if (one === undefined) break;
    if (!follows(next, place)) return null;
    for (let left = before[old]; left !== undefined && left !== one && compareResources(left, one) <= 0; left = before[++old]) gone.push(left);
    if (before[old] === one) continue;
    come.push(one);
    place++;
  }
  for (let left = before[old]; left !== undefined; left = before[++old]) gone.push(left);
  return { gone, come };
}

function follows(list: readonly Resource[], place: number): boolean {
  const [one, last] = [list[place], list[place - 1]];
  return one === undefined || last === undefined || compareResources(last, one) < 0;
}

/** What left `before` (sorted by `compareResources`) and what came with `next` (sorted or not, each object once). */
export function compareSnapshots(before: readonly Resource[], next: readonly Resource[]): Difference & { /** `next` in order: itself, where it is. */ readonly sorted: readonly Resource[] } {
  // A source tells with its list what it changed in the last one; then there is nothing to look for.
  const found = patchBetween(before, next) ?? walk(before, next);
  if (found !== null) return { ...found, sorted: next };
  const sorted = [...next].sort(compareResources);
  return { ...(walk(before, sorted) ?? twice(next)), sorted };
}

/** Two objects of one name are a source's mistake: its snapshot decides them. */
function twice(next: readonly Resource[]): never {
  const sorted = [...next].sort(compareResources);
  const second = sorted.find((one, place) => place > 0 && compareResources(sorted[place - 1] as Resource, one) === 0);
  throw new Error(`snapshot holds ${second?.kind ?? 'an object'} ${second?.metadata.namespace ?? ''}/${second?.metadata.name ?? ''} twice`);
}
