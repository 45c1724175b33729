import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changedEntries, patchSorted } from './patch-sorted.ts';

const byNumber = (a: { readonly n: number }, b: { readonly n: number }): number => a.n - b.n;
const all = Array.from({ length: 200 }, (_, n) => ({ n }));
const someOf = fc.subarray(all);

describe('changedEntries', () => {
  it('names exactly what left and what came', () => {
    fc.assert(fc.property(someOf, someOf, (before, after) => {
      const { gone, come } = changedEntries(before, after);
      expect(gone).toEqual(before.filter((one) => !after.includes(one)));
      expect(come).toEqual(after.filter((one) => !before.includes(one)));
    }));
  });

  it('sees replaced entries far apart, one at the very end', () => {
    const after = all.map((one) => ([3, 120, 199].includes(one.n) ? { n: one.n } : one));
    const { gone, come } = changedEntries(all, after);
    expect(gone.map(({ n }) => n)).toEqual([3, 120, 199]);
    expect(come.map(({ n }) => n)).toEqual([3, 120, 199]);
    expect(come).not.toContain(all[3]);
  });

  it('does not name an entry that only moved', () => {
    const after = [...all.slice(100), ...all.slice(0, 100)];
    expect(changedEntries(all, after)).toEqual({ gone: [], come: [] });
  });

  it('says nothing about equal lists', () => {
    expect(changedEntries(all, all)).toEqual({ gone: [], come: [] });
    expect(changedEntries(all, [...all])).toEqual({ gone: [], come: [] });
  });
});

describe('patchSorted', () => {
  it('gives what sorting anew would give', () => {
    fc.assert(fc.property(someOf, someOf, (before, after) => {
      const { gone, come } = changedEntries(before, after);
      expect(patchSorted(before, gone, come, byNumber)).toEqual(after);
    }));
  });

  it('gives the same for a few changes, replaced entries among them, at both ends too', () => {
    const place = fc.constantFrom<number[]>(0, 1, 2, 50, 51, 198, 199);
    fc.assert(fc.property(fc.uniqueArray(place), fc.uniqueArray(place), fc.uniqueArray(place), (left, replaced, missing) => {
      const before = all.filter(({ n }) => !missing.includes(n));
      const after = all.filter(({ n }) => !left.includes(n)).map((one) => (replaced.includes(one.n) ? { n: one.n } : one));
      const { gone, come } = changedEntries(before, after);
      expect(gone.length + come.length).toBeLessThanOrEqual(32);
      const patched = patchSorted(before, gone, come, byNumber);
      expect(patched).toEqual(after);
      patched.forEach((one, index) => { expect(one).toBe(after[index]); });
    }));
  });
});
