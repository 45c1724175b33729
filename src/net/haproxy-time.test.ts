import fc from 'fast-check';
import { expect, test } from 'vitest';
import { longestTime, parseHaproxyTime, printHaproxyTime } from './haproxy-time.ts';

test.each([
  ['30s', 30_000], ['500ms', 500], ['250', 250], ['1h', 3_600_000], ['2d', 172_800_000], ['5m', 300_000], ['0', 0], ['0s', 0],
  ['1500us', 2], ['1us', 1], ['25d', longestTime], ['99999999999999999999h', longestTime],
])('%s is %d milliseconds', (text, expected) => {
  expect(parseHaproxyTime(text)).toBe(expected);
});

test.each(['', ' 5s', '5s ', '5 s', '1.5s', '-1s', '+1s', '05s', '1h30m', '5S', 'five', '5sec', '5s\n'])('%j is no time', (text) => {
  expect(parseHaproxyTime(text)).toBeNull();
});

test('what is printed reads back', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: longestTime }), (time) => parseHaproxyTime(printHaproxyTime(time)) === time));
  expect(printHaproxyTime(3_600_000)).toBe('1h');
  expect(printHaproxyTime(1500)).toBe('1500ms');
});
