import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from './pace.ts';

let gone: number[];
let pace: Pace;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  gone = [];
  pace = new Pace({ quiet: 10, longest: 50 }, { now: () => Date.now(), monotonic: () => Date.now() }, () => { gone.push(Date.now()); });
});
afterEach(() => { vi.useRealTimers(); });

test('one change: served when it was quiet', () => {
  pace.changed();
  vi.advanceTimersByTime(9);
  expect(gone).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(gone).toEqual([10]);
});
test('changes that come together are served together', () => {
  for (const wait of [0, 5, 5]) {
    vi.advanceTimersByTime(wait);
    pace.changed();
  }
  vi.advanceTimersByTime(100);
  expect(gone).toEqual([20]);
});
test('a stream of changes puts nothing off for longer than the maximum', () => {
  for (let at = 0; at < 200; at += 5) {
    pace.changed();
    vi.advanceTimersByTime(5);
  }
  vi.advanceTimersByTime(100);
  expect(gone).toHaveLength(4);
  gone.forEach((at, index) => { expect(at - (gone[index - 1] ?? 0)).toBeLessThanOrEqual(56); });
});
test('a change long after the maximum has passed unnoticed goes at once', () => {
  pace.changed();
  vi.setSystemTime(1000);
  pace.changed();
  vi.advanceTimersByTime(0);
  expect(gone).toEqual([1000]);
});
test('stopped: nothing goes any more, until the next change', () => {
  pace.changed();
  pace.stop();
  vi.advanceTimersByTime(100);
  expect(gone).toEqual([]);
  pace.changed();
  vi.advanceTimersByTime(10);
  expect(gone).toEqual([110]);
});
