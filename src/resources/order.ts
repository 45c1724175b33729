import type { Resource } from './kinds.ts';
import type { Route } from './route.ts';

/** By UTF-16 code units: the same on every machine, whatever its locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** kind, namespace, name: the order in which objects are kept and shown. 0 only for the same object. */
export const compareResources = (a: Resource, b: Resource): number =>
  compareText(a.kind, b.kind) || compareText(a.metadata.namespace, b.metadata.namespace) || compareText(a.metadata.name, b.metadata.name);

/** Oldest first, as the OpenShift router takes them: creationTimestamp, then uid as text, then namespace and name. */
export const compareAge = (a: Route, b: Route): number =>
  a.metadata.creationTimestamp - b.metadata.creationTimestamp ||
  compareText(a.metadata.uid, b.metadata.uid) ||
  compareText(a.metadata.namespace, b.metadata.namespace) ||
  compareText(a.metadata.name, b.metadata.name);

/** First place in `sorted` whose entry does not stand before `one`, not looking before `from`. */
function placeOf<T>(sorted: readonly T[], one: T, from: number, compare: (a: T, b: T) => number): number {
  let low = from;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(sorted[middle] as T, one) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `sorted` without `gone` and with `come`, still in order; `sorted` itself when nothing changes. One pass of pointer
 * copies, comparing only to find the places of arrivals: sorting 30,000 entries anew would cost a hundred times as much.
 */
export function patchSorted<T>(sorted: readonly T[], gone: ReadonlySet<T>, come: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
  if (gone.size === 0 && come.length === 0) return sorted;
  const patched: T[] = [];
  let from = 0;
  const copyTo = (end: number): void => {
    for (; from < end; from++) {
      const one = sorted[from] as T;
      if (!gone.has(one)) patched.push(one);
    }
  };
  for (const one of come.length > 1 ? [...come].sort(compare) : come) {
    copyTo(placeOf(sorted, one, from, compare));
    patched.push(one);
  }
  copyTo(sorted.length);
  return patched;
}
