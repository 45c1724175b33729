import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Route } from '../resources/route.ts';
import type { Secret } from '../resources/secret.ts';
import { problemsOf, readManifests, resourcesOf } from './read-manifests.ts';
import type { Manifest } from './read-manifests.ts';
import { sourceCodes } from './source-codes.ts';

const route = (name: string, more = ''): string => `apiVersion: route.openshift.io/v1
kind: Route
metadata:
  name: ${name}
  namespace: shop
spec:
  host: ${name}.test
  to: { kind: Service, name: ${name} }
${more}`;

const read = (text: string | Buffer, file = 'shop.yaml', before?: Manifest): Manifest => readManifests(file, text, before);
const objects = (manifest: Manifest): readonly string[] => resourcesOf(manifest).map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}:${metadata.origin.line}`);
const told = (manifest: Manifest): readonly string[] => problemsOf(manifest).map((one) => `${one.code}:${one.line}`);

describe('documents', () => {
  test('several in a file, with the line of each object', () => {
    const manifest = read(`# shop\n---\n${route('a')}---\n\n# second\n${route('b')}`);
    expect(objects(manifest)).toEqual(['Route shop/a:3', 'Route shop/b:14']);
    expect(told(manifest)).toEqual([]);
  });

  test('comments, blank lines and empty documents are nothing', () => expect(read('# only\n---\n---\n\n...\n---\nnull\n').documents.flatMap((one) => one.entries)).toEqual([]));

  test('a List is its items, each with its own line', () => {
    const items = ['a', 'b'].map((name) => `- ${route(name).trim().replaceAll('\n', '\n  ')}\n`).join('');
    expect(objects(read(`apiVersion: v1\nkind: List\nitems:\n${items}`))).toEqual(['Route shop/a:4', 'Route shop/b:12']);
  });

  test('a typed list gives its items the kind that they do not say', () =>
    expect(objects(read('{"apiVersion":"v1","kind":"SecretList","items":[{"metadata":{"name":"a"}},\n{"metadata":{"name":"b"}}]}', 'list.json'))).toEqual(['Secret default/a:1', 'Secret default/b:2']));

  test('JSON: pretty, with tabs, several texts in one file', () => {
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { ports: [{ port: 80 }] } }, null, '\t');
    expect(objects(read(`${json}\n${json.replace('"a"', '"b"')}`, 'x.json'))).toEqual(['Service default/a:1', 'Service default/b:15']);
    expect(objects(read(json))).toEqual(['Service default/a:1']);
  });

  test('JSON escapes and surrogate pairs come out as JSON means them', () => {
    const data = { 'a': 'x\u2028"\\/\b\u0001 \ud83d\ude00', 'b': '<<' };
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: data }).replace('😀', '\\ud83d\\ude00').replace('/', '\\/');
    const [secret] = resourcesOf(read(text, 'x.json')) as Secret[];
    expect({ ...secret?.data }).toEqual(data);
  });

  test('anchors and merge keys work', () => {
    const [first, second] = resourcesOf(read(`apiVersion: v1
kind: List
items:
- &base
  apiVersion: route.openshift.io/v1
  kind: Route
  metadata: { name: a }
  spec: &spec { host: a.test, path: /x }
- <<: *base
  metadata: { name: b }
  spec: { <<: *spec, host: b.test }
`)) as Route[];
    expect([first?.host, first?.path, second?.host, second?.path, second?.metadata.name]).toEqual(['a.test', '/x', 'b.test', '/x', 'b']);
  });

  test('yes, no, on and times are text, as in YAML 1.2', () => {
    const [one] = resourcesOf(read(route('a').replace('  namespace', '  creationTimestamp: 2024-03-01T10:00:00Z\n  labels: { a: yes, b: on, c: no }\n  namespace')));
    expect(one?.metadata).toMatchObject({ labels: { a: 'yes', b: 'on', c: 'no' }, creationTimestamp: Date.UTC(2024, 2, 1, 10) });
  });

  test('BOM, CRLF and lone CR change nothing', () => {
    const text = `${route('a')}---\n${route('b')}`;
    for (const variant of [`\ufeff${text}`, text.replaceAll('\n', '\r\n'), text.replaceAll('\n', '\r')]) expect(objects(read(variant))).toEqual(objects(read(text)));
  });

  test('`__proto__` is no way in', () => {
    const manifest = read('apiVersion: v1\nkind: Service\n__proto__: { polluted: 1, kind: Route }\nmetadata: { name: a, __proto__: { namespace: x } }\nspec: { "__proto__": [1] }\n');
    expect(objects(manifest)).toEqual(['Service default/a:1']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('what is wrong', () => {
  test.each([
    ['a tab', 'kind: Route\nmetadata:\n\tname: a\n', 'source-broken-document:3', /tabs/],
    ['a field twice', 'kind: Route\nspec:\n  host: a\n  path: /\n  host: b\n', 'source-broken-document:5', /one of the two/],
    ['an open quote', 'kind: "Route\nmetadata: {}\n', 'source-broken-document:2', /Close the quote/],
    ['an open bracket', 'kind: Route\nports: [1, 2\nmetadata: {}\n', 'source-broken-document', /comma|Close/],
    ['bad indentation', 'kind: Route\nspec:\n   host: a\n  path: /\n', 'source-broken-document:4', /Indent/],
    ['no colon', 'kind: Route\nhost\nspec: {}\n', 'source-broken-document', /name: value/],
    ['an unknown alias', 'kind: Route\nspec: *nothing\n', 'source-broken-document:2', /anchor/],
    ['a tag', 'kind: Route\nspec: !!js/function "x"\n', 'source-broken-document:2', /tag/],
    ['a control character', 'kind: "a\u0001"\n', 'source-broken-document:1', /control|quote/],
    ['a NUL', 'kind: a\u0000\n', 'source-broken-document:1', /control/],
    ['no kind', 'metadata: { name: a }\n', 'source-not-an-object:1', /kind/],
    ['a list', '- 1\n- 2\n', 'source-not-an-object:1', /apiVersion/],
    ['no name', 'apiVersion: v1\nkind: Service\nmetadata:\n  namespace: a\n', 'source-nameless:3', /metadata.name/],
    ['a bad name', 'apiVersion: v1\nkind: Service\nmetadata:\n  name: A_b\n', 'source-nameless:4', /lower-case/],
    ['an unknown kind', 'apiVersion: v1\nkind: Servic\nmetadata: { name: a }\n', 'source-unknown-kind:2', /Service/],
    ['an old version', 'kind: EndpointSlice\napiVersion: discovery.k8s.io/v1beta1\nmetadata: { name: a }\n', 'source-unknown-version:2', /discovery.k8s.io\/v1/],
    ['an unknown field', `${route('a')}  hosst: b\n`, 'source-unknown-field:9', /host/],
  ])('%s', (_name, text, expected, hint) => {
    const [problem, ...more] = problemsOf(read(`# one\n---\n${text}`));
    const [code, line] = expected.split(':');
    expect(more).toEqual([]);
    expect(problem?.code).toBe(code);
    if (line !== undefined) expect(problem?.line).toBe(Number(line) + 2);
    expect(problem?.hint).toMatch(hint);
  });

  test('a broken document costs its neighbours nothing', () => {
    const manifest = read(`${route('a')}---\nkind: [\n---\n${route('b')}`);
    expect(objects(manifest)).toEqual(['Route shop/a:1', 'Route shop/b:12']);
    expect(told(manifest).map((one) => one.split(':')[0])).toEqual(['source-broken-document']);
    expect(manifest.documents.map((one) => one.broken)).toEqual([false, true, false]);
  });

  test('bytes that are not UTF-8: the line, and only that document', () => {
    const manifest = read(Buffer.concat([Buffer.from(`${route('a')}---\nkind: Service\nmetadata:\n  name: `), Buffer.from([0xe9, 10]), Buffer.from(`---\n${route('b')}`)]));
    expect(objects(manifest)).toEqual(['Route shop/a:1', 'Route shop/b:14']);
    expect(told(manifest)).toEqual(['source-not-utf8:12']);
  });

  test('wrong fields stand in the object with their lines', () => {
    const [one] = resourcesOf(read(`---\n${route('a').replace('a.test', '[1]')}  alternateBackends:\n  - name: x\n  - name: y\n    weight: many\n`));
    expect(one?.problems.map((problem) => [problem.path, problem.line])).toEqual([['spec.host', 8], ['spec.alternateBackends[1].weight', 13]]);
  });

  test('a private key in broken text is not in the message', () => {
    const manifest = read('apiVersion: v1\nkind: Secret\nstringData:\n  tls.key: "-----BEGIN hunter2\n  hunter2: *hunter3\n');
    expect(told(manifest)).toHaveLength(1);
    expect(JSON.stringify(problemsOf(manifest))).not.toContain('hunter2');
  });

  test.each([
    ['nested aliases', `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'.split('').map((name, place) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[place]!}`).join(',')}]\n`).join('')}`],
    ['an alias to itself', 'kind: Route\nspec: &a { x: *a }\n'],
    ['merges without end', `a: &a {${Array.from({ length: 100 }, (_, n) => `k${n}: 1`).join(',')}}\n${Array.from({ length: 100 }, (_, n) => `b${n}: { <<: *a }\n`).join('')}`],
    ['a thousand brackets', `a: ${'['.repeat(1000)}`],
    ['a thousand mappings', `a: ${'{a: '.repeat(1000)}`],
    ['deep indentation', Array.from({ length: 500 }, (_, n) => `${' '.repeat(n)}a:`).join('\n')],
  ])('%s: refused, quickly', (_name, text) => {
    const start = performance.now();
    const manifest = read(text);
    expect(resourcesOf(manifest)).toEqual([]);
    expect(manifest.documents.map((one) => one.broken)).toEqual([true]);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test.each([['markers', '---\n'.repeat(150_000)], ['values', `kind: [${'0,'.repeat(4_100_000)}0]\n`]])('millions of %s are not parsed', (_name, text) => {
    expect(told(read(text))).toEqual(['source-file-too-large:1']);
  });

  test('a typed list that becomes another is other objects', () => {
    const list = (kind: string): string => `apiVersion: v1\nkind: ${kind}\nitems:\n- metadata: { name: a }\n`;
    expect(objects(read(list('ServiceList'), 'shop.yaml', read(list('SecretList'))))).toEqual(['Service default/a:4']);
  });

  test('values of 16 KB and a thousand unknown fields', () => {
    const manifest = read(`${route('a').replace('a.test', 'x'.repeat(16_384))}${Array.from({ length: 1000 }, (_, n) => `  field${n}: 1\n`).join('')}`);
    expect((resourcesOf(manifest)[0] as Route).host).toHaveLength(16_384);
    const [problem] = problemsOf(manifest);
    expect(problem?.message).toContain('and 999 more');
    expect(problem?.fields).toHaveLength(20);
  });
});

describe('reading again', () => {
  const text = `${route('a')}---\n${route('b')}---\n${route('c')}`;

  test('the same text is the same objects', () => {
    const before = read(text);
    resourcesOf(read(text, 'shop.yaml', before)).forEach((one, place) => expect(one).toBe(resourcesOf(before)[place]));
  });

  test('only the document that changed is another object', () => {
    const before = resourcesOf(read(text));
    const after = resourcesOf(read(text.replace('b.test', 'x.test'), 'shop.yaml', read(text)));
    expect(after.map((one) => one.metadata.name)).toEqual(['a', 'b', 'c']);
    const again = resourcesOf(read(text.replace('b.test', 'x.test'), 'shop.yaml', { file: 'shop.yaml', documents: read(text).documents }));
    expect(again).toEqual(after);
    const kept = read(text);
    const changed = resourcesOf(read(text.replace('b.test', 'x.test'), 'shop.yaml', kept));
    expect(changed.map((one, place) => one === resourcesOf(kept)[place])).toEqual([true, false, true]);
    expect(before).toHaveLength(3);
  });

  test('an object that moved is as it was, with its new lines', () => {
    const before = read(route('a', '  hosst: x\n'));
    const after = read(`# new\n\n${route('a', '  hosst: x\n')}`, 'shop.yaml', before);
    expect([objects(after), told(after)]).toEqual([['Route shop/a:3'], ['source-unknown-field:11']]);
    const pushed = read(`${route('z')}---\n${route('a')}`, 'shop.yaml', read(route('z').replace('z.test', 'y.test') + '---\n' + route('a')));
    expect(objects(pushed)).toEqual(['Route shop/z:1', 'Route shop/a:10']);
  });

  test('items of a List keep their identity too', () => {
    const list = (names: readonly string[]): string => `apiVersion: v1\nkind: List\nitems:\n${names.map((name) => `- ${route(name).trim().replaceAll('\n', '\n  ')}\n`).join('')}`;
    const before = read(list(['a', 'b', 'c']));
    const after = read(list(['a', 'b', 'c']).replace('b.test', 'x.test'), 'shop.yaml', before);
    expect(resourcesOf(after).map((one, place) => one === resourcesOf(before)[place])).toEqual([true, false, true]);
  });

  test('what was read before never changes what is read', () => {
    const documents = fc.array(fc.constantFrom(route('a'), route('b'), route('b', '  hosst: 1\n'), 'kind: [\n', '# c\n', route('c').replace('c.test', '[]'), 'a: &x 1\nb: *x\n'), { maxLength: 6 });
    fc.assert(fc.property(documents, documents, (first, second) => {
      const [one, two] = [first.join('---\n'), second.join('---\n')];
      expect(read(two, 'shop.yaml', read(one))).toEqual(read(two));
    }), { numRuns: 200 });
  });
});

describe('any text', () => {
  const piece = fc.constantFrom(
    ...'\n|\n  |: |- |---\n|...\n|"|\'|[|]|{|}|,|&a |*a |<<: *a|!!str |!x |? |> |>-|#|%YAML 1.2\n|\t|\r|\ufeff|a|kind: Route\n|apiVersion: v1\n|metadata: |name: a\n|spec:\n|items:\n|kind: List\n|- |0x|~|\\|\\u12|\u0085|\u2028|ä|😀|__proto__: |='.split('|'), '|', '|2+\n',
  );
  const hostile = fc.array(fc.oneof({ arbitrary: piece, weight: 5 }, fc.string({ maxLength: 5 })), { maxLength: 60 }).map((pieces) => pieces.join(''));

  test('gives objects and problems of the catalogue, with lines inside the file', () => {
    fc.assert(fc.property(hostile, fc.constantFrom('a.yaml', 'a.json'), (text, file) => {
      const manifest = read(text, file);
      const lines = text.split(/\r\n|\r|\n/).length;
      for (const one of problemsOf(manifest)) {
        expect(Object.keys(sourceCodes)).toContain(one.code);
        expect(one.line).toBeGreaterThanOrEqual(1);
        expect(one.line).toBeLessThanOrEqual(lines);
        expect(`${one.message}${one.hint}`).toMatch(/^[^\u0000-\u001f\u007f]+$/);
      }
      expect(read(text, file, manifest)).toEqual(manifest);
    }), { numRuns: 1500 });
  });

  test('random bytes as well', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(Array.isArray(problemsOf(read(Buffer.from(bytes))))).toBe(true);
    }), { numRuns: 300 });
  });

  test('a good document survives whatever stands in the others', () => {
    fc.assert(fc.property(hostile, hostile, (before, after) => {
      const clean = (text: string): string => text.replaceAll('%', '');
      const manifest = read(`${clean(before)}\n---\n${route('good')}---\n${clean(after)}`);
      expect(resourcesOf(manifest).map((one) => one.metadata.name)).toContain('good');
    }), { numRuns: 500 });
  });
});
