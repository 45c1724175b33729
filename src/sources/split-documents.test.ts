import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalizeBytes, splitDocuments, splitJson } from './split-documents.ts';

const split = (text: string, how = splitDocuments): readonly (readonly [line: number, text: string])[] => {
  const bytes = Buffer.from(text);
  return how(bytes).map(({ start, end, line }) => [line, bytes.toString('utf8', start, end)]);
};

describe('splitDocuments', () => {
  test('at --- lines, the marker belongs to what follows', () => expect(split('a: 1\n---\nb: 2\n--- # note\nc: 3\n')).toEqual([[1, 'a: 1\n'], [2, '---\nb: 2\n'], [4, '--- # note\nc: 3\n']]));
  test('a first marker makes no empty document', () => expect(split('---\na: 1\n')).toEqual([[1, '---\na: 1\n']]));
  test('CRLF', () => expect(split('a: 1\r\n---\r\nb: 2\r\n').map(([line]) => line)).toEqual([1, 2]));
  test('... ends a document', () => expect(split('a: 1\n...\nb: 2\n')).toEqual([[1, 'a: 1\n...\n'], [3, 'b: 2\n']]));
  test('directives belong to the document below', () => expect(split('a: 1\n...\n%YAML 1.2\n# c\n---\nb: 2\n')).toEqual([[1, 'a: 1\n...\n'], [3, '%YAML 1.2\n# c\n---\nb: 2\n']]));
  test('inside a block scalar only column 0 counts, as YAML says', () => expect(split('a: |\n  ---\n  x\n---\nb: 2\n')).toEqual([[1, 'a: |\n  ---\n  x\n'], [4, '---\nb: 2\n']]));
  test.each(['a: 1\n----\nb: 2\n', 'a: 1\n---x\nb: 2\n', 'a: 1\n ---\nb: 2\n', '-----BEGIN CERTIFICATE-----\n', 'a: 1\n...x\n', ''])('%j is not split', (text) => expect(split(text).length).toBe(text === '' ? 0 : 1));
  test('a marker at the very end', () => expect(split('a: 1\n---')).toEqual([[1, 'a: 1\n'], [2, '---']]));

  test.each([
    ['a: 1\n---\nb: 2', [true, true]], ['ä: 1\n---\nb: 2\n', [false, true]], ['a: 1\n---\nb: ä', [true, false]], ['\u0000a\n---\nb\n', [false, true]], ['a\n...\n\u007f', [true, false]],
    ['a\n...\t\nb\n', [false, true]], ['a: 1\r\n---\nb\n', [false, true]], ['a\n---\u00a0\nb\n', [false]], ['%YAML 1.2\t\n---\na\n---\nb\n', [false, true]], ['%A\n---\na\n...\n%B\n---\nb~ \n', [true, true]], ['', []],
  ])('%j: whether each document is printable ASCII', (text, expected) => expect(splitDocuments(Buffer.from(text)).map((range) => range.isPrintable)).toEqual(expected));

  test('the parts are the whole, and lines are counted right', () => {
    const piece = fc.constantFrom('---', '...', '\n', '\r\n', ' ', 'a: 1', '# c', '%Y', '-', '"', 'ä', '\t', '~', '\u007f', '\n---\n', '\n...\n');
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')), (text) => {
      const parts = split(text);
      expect(parts.map(([, part]) => part).join('')).toBe(text);
      let before = '';
      for (const [line, part] of parts) {
        expect(line).toBe(before.split('\n').length);
        before += part;
      }
      const printable = splitDocuments(Buffer.from(text)).map((range) => range.isPrintable);
      expect(printable).toEqual(parts.map(([, part]) => !/[^\x20-\x7e\n]/.test(part)));
    }));
  });
});

describe('splitJson', () => {
  test('texts one after the other', () => expect(split('{"a":"}\\""}\n\n{"b":[{}]} {"c":1}', splitJson)).toEqual([[1, '{"a":"}\\""}'], [3, '{"b":[{}]}'], [3, '{"c":1}']]));
  test('what does not close is one last text', () => expect(split('{"a":1}\n{"b":[\n', splitJson)).toEqual([[1, '{"a":1}'], [2, '{"b":[\n']]));
});

describe('normalizeBytes', () => {
  test('drops a byte order mark, keeps CRLF, turns a lone CR into a line end', () => {
    expect(normalizeBytes(Buffer.from('\ufeffa\r\nb\rc\r')).toString()).toBe('a\r\nb\nc\n');
    const plain = Buffer.from('a\r\nb');
    expect(normalizeBytes(plain)).toBe(plain);
  });
});
