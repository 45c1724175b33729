import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Resource } from '../resources/kinds.ts';
import { ManifestDirectory } from './manifest-directory.ts';
import type { DirectoryPace } from './manifest-directory.ts';
import { readManifestDirectory } from './read-manifest-directory.ts';
import type { Snapshot } from './source.ts';

const service = (name: string, port = 80): string => `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  ports: [{ port: ${port} }]\n`;

let around: string;
let directory: string;
let stops: (() => Promise<void>)[];

beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'fairway-manifests-'));
  directory = join(around, 'manifests');
  mkdirSync(directory);
  stops = [];
});
afterEach(async () => {
  for (const stop of stops) await stop();
  rmSync(around, { recursive: true, force: true });
});

const put = (name: string, ...documents: readonly string[]): void => writeFileSync(join(directory, name), documents.join('---\n'));

interface Followed {
  readonly source: ManifestDirectory;
  readonly snapshot: () => Snapshot;
  readonly names: () => readonly string[];
  readonly codes: () => readonly string[];
  readonly object: (name: string) => Resource | undefined;
  readonly calls: () => number;
  readonly until: (holds: (followed: Followed) => boolean) => Promise<void>;
}

async function follow(pace: Partial<DirectoryPace> = {}, where = directory): Promise<Followed> {
  const source = new ManifestDirectory(where, { recover: 30, ...pace });
  stops.push(() => source.stop());
  let calls = 0;
  let snapshot = await source.start((next) => {
    expect(next).not.toBe(snapshot);
    snapshot = next;
    calls++;
  });
  const followed: Followed = {
    source,
    snapshot: () => snapshot,
    names: () => snapshot.resources.map((one) => one.metadata.name),
    codes: () => snapshot.problems.map((one) => one.code),
    object: (name) => snapshot.resources.find((one) => one.metadata.name === name),
    calls: () => calls,
    until: async (holds) => {
      for (let tries = 0; tries < 1000 && !holds(followed); tries++) await sleep(5);
      expect({ holds: holds(followed), names: followed.names(), codes: followed.codes() }).toMatchObject({ holds: true });
    },
  };
  return followed;
}
const has = (...names: readonly string[]) => (followed: Followed): boolean => JSON.stringify(followed.names()) === JSON.stringify(names);

describe('what is read', () => {
  test('manifests in all sub-directories, and nothing else', async () => {
    mkdirSync(join(directory, 'team/deep'), { recursive: true });
    mkdirSync(join(directory, '.git'));
    put('a.yaml', service('a'));
    put('team/b.yml', service('b'));
    put('team/deep/c.json', JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'c' } }));
    for (const name of ['x.yaml~', '.x.yaml', '#x.yaml#', '.#x.yaml', '~x.yaml', 'x.yaml.swp', 'x.txt', '.git/x.yaml', 'README']) put(name, service('x'));
    const followed = await follow();
    expect(followed.names()).toEqual(['a', 'b', 'c']);
    expect(followed.object('b')?.metadata.origin.file).toBe(join(directory, 'team/b.yml'));
    expect(followed.codes()).toEqual([]);
    expect(readManifestDirectory(directory)).toEqual(followed.snapshot());
  });

  test('what cannot be read is told, and harms nothing', async () => {
    put('good.yaml', service('good'));
    execFileSync('mkfifo', [join(directory, 'pipe.yaml')]);
    symlinkSync('nowhere.yaml', join(directory, 'dangling.yaml'));
    symlinkSync('loop.yaml', join(directory, 'loop.yaml'));
    symlinkSync('..', join(directory, 'back'));
    put('huge.yaml', '');
    truncateSync(join(directory, 'huge.yaml'), 50_000_000);
    writeFileSync(Buffer.concat([Buffer.from(join(directory, 'bad-')), Buffer.from([0xff]), Buffer.from('.yaml')]), service('bad'));
    put('line\nbreak.yaml', service('bad'));
    const followed = await follow();
    expect(followed.names()).toEqual(['good']);
    expect(followed.snapshot().problems.map((one) => [one.code, one.file.slice(directory.length + 1)])).toEqual([
      ['source-file-name', ''], ['source-file-name', ''],
      ['source-directory-unreadable', 'back'], ['source-file-unreadable', 'dangling.yaml'], ['source-file-too-large', 'huge.yaml'],
      ['source-file-unreadable', 'loop.yaml'], ['source-file-unreadable', 'pipe.yaml'],
    ]);
  });

  test('no directory: a clear error', async () => {
    await expect(follow({}, join(around, 'none'))).rejects.toThrow(`cannot read manifests: ${join(around, 'none')} does not exist`);
    put('a.yaml', service('a'));
    await expect(follow({}, join(directory, 'a.yaml'))).rejects.toThrow('is a file');
    expect(() => readManifestDirectory(join(around, 'none'))).toThrow('does not exist');
  });

  test('the line of a field is looked up in the file', async () => {
    put('a.yaml', service('z'), service('a'));
    const followed = await follow();
    expect(followed.source.lineOf(followed.object('a')!.metadata.origin, 'spec.ports[0].port')).toBe(13);
    expect(followed.source.lineOf({ file: join(directory, 'gone.yaml'), line: 4 }, 'spec')).toBe(4);
  });
});

