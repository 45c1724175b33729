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
  let place = 0;
  let last: Resource | undefined;
  let lastIsNew = false;
  for (const one of next) {
    let old = before[place];
    if (old === one) {
      if (lastIsNew && last !== undefined && compareResources(last, one) >= 0) return null;
      lastIsNew = false;
      place++;
      last = one;
      continue;
    }
    if (last !== undefined && compareResources(last, one) >= 0) return null;
    while (old !== undefined && old !== one && compareResources(old, one) <= 0) {
      gone.push(old);
      old = before[++place];
    }
    if (old === one) {
      place++;
      lastIsNew = false;
    } else {
      come.push(one);
      lastIsNew = true;
    }
    last = one;
  }
  for (let old = before[place]; old !== undefined; old = before[++place]) gone.push(old);
  return { gone, come };
}

/** What left `before` (sorted by `compareResources`) and what came with `next` (sorted or not, each object once). */
export function compareSnapshots(before: readonly Resource[], next: readonly Resource[]): Difference {
  return walk(before, next) ?? walk(before, [...next].sort(compareResources)) ?? twice(next);
}

/** Two objects of one name are a source's mistake: its snapshot decides them. */
function twice(next: readonly Resource[]): never {
  const sorted = [...next].sort(compareResources);
  const second = sorted.find((one, place) => place > 0 && compareResources(sorted[place - 1] as Resource, one) === 0);
  throw new Error(`snapshot holds ${second?.kind ?? 'an object'} ${second?.metadata.namespace ?? ''}/${second?.metadata.name ?? ''} twice`);
}
