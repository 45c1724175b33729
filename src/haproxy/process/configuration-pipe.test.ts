import { createReadStream, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ConfigurationPipe } from './configuration-pipe.ts';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'fairway-pipe-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });

const make = async (): Promise<ConfigurationPipe> => {
  const [pipe] = (await ConfigurationPipe.make(join(directory, 'pipe'))) ?? [];
  if (pipe === undefined) throw new Error('no pipe');
  return pipe;
};

test('the reader gets the pieces as they come, and the end; then the pipe is gone', async () => {
  const pipe = await make();
  expect(statSync(pipe.path).mode & 0o777).toBe(0o600);
  const read = readFile(pipe.path, 'utf8');
  await pipe.write('one ');
  const long = 'x'.repeat(1_000_000);
  await pipe.write(`two ${long}`);
  await pipe.end();
  expect(await read).toBe(`one two ${long}`);
  expect(existsSync(pipe.path)).toBe(false);
});

test('a reader that ends before it reads keeps nobody waiting', async () => {
  const pipe = await make();
  const written = pipe.write('never read');
  await pipe.abandon();
  await written;
  await pipe.write('nor this');
  await pipe.end();
});

test('nor does one that ends in the middle', async () => {
  const pipe = await make();
  const reader = createReadStream(pipe.path, { highWaterMark: 10 });
  reader.once('data', () => { reader.destroy(); });
  await pipe.write('x'.repeat(1_000_000));
  await pipe.abandon();
  await pipe.end();
});

test('once it is read, nothing is at its path: a file may take its place, and stays', async () => {
  const [pipe, other] = (await ConfigurationPipe.make(join(directory, 'pipe'), join(directory, 'other')))!;
  const read = readFile(pipe!.path, 'utf8');
  await pipe!.opened();
  writeFileSync(pipe!.path, 'a file');
  await pipe!.write('text');
  await pipe!.end();
  expect([await read, await readFile(pipe!.path, 'utf8')]).toEqual(['text', 'a file']);
  // Never opened: it goes with its end.
  await other!.end();
  expect(existsSync(other!.path)).toBe(false);
});

test('takes at once what there is room for, and never more than the reader gets', async () => {
  const pipe = await make();
  const bytes = Buffer.from('0123456789'.repeat(10_000));
  expect(pipe.offer(bytes)).toBe(0);
  const reader = createReadStream(pipe.path, { encoding: 'utf8' });
  await pipe.opened();
  // In the same turn, so that nothing is read between.
  const taken = pipe.offer(bytes);
  expect(taken).toBe(65_536);
  expect(pipe.offer(bytes.subarray(taken))).toBe(0);
  const read = text(reader);
  await pipe.write(bytes.subarray(taken));
  await pipe.end();
  expect(await read).toBe(bytes.toString());
  expect(pipe.offer(bytes)).toBe(0);
});

test('offers nothing to a reader that has ended', async () => {
  const pipe = await make();
  const reader = createReadStream(pipe.path);
  await pipe.opened();
  await once(reader.destroy(), 'close');
  expect(pipe.offer(Buffer.from('text'))).toBe(0);
  await pipe.end();
});

test('whoever waits for a reader hears that there will be none', async () => {
  const pipe = await make();
  const opened = pipe.opened();
  await pipe.abandon();
  await opened;
  await pipe.opened();
});

test('a reader that waits for a writer who was killed finds the end when the next pipe is made', async () => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const waiting = readFile(path, 'utf8');
  await sleep(20);
  await make();
  expect(await waiting).toBe('');
});

test('where no pipe can be made there is none', async () => {
  expect(await ConfigurationPipe.make(join(directory, 'missing', 'pipe'))).toBeNull();
});