describe('what changes', () => {
  test('files written, changed and removed', async () => {
    put('a.yaml', service('a'));
    const followed = await follow();
    put('b.yaml', service('b'));
    await followed.until(has('a', 'b'));
    const a = followed.object('a');
    put('b.yaml', service('b2'));
    await followed.until(has('a', 'b2'));
    rmSync(join(directory, 'b.yaml'));
    await followed.until(has('a'));
    expect(followed.object('a')).toBe(a);
  });

  test('objects whose text is the same are the same, and nothing at all is not told', async () => {
    put('a.yaml', service('a'), service('b'));
    const followed = await follow();
    const a = followed.object('a');
    put('a.yaml', service('a'), service('b', 81));
    await followed.until(({ object }) => JSON.stringify(object('b')).includes('81'));
    expect(followed.object('a')).toBe(a);
    const calls = followed.calls();
    put('a.yaml', service('a'), service('b', 81));
    put('notes.txt', 'x');
    await sleep(60);
    expect(followed.calls()).toBe(calls);
  });

  test('an editor that writes beside and renames', async () => {
    put('a.yaml', service('a'));
    const followed = await follow();
    put('.a.yaml.tmp', service('b'));
    renameSync(join(directory, '.a.yaml.tmp'), join(directory, 'a.yaml'));
    await followed.until(has('b'));
    renameSync(join(directory, 'a.yaml'), join(directory, 'c.yaml'));
    await followed.until(({ object }) => object('b')?.metadata.origin.file.endsWith('c.yaml') === true);
    expect(followed.codes()).toEqual([]);
  });

  test('a file that is removed and written anew at once was never gone', async () => {
    put('a.yaml', service('a'));
    const seen: number[] = [];
    const followed = await follow();
    for (let round = 0; round < 5; round++) {
      rmSync(join(directory, 'a.yaml'));
      await sleep(8);
      seen.push(followed.names().length);
      put('a.yaml', service('a'));
      await sleep(8);
      seen.push(followed.names().length);
    }
    expect(seen).toEqual(Array(10).fill(1));
  });

  test('directories added, filled at once, renamed and removed', async () => {
    const followed = await follow();
    mkdirSync(join(directory, 'x/y'), { recursive: true });
    put('x/y/a.yaml', service('a'));
    put('x/b.yaml', service('b'));
    await followed.until(has('a', 'b'));
    renameSync(join(directory, 'x'), join(directory, 'z'));
    await followed.until(({ object }) => object('a')?.metadata.origin.file === join(directory, 'z/y/a.yaml') && followed.codes().length === 0);
    put('z/y/a.yaml', service('a2'));
    await followed.until(has('a2', 'b'));
    rmSync(join(directory, 'z'), { recursive: true });
    await followed.until(has());
    mkdirSync(join(directory, 'z'));
    put('z/c.yaml', service('c'));
    await followed.until(has('c'));
  });

  test('a burst is one change, and a stream of writes cannot hold it back', async () => {
    const followed = await follow({ quiet: 10, longest: 40 });
    for (let n = 0; n < 50; n++) put(`${n}.yaml`, service(`s${n}`));
    await followed.until(({ names }) => names().length === 50);
    expect(followed.calls()).toBeLessThanOrEqual(3);
    const end = Date.now() + 200;
    const before = followed.calls();
    while (Date.now() < end) {
      put('0.yaml', service('s0', 1 + (Date.now() % 60_000)));
      await sleep(2);
    }
    expect(followed.calls()).toBeGreaterThan(before + 1);
  });

  test('a change whose event never came is found by looking', async () => {
    put('a.yaml', service('a'));
    const past = new Date(Date.now() - 10_000);
    utimesSync(join(directory, 'a.yaml'), past, past);
    // The clock of this source runs an hour ahead with every reading, so that it is always time to look.
    let hours = 0;
    const source = new ManifestDirectory(directory, { rescan: 20 }, () => Date.now() + 1000 * hours++);
    stops.push(() => source.stop());
    let latest = await source.start((next) => { latest = next; });
    put('.hidden', 'x');
    renameSync(join(directory, 'a.yaml'), join(directory, '.a'));
    writeFileSync(join(directory, '.a'), service('b'));
    renameSync(join(directory, '.a'), join(directory, 'a.yaml'));
    for (let tries = 0; tries < 200 && latest.resources[0]?.metadata.name !== 'b'; tries++) await sleep(5);
    expect(latest.resources.map((one) => one.metadata.name)).toEqual(['b']);
  });
});

