import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAnyDocument } from './parse-document.ts';
import { readPlainYaml } from './plain-yaml.ts';

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

test('reads what manifests are written in, as the parser does', () => {
  expect(readPlainYaml(manifest)).toEqual({ lines: 2, value: {
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
  expect(parsed(manifest)).toEqual(readPlainYaml(manifest));
});

test.each([
  'a: &x b', 'a: *x', 'a: !t b', 'a: "\\n"', "a: 'it''s'", 'a: b # c', 'a: >\n  b\n', 'a: |+\n  b\n', 'a: |\n\n  b\n', 'a: |\n  b', 'a: b: c', 'a:\tb', 'a: b\n  c', 'a: 1\na: 2',
  '<<: {}', '__proto__: 1', 'true: 1', 'a: 0x1f', 'a: 1e3', 'a: 010', 'a: .5', 'a: -1', 'a: True', 'a: ~', 'a: [b', 'a: [b,]', 'a: [b c]', 'a: {b: c}', '- - a', 'a', '', '# only\n', '{}',
  '"a": b', 'a: ä', 'a: b\r\n', '? a', ' a: 1\nb: 2', 'a:\n  - b\n - c', 'a:\n    b: 1\n  c: 2', Array.from({ length: 30 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
])('leaves %j to the parser', (source) => {
  expect(readPlainYaml(source)).toBeNull();
});

const pieces = [
  ' ', '  ', '\n', ':', ': ', '- ', '#', ' #', '"', "'", '|', '|-', '>', '[', ']', '{', '}', '{}', '[]', ',', '0', '1', '.', 'e', '-', '+', 'null', 'true', 'True', '~', '\\', '&a', '*a',
  '!t', '%', '@', '?', '? ', '---', '...', '\t', 'é', '<<', '_', '/', 'a', 'b: c', '\n  ', '\n    ', '\n- ', '=', '0x1', '1e3', '.5', '08', '::', 'x:y', '\n\n', ' \n', '1_000', '0o7', '.inf',
];

test('whatever it reads, it reads as the parser does', () => {
  const edit = fc.record({ at: fc.nat(manifest.length), gone: fc.nat(12), piece: fc.constantFrom('', ...pieces) });
  const swap = fc.record({ one: fc.nat(45), other: fc.nat(45) });
  fc.assert(fc.property(fc.array(edit, { maxLength: 3 }), fc.array(swap, { maxLength: 2 }), (edits, swaps) => {
    const lines = manifest.split('\n');
    for (const { one, other } of swaps) [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? ''];
    let source = lines.join('\n');
    for (const { at, gone, piece } of edits) source = source.slice(0, at) + piece + source.slice(at + gone);
    const plain = readPlainYaml(source);
    if (plain !== null) expect(plain).toEqual(parsed(source));
  }), { numRuns: 3000 });
});
