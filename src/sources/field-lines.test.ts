import { expect, test } from 'vitest';
import { lineOf } from './field-lines.ts';

const text = `# head
---
apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: web
  annotations:
    haproxy.router.openshift.io/timeout: 5x
    haproxy.router.openshift.io/timeout-tunnel: 6x
    short: |
      several
      lines
spec:
  host: a.test
  to: { kind: Service,
        name: web }
  alternateBackends:
    - name: b
    -
      name: c
      weight: 1
---
kind: List
apiVersion: v1
items:
- kind: Route
  spec:
    host: one
- spec:
    host: two
  kind: Route
`;

const at = (line: number, path: string): number => lineOf(text, { file: 'a.yaml', line }, path);

test.each([
  ['', 3], ['kind', 4], ['metadata.name', 6], ['spec', 13], ['spec.host', 14], ['spec.to', 15], ['spec.to.name', 16],
  ['spec.alternateBackends[0].name', 18], ['spec.alternateBackends[1].weight', 21], ['spec.alternateBackends[1].name', 20],
  ['metadata.annotations[haproxy.router.openshift.io/timeout]', 8],
  ['metadata.annotations.haproxy.router.openshift.io/timeout', 8],
  ['metadata.annotations["haproxy.router.openshift.io/timeout-tunnel"]', 9],
  ['metadata.annotations[short]', 10],
])('%s is on line %i', (path, line) => expect(at(3, path)).toBe(line));

test.each([['spec.path', 13], ['spec.tls.key', 13], ['spec.to.weight', 15], ['spec.alternateBackends[7]', 17], ['nothing', 3]])('%s is not written: the nearest around it is on line %i', (path, line) =>
  expect(at(3, path)).toBe(line));

test('items of a List are told apart by their first line', () => {
  expect([at(26, 'spec.host'), at(29, 'spec.host'), at(29, 'kind')]).toEqual([28, 30, 31]);
});

test('a file that changed or broke since gives the line that is known', () => {
  expect(lineOf('kind: [\n', { file: 'a.yaml', line: 1 }, 'spec.host')).toBe(1);
  expect(lineOf('', { file: 'a.yaml', line: 5 }, 'spec.host')).toBe(5);
});

test('JSON without line breaks has one line', () => {
  const json = '{"kind":"List","items":[{"spec":{"host":1}},{"spec":{"host":2}}]}';
  expect(lineOf(json, { file: 'a.json', line: 1 }, 'spec.host')).toBe(1);
});