describe('what breaks', () => {
  test('a broken document keeps its last good object, the others follow; then it heals', async () => {
    put('a.yaml', service('a'), service('b'));
    const followed = await follow();
    const b = followed.object('b');
    put('a.yaml', service('a2'), service('b').replace('name: b', 'name: [b'));
    await followed.until(({ codes }) => codes().length === 2);
    expect([followed.names(), followed.codes()]).toEqual([['a', 'a2', 'b'], ['source-kept', 'source-broken-document']]);
    expect(followed.object('b')).toBe(b);
    put('a.yaml', service('a2'), service('b', 81));
    await followed.until(({ codes }) => codes().length === 0);
    expect(followed.names()).toEqual(['a2', 'b']);
  });

  test('a file that grows while it is read is never served half', async () => {
    const followed = await follow();
    const text = `${service('a')}  type: ClusterIP\n---\n${service('b')}`;
    const seen = new Set<string>();
    const file = join(directory, 'a.yaml');
    writeFileSync(file, '');
    for (const piece of text.split(/(?<=[^\n]{4})(?=[^\n])/)) {
      appendFileSync(file, piece);
      await sleep(1);
      for (const one of followed.snapshot().resources) seen.add(JSON.stringify(one));
      expect(followed.codes()).toEqual([]);
    }
    await followed.until(has('a', 'b'));
    expect(JSON.stringify(followed.object('a'))).toContain('"port":80');
    expect([...seen].filter((one) => one.includes('"ports":[]'))).toEqual([]);
  });

  test('a file without a line end at its end counts too, a moment later', async () => {
    const followed = await follow();
    put('a.yaml', service('a').trimEnd().replace('80 }]', '80 }] # end'));
    await followed.until(has('a'));
  });

  test('a file that is emptied first and written later was never empty; one that stays empty is', async () => {
    put('a.yaml', service('a'));
    const followed = await follow({ emptied: 150 });
    put('a.yaml', '');
    await sleep(60);
    expect(followed.names()).toEqual(['a']);
    put('a.yaml', service('b'));
    await followed.until(has('b'));
    put('a.yaml', '');
    await followed.until(has());
  });

  test('an unreadable file keeps its objects', async () => {
    put('a.yaml', service('a'));
    const followed = await follow();
    rmSync(join(directory, 'a.yaml'));
    symlinkSync('a.yaml', join(directory, 'a.yaml'));
    await followed.until(({ codes }) => codes().includes('source-file-unreadable'));
    expect([followed.names(), followed.codes()]).toEqual([['a'], ['source-file-unreadable', 'source-kept']]);
    rmSync(join(directory, 'a.yaml'));
    put('a.yaml', service('b'));
    await followed.until(has('b'));
    expect(followed.codes()).toEqual([]);
  });

  test('the directory itself is removed: everything stays; it returns: all is read', async () => {
    for (const name of ['a', 'b', 'c']) put(`${name}.yaml`, service(name));
    mkdirSync(join(directory, 'sub'));
    put('sub/d.yaml', service('d'));
    const followed = await follow();
    rmSync(directory, { recursive: true });
    await followed.until(({ codes }) => codes().includes('source-directory-gone'));
    await sleep(100);
    expect([followed.names(), followed.codes()]).toEqual([['a', 'b', 'c', 'd'], ['source-directory-gone']]);
    mkdirSync(directory);
    put('b.yaml', service('b', 81));
    await followed.until(has('b'));
    expect(followed.codes()).toEqual([]);
    put('b.yaml', service('b3'));
    await followed.until(has('b3'));
  });

  test('another directory takes its place', async () => {
    put('a.yaml', service('a'));
    const followed = await follow();
    const other = join(around, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'b.yaml'), service('b'));
    renameSync(directory, join(around, 'old'));
    renameSync(other, directory);
    await followed.until(has('b'));
    put('c.yaml', service('c'));
    await followed.until(has('b', 'c'));
  });
});

