import { describe, expect, test } from 'vitest';
import { isDnsLabel, isDnsSubdomain, isHostName, isInDomain, parentDomain } from './dns-names.ts';

const long = (length: number): string => 'a'.repeat(length);

describe('names', () => {
  test.each(['a', 'a-b', '0', 'x1-2y', long(63)])('%s is a label', (text) => expect(isDnsLabel(text)).toBe(true));
  test.each(['', '-a', 'a-', 'A', 'a_b', 'a.b', 'a b', 'a\n', long(64), 'ä'])('%j is no label', (text) => expect(isDnsLabel(text)).toBe(false));

  test.each(['a', 'a.b', 'www.example.com', '10.0.0.1', `${long(63)}.${long(63)}.${long(63)}.${long(61)}`])('%s is a host', (text) =>
    expect(isHostName(text)).toBe(true));
  test.each([
    '', '.', 'a.', '.a', 'a..b', 'A.b', '*.a', 'a_b.c', 'a.b:80', 'a.b\n', 'a b', 'xn--ü.de', `${long(64)}.a`, `${long(63)}.${long(63)}.${long(63)}.${long(62)}`,
  ])('%j is no host', (text) => expect(isHostName(text)).toBe(false));

  test('object names may have long labels, hosts may not', () => {
    expect(isDnsSubdomain(long(100))).toBe(true);
    expect(isDnsSubdomain(long(254))).toBe(false);
    expect(isDnsSubdomain('a/b')).toBe(false);
    expect(isHostName(long(100))).toBe(false);
  });

  test('domains begin at labels', () => {
    expect(isInDomain('a.example.com', 'example.com')).toBe(true);
    expect(isInDomain('example.com', 'example.com')).toBe(true);
    expect(isInDomain('notexample.com', 'example.com')).toBe(false);
    expect(parentDomain('a.b.c')).toBe('b.c');
    expect(parentDomain('a')).toBe('');
  });
});
