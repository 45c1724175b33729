import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memberWeights } from './weights.ts';
import type { WeightedService } from './weights.ts';

const of = (...pairs: readonly (readonly [weight: number, members: number])[]): readonly number[] =>
  memberWeights(pairs.map(([weight, members]) => ({ weight, members })));

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

describe('services share in the ratio of their weights, whoever has how many members', () => {
  test.each<[string, [number, number][], number[]]>([
    ['25 and 75, one member each', [[25, 1], [75, 1]], [1, 3]],
    ['equal weights, two members against one', [[50, 2], [50, 1]], [1, 2]],
    ['20 over two members, 60 over one', [[20, 2], [60, 1]], [1, 6]],
    ['90 and 10', [[90, 1], [10, 1]], [9, 1]],
    ['equal weights need no more than 1', [[100, 1], [100, 1], [100, 1]], [1, 1, 1]],
  ])('%s', (_, services, weights) => { expect(of(...services)).toEqual(weights); });

  test('what 0..256 cannot say exactly is rounded, and never to nothing', () => {
    expect(of([3, 5], [256, 1])).toEqual([1, 256]);
    expect(of([1, 100], [256, 1])).toEqual([1, 256]);
  });
  test('the heaviest is 256 although 256 / (58 / 13) * (58 / 13) is less in floating point', () => {
    expect(of([58, 13], [1, 5])).toEqual([256, 11]);
    expect(of([174, 13], [3, 5])).toEqual([256, 11]);
  });
  test('a single service takes new clients: 1, whatever its weight', () => {
    expect(of([100, 7])).toEqual([1]);
    expect(of([256, 1], [0, 3])).toEqual([1, 0]);
    expect(of([10, 3], [90, 0])).toEqual([1, 0]);
  });
  test('all zero: nobody takes new clients', () => {
    expect(of([0, 1], [0, 4])).toEqual([0, 0]);
    expect(of([5, 0])).toEqual([0]);
    expect(of()).toEqual([]);
  });
});

const services = fc.array(fc.record<WeightedService>({ weight: fc.integer({ min: 0, max: 256 }), members: fc.integer({ min: 0, max: 1000 }) }), { maxLength: 4 });

describe('for any services', () => {
  test('whole numbers in 0..256; 0 exactly for weight 0 or nobody there', () => {
    fc.assert(fc.property(services, (all) => {
      memberWeights(all).forEach((weight, index) => {
        const { weight: wanted, members } = all[index]!;
        expect(Number.isInteger(weight) && weight >= 0 && weight <= 256).toBe(true);
        expect(weight === 0).toBe(wanted === 0 || members === 0);
      });
    }));
  });
  test('no common divisor is left: weights cost memory', () => {
    fc.assert(fc.property(services, (all) => {
      const weights = memberWeights(all);
      expect(weights.reduce(gcd, 0)).toBeLessThanOrEqual(1);
    }));
  });
  test('each ratio is right, or as right as one step of a scale to 256 can be', () => {
    fc.assert(fc.property(services, (all) => {
      const weights = memberWeights(all);
      const active = all.flatMap(({ weight, members }, index) => (weight > 0 && members > 0 ? [{ share: weight / members, got: weights[index]! }] : []));
      const largest = Math.max(...active.map(({ share }) => share));
      const scale = Math.max(...active.map(({ got }) => got));
      for (const { share, got } of active) {
        const want = (share / largest) * scale;
        // Rounding happens at 256; a common divisor taken out afterwards only makes the step smaller.
        expect(Math.abs(got - want)).toBeLessThanOrEqual(1);
      }
    }));
  });
  test('only the ratio of the weights matters', () => {
    fc.assert(fc.property(fc.array(fc.record({ weight: fc.integer({ min: 0, max: 64 }), members: fc.integer({ min: 1, max: 20 }) }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), (all, factor) => {
      expect(memberWeights(all.map(({ weight, members }) => ({ weight: weight * factor, members })))).toEqual(memberWeights(all));
    }));
  });
});