describe('links', () => {
  test('the text of a linked file is followed in its own directory', async () => {
    const elsewhere = join(around, 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, 'real.yaml'), service('a'));
    symlinkSync(join(elsewhere, 'real.yaml'), join(directory, 'link.yaml'));
    const followed = await follow();
    expect(followed.object('a')?.metadata.origin.file).toBe(join(directory, 'link.yaml'));
    writeFileSync(join(elsewhere, 'real.yaml'), service('b'));
    await followed.until(has('b'));
  });

  test('the way Kubernetes swaps a mounted ConfigMap', async () => {
    const version = (name: string, port: number): void => {
      mkdirSync(join(directory, name));
      put(`${name}/a.yaml`, service('a', port));
    };
    version('..2024_1', 80);
    symlinkSync('..2024_1', join(directory, '..data'));
    symlinkSync('..data/a.yaml', join(directory, 'a.yaml'));
    const followed = await follow();
    expect(followed.names()).toEqual(['a']);
    for (const [name, port] of [['..2024_2', 81], ['..2024_3', 82]] as const) {
      version(name, port);
      symlinkSync(name, join(directory, '..data_tmp'));
      renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
      await followed.until(({ object }) => JSON.stringify(object('a')).includes(`"port":${port}`));
    }
    expect(followed.codes()).toEqual([]);
  });

  test('a directory that is a link is turned to another release', async () => {
    for (const name of ['one', 'two']) {
      mkdirSync(join(around, name, 'sub'), { recursive: true });
      writeFileSync(join(around, name, 'sub/a.yaml'), service(name));
    }
    symlinkSync('one', join(around, 'current'));
    const followed = await follow({}, join(around, 'current'));
    expect(followed.names()).toEqual(['one']);
    symlinkSync('two', join(around, 'next'));
    renameSync(join(around, 'next'), join(around, 'current'));
    await followed.until(has('two'));
    writeFileSync(join(around, 'two/sub/a.yaml'), service('three'));
    await followed.until(has('three'));
  });
});

test('after any history of the directory the source holds what reading it anew gives', async () => {
  const followed = await follow({ quiet: 0, settle: 5, emptied: 5 });
  const random = (seed: number) => () => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const next = random(20_240_301);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
  const names = ['a.yaml', 'b.yaml', 's/a.yaml', 's/t/c.yml', 'd.json'];
  for (let step = 0; step < 150; step++) {
    const name = pick(names);
    const roll = next();
    if (roll < 0.6) {
      mkdirSync(join(directory, name, '..'), { recursive: true });
      put(name, ...Array.from({ length: Math.floor(next() * 3) }, () => service(pick(['x', 'y', 'z']), 1 + Math.floor(next() * 5))));
    } else if (roll < 0.8) rmSync(join(directory, name), { force: true });
    else if (roll < 0.9) rmSync(join(directory, 's'), { recursive: true, force: true });
    else {
      rmSync(join(directory, 'r'), { recursive: true, force: true });
      mkdirSync(join(directory, 's'), { recursive: true });
      renameSync(join(directory, 's'), join(directory, 'r'));
    }
    if (step % 10 === 9) await followed.until((now) => JSON.stringify(now.snapshot()) === JSON.stringify(readManifestDirectory(directory)));
    else await sleep(Math.floor(next() * 6));
  }
});
