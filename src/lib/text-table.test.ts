import fc from 'fast-check';
import { expect, test } from 'vitest';
import { displayWidth, fitting } from './display-width.ts';
import { textTable, wrap } from './text-table.ts';

test('columns are as wide as their cells, numbers to the right', () => {
  expect(textTable([{ title: 'ROUTE' }, { title: 'MEMBERS', align: 'right' }], [['shop/web', '2'], ['a/b', '12']], 80)).toEqual([
    'ROUTE     MEMBERS',
    'shop/web        2',
    'a/b            12',
  ]);
});

test('wide characters take two columns, combining marks none', () => {
  expect([displayWidth('漢字'), displayWidth('한글'), displayWidth('ｆｕｌｌ'), displayWidth('e\u0301'), displayWidth('abc')]).toEqual([4, 4, 8, 1, 3]);
  expect(textTable([{ title: '' }, { title: '' }], [['漢字', 'x'], ['abcd', 'x']], 80)).toEqual(['漢字  x', 'abcd  x']);
  expect(fitting('漢字', 3)).toBe('漢');
});

test('the wrapping column gives way, the others keep their width', () => {
  const lines = textTable([{ title: '' }, { title: '', wraps: true }], [['shop/web', 'Another route holds this host and path already.']], 34);
  expect(lines).toEqual(['shop/web  Another route holds this', '          host and path already.']);
});

test('long words are broken at a seam where there is one', () => {
  expect(wrap('very/long/path/name.yaml:12', 12)).toEqual(['very/long/', 'path/name.', 'yaml:12']);
  expect(wrap('abcdefghijkl', 5)).toEqual(['abcde', 'fghij', 'kl']);
});

test('no line is wider than asked, and no text is lost', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: 12 }), fc.integer({ min: 4, max: 60 }), (words, width) => {
    const text = words.map((word) => word.replaceAll(/\s/gu, '')).join(' ');
    const lines = wrap(text, width);
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
  }));
});
