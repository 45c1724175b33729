import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAnyDocument } from './parse-document.ts';
import { readPlainYaml } from './plain-yaml.ts';
import type { PlainDocument } from './plain-yaml.ts';
import { splitDocuments } from './split-documents.ts';

const manifest = `---
# A comment.
apiVersion: v1
kind: Secret
metadata:
  name: shop
  labels:
    app.example.com/part: "true"
    quoted: 'it is: #1'
  annotations:
    haproxy.router.openshift.io/timeout: 5s
    note: hello world, this is [text]
data:
  tls.crt: |
    -----BEGIN CERTIFICATE-----
      deeper

    # no comment
    -----END CERTIFICATE-----

  tls.key: |-
    secret
spec:
  ports:
    - name: http
      port: 80
      targetPort: 8080
    -   port: 443
        ready: true
  list: [a, "b c", 1, true, 10.0.0.1]
  mapping: {}
  none: []
  empty:
  items:
  - a
  - null
  - "127.0.0.1"
  - x:
      y: 1
    z:
    - 1
    - 2
`;

/** What the parser of all of YAML makes of it: the one object of a document, or null. */
const parsed = (source: string): { readonly value: unknown; readonly lines: number } | null => {
  const document = parseAnyDocument(source);
  const [first, ...others] = document.is === 'values' ? document.values : [];
  return first === undefined || others.length > 0 ? null : { value: first.value, lines: first.lines };
};

/** As a file of this text would be read: printable documents only. null: the parser decides. */
const plainOf = (source: string): PlainDocument | null => {
  const bytes = Buffer.from(source);
  return splitDocuments(bytes).every((range) => range.isPrintable) ? readPlainYaml(source, bytes) : null;
};

test('reads what manifests are written in, as the parser does', () => {
  expect(plainOf(manifest)).toEqual({ lines: 2, value: {
    apiVersion: 'v1', kind: 'Secret',
    metadata: {
      name: 'shop', labels: { 'app.example.com/part': 'true', quoted: 'it is: #1' },
      annotations: { 'haproxy.router.openshift.io/timeout': '5s', note: 'hello world, this is [text]' },
    },
    data: { 'tls.crt': '-----BEGIN CERTIFICATE-----\n  deeper\n\n# no comment\n-----END CERTIFICATE-----\n', 'tls.key': 'secret' },
    spec: {
      ports: [{ name: 'http', port: 80, targetPort: 8080 }, { port: 443, ready: true }],
      list: ['a', 'b c', 1, true, '10.0.0.1'], mapping: {}, none: [], empty: null,
      items: ['a', null, '127.0.0.1', { x: { y: 1 }, z: [1, 2] }],
    },
  } });
  expect(parsed(manifest)).toEqual(plainOf(manifest));
});

test.each([
  'a: &x b', 'a: *x', 'a: !t b', 'a: "\\n"', "a: 'it''s'", 'a: b # c', 'a: >\n  b\n', 'a: |+\n  b\n', 'a: |\n\n  b\n', 'a: |\n  b', 'a: b: c', 'a:\tb', 'a: b\n  c', 'a: 1\na: 2',
  '<<: {}', '__proto__: 1', 'true: 1', 'a: 0x1f', 'a: 1e3', 'a: 010', 'a: .5', 'a: -1', 'a: True', 'a: ~', 'a: [b', 'a: [b,]', 'a: [b c]', 'a: {b: c}', '- - a', 'a', '', '# only\n', '{}',
  '"a": b', 'a: ä', 'a: b\r\n', '? a', ' a: 1\nb: 2', 'a:\n  - b\n - c', 'a:\n    b: 1\n  c: 2', Array.from({ length: 30 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
])('leaves %j to the parser', (source) => {
  expect(plainOf(source)).toBeNull();
});

test.each([
  ['texts with the same length and the same letters where they are compared first', Array.from({ length: 26 }, (_, n) => `a${String.fromCharCode(97 + n)}bca: a${String.fromCharCode(122 - n)}bca\n`).join('')],
  ['names that every object of JavaScript has', 'constructor: 1\ntoString: a\nhasOwnProperty:\n  valueOf: b\n  constructor:\n  - isPrototypeOf: c\n'],
  ['the same key at every depth', 'a:\n  a:\n    a: 1\n  b:\n  - a: 2\n  - a: 3\n'],
  ['words that are special elsewhere, and those as long as they', 'trueish: nulls\nTrues: fals\nfour: fives\nyes: no\n'],
  ['long texts', `${'k'.repeat(39)}: ${'v'.repeat(40)}\n${'k'.repeat(41)}: "${'v'.repeat(41)}"\n`],
  ['numbers, and what only begins like one', 'a: 0\nb: 999999999999999\nc: 1234567890123456a\nd: 0a\ne: 1.2.3\nf: 5s\ng: 2024-01-01\nh: 0/1\n'],
  ['no line break at the end', 'a: 1\nb:\n- "c"'],
  ['empty texts', 'a: ""\nb: \'\'\nc: [""]\n'],
])('%s', (_name, source) => {
  for (const round of [1, 2]) expect([round, plainOf(source)]).toEqual([round, parsed(source)]);
});

test.each(['constructor: 1\nconstructor: 2\n', 'a: 1\nb: 2\na: 3\n', 'a:\n  b: 1\n  b: 2\n', 'a:\n  a: 1\na: 2\n'])('%j has a key twice', (source) => expect(plainOf(source)).toBeNull());

const pieces = [
  ' ', '  ', '\n', ':', ': ', '- ', '#', ' #', '"', "'", '|', '|-', '>', '[', ']', '{', '}', '{}', '[]', ',', '0', '1', '.', 'e', '-', '+', 'null', 'true', 'True', '~', '\\', '&a', '*a',
  '!t', '%', '@', '?', '? ', '---', '...', '\t', 'é', '<<', '_', '/', 'a', 'b: c', '\n  ', '\n    ', '\n- ', '=', '0x1', '1e3', '.5', '08', '::', 'x:y', '\n\n', ' \n', '1_000', '0o7', '.inf', '1234567890123456', 'labels: ', 'constructor: 1\n', 'null: ',
];

test('whatever it reads, it reads as the parser does', () => {
  const edit = fc.record({ at: fc.nat(manifest.length), gone: fc.nat(12), piece: fc.constantFrom('', ...pieces) });
  const swap = fc.record({ one: fc.nat(45), other: fc.nat(45) });
  fc.assert(fc.property(fc.array(edit, { maxLength: 3 }), fc.array(swap, { maxLength: 2 }), (edits, swaps) => {
    const lines = manifest.split('\n');
    for (const { one, other } of swaps) [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? ''];
    let source = lines.join('\n');
    for (const { at, gone, piece } of edits) source = source.slice(0, at) + piece + source.slice(at + gone);
    const plain = plainOf(source);
    if (plain !== null) expect(plain).toEqual(parsed(source));
  }), { numRuns: 3000 });
});
