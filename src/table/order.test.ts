import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyRules } from '../../test/support/any-rules.ts';
import { rule } from '../../test/support/table-objects.ts';
import { compareRules, isRootPath } from './order.ts';

const ids = (rules: Parameters<typeof compareRules>[0][]): readonly string[] => [...rules].sort(compareRules).map(({ id }) => id);

describe('the order of rules', () => {
  test('exact hosts before wildcards, then hosts by name', () => {
    expect(ids([rule({ id: 'w', host: 'a.test', wildcard: true }), rule({ id: 'b', host: 'b.test' }), rule({ id: 'a', host: 'a.test' })])).toEqual(['a', 'b', 'w']);
  });
  test('the longer path before its parent, the root last', () => {
    expect(ids(['', '/a', '/a/b', '/a/'].map((path) => rule({ id: path, path })))).toEqual(['/a/b', '/a/', '/a', '']);
  });
  test('"" and "/" are the same place: the older object holds it, whichever way it is written', () => {
    expect(ids([rule({ id: 'young', path: '', created: 2 }), rule({ id: 'old', path: '/', created: 1 })])).toEqual(['old', 'young']);
    expect(ids([rule({ id: 'young', path: '/', created: 2 }), rule({ id: 'old', path: '', created: 1 })])).toEqual(['old', 'young']);
    expect(ids([rule({ id: 'b', path: '', uid: '2' }), rule({ id: 'a', path: '/', uid: '1' })])).toEqual(['a', 'b']);
  });
  test.each([['', true], ['/', true], ['///', true], ['/a', false], ['/ ', false]])('"%s" is the root: %s', (path, is) => { expect(isRootPath(path)).toBe(is); });
  test('is total, and the same whatever the order of arrival', () => {
    fc.assert(fc.property(anyRules().chain((rules) => fc.tuple(fc.constant(rules), fc.shuffledSubarray([...rules], { minLength: rules.length }))), ([rules, shuffled]) => {
      const sorted = [...rules].sort(compareRules);
      expect([...shuffled].sort(compareRules)).toEqual(sorted);
      sorted.forEach((one, index) => { for (const other of sorted.slice(index + 1)) expect(compareRules(one, other)).toBeLessThan(0); });
    }));
  });
});
