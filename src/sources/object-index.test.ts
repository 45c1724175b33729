import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Resource } from '../resources/kinds.ts';
import { keepLastGood, keptNotice } from './keep-last-good.ts';
import { ObjectIndex } from './object-index.ts';
import { readManifests, resourcesOf } from './read-manifests.ts';
import { byPlace } from './source.ts';

const object = (name: string, created?: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n${created === undefined ? '' : `  creationTimestamp: ${created}\n`}`;
const read = (file: string, ...documents: readonly string[]): readonly Resource[] => resourcesOf(readManifests(file, documents.join('---\n')));
const places = (resources: readonly Resource[]): readonly string[] => resources.map(({ metadata }) => `${metadata.name} ${metadata.origin.file}:${metadata.origin.line}`);

describe('a name that is written twice', () => {
  test('the older object wins; the other is told with both places', () => {
    const index = new ObjectIndex();
    index.put('a.yaml', { resources: read('a.yaml', object('web', '2024-01-01T00:00:00Z')), kept: [] });
    index.put('b.yaml', { resources: read('b.yaml', object('web', '2020-01-01T00:00:00Z')), kept: [] });
    expect(places(index.resources)).toEqual(['web b.yaml:1']);
    expect(index.duplicates).toMatchObject([{ code: 'source-duplicate', file: 'a.yaml', line: 1, subject: 'Service default/web' }]);
    expect(index.duplicates[0]?.message).toBe('Service default/web at a.yaml:1 is also written at b.yaml:1, which is older; this one is not used.');
  });

  test('of one age, the first file and the first line win', () => {
    const index = new ObjectIndex();
    index.put('b.yaml', { resources: read('b.yaml', object('web'), object('web')), kept: [] });
    expect([places(index.resources), index.duplicates.length]).toEqual([['web b.yaml:1'], 1]);
    index.put('a.yaml', { resources: read('a.yaml', object('other'), object('web')), kept: [] });
    expect([places(index.resources), index.duplicates.length]).toEqual([['other a.yaml:1', 'web a.yaml:6'], 2]);
    index.put('a.yaml', { resources: [], kept: [] });
    expect([places(index.resources), index.duplicates.length]).toEqual([['web b.yaml:1'], 1]);
  });

  test('what is kept from before gives way to what is written, without a word', () => {
    const index = new ObjectIndex();
    const old = read('a.yaml', object('web', '2020-01-01T00:00:00Z'));
    index.put('a.yaml', { resources: old, kept: [] });
    index.put('b.yaml', { resources: read('b.yaml', object('web')), kept: [] });
    index.put('a.yaml', { resources: [], kept: old });
    expect([places(index.resources), index.duplicates]).toEqual([['web b.yaml:1'], []]);
    index.put('a.yaml', { resources: old, kept: [] });
    expect([places(index.resources), index.duplicates.length]).toEqual([['web a.yaml:1'], 1]);
  });

  test('neither the order of files nor their history matters', () => {
    const document = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(undefined, '2020-01-01T00:00:00Z', '2024-01-01T00:00:00Z')).map(([name, created]) => object(name, created));
    const file = fc.tuple(fc.constantFrom('1.yaml', '2.yaml', '3.yaml', '4.json'), fc.array(document, { maxLength: 4 }), fc.array(document, { maxLength: 2 }));
    fc.assert(fc.property(fc.array(file, { maxLength: 12 }), (history) => {
      const index = new ObjectIndex();
      const last = new Map<string, { readonly resources: readonly Resource[]; readonly kept: readonly Resource[] }>();
      for (const [name, documents, kept] of history) {
        const contribution = { resources: read(name, ...documents), kept: read(name, ...kept) };
        last.set(name, contribution);
        index.put(name, contribution);
      }
      for (const names of [[...last.keys()].sort(), [...last.keys()].sort().reverse()]) {
        const fresh = new ObjectIndex();
        for (const name of names) fresh.put(name, last.get(name)!);
        expect(fresh.resources).toEqual(index.resources);
        expect([...fresh.duplicates].sort(byPlace)).toEqual([...index.duplicates].sort(byPlace));
      }
    }), { numRuns: 200 });
  });

  test('the list is the same while nothing changes', () => {
    const index = new ObjectIndex();
    const resources = read('a.yaml', object('web'));
    index.put('a.yaml', { resources, kept: [] });
    const before = index.resources;
    index.put('a.yaml', { resources: [...resources], kept: [] });
    expect(index.resources).toBe(before);
  });
});

describe('keepLastGood', () => {
  const before = { resources: read('a.yaml', object('a'), object('b'), object('c')), kept: [] };
  const names = (resources: readonly Resource[]): readonly string[] => resources.map((one) => one.metadata.name);
  const now = (...documents: readonly string[]): ReturnType<typeof keepLastGood> => keepLastGood(before, readManifests('a.yaml', documents.join('---\n')));

  test('a whole file decides alone', () => expect(now(object('a'))).toMatchObject({ kept: [] }));
  test('a broken document may hold what is missing', () => {
    const after = now(object('a'), 'kind: [\n', object('d'));
    expect([names(after.resources), names(after.kept)]).toEqual([['a', 'd'], ['b', 'c']]);
    expect(after.kept[0]).toBe(before.resources[1]);
    const healed = keepLastGood(after, readManifests('a.yaml', object('b')));
    expect([names(healed.resources), healed.kept]).toEqual([['b'], []]);
  });
  test('an unreadable file keeps everything', () => expect(names(keepLastGood(before, undefined).kept)).toEqual(['a', 'b', 'c']));
  test('the notice names what is kept', () => {
    expect(keptNotice('a.yaml', [])).toEqual([]);
    expect(keptNotice('a.yaml', before.resources)[0]?.message).toContain('Service default/a, Service default/b, Service default/c');
  });
});
