import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFileIfChanged, writeNewFile, writeSmallFileIfChanged } from './write-file.ts';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'fairway-write-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

it('writes a file for its owner alone, and only when it has another content', async () => {
  const path = join(directory, 'a.pem');
  expect(await writeFileIfChanged(path, 'one')).toBe(true);
  const first = statSync(path);
  expect(first.mode & 0o777).toBe(0o600);
  expect(await writeFileIfChanged(path, Buffer.from('one'))).toBe(false);
  expect(statSync(path).ino).toBe(first.ino);
  expect(await writeFileIfChanged(path, 'two')).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(readdirSync(directory)).toEqual(['a.pem']);
});

it('narrows a file that others could read', async () => {
  const path = join(directory, 'open.pem');
  writeFileSync(path, 'old', { mode: 0o644 });
  await writeFileIfChanged(path, 'new');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it('leaves no temporary file when it fails', async () => {
  await expect(writeFileIfChanged(join(directory, 'nosuch', 'a'), 'x')).rejects.toThrow(/ENOENT/);
  expect(() => { writeNewFile(join(directory, 'nosuch', 'a'), 'x'); }).toThrow(/ENOENT/);
  expect(() => { writeNewFile(directory, 'x'); }).toThrow();
  expect(readdirSync(directory)).toEqual([]);
});

it('writes new files at once, for their owner alone', () => {
  const path = join(directory, 'a.pem');
  writeNewFile(path, 'ä'.repeat(100_000));
  expect(readFileSync(path, 'utf8')).toBe('ä'.repeat(100_000));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['a.pem']);
});

it('a pipe that somebody left gives way to the file instead of being read for ever', async () => {
  for (const [name, write] of [['a', writeFileIfChanged], ['b', writeSmallFileIfChanged]] as const) {
    const path = join(directory, name);
    execFileSync('mkfifo', [path]);
    await write(path, 'text');
    expect([statSync(path).isFile(), readFileSync(path, 'utf8')]).toEqual([true, 'text']);
  }
});

it('writes a small file at once, and only when it has another content', () => {
  const path = join(directory, 'small');
  writeSmallFileIfChanged(path, 'one');
  const first = statSync(path);
  expect(first.mode & 0o777).toBe(0o600);
  writeSmallFileIfChanged(path, 'one');
  expect(statSync(path).ino).toBe(first.ino);
  writeSmallFileIfChanged(path, 'two');
  expect([readFileSync(path, 'utf8'), readdirSync(directory)]).toEqual(['two', ['small']]);
});
