import { appendFileSync, closeSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { boundLogFile, openLogFile, readLogFrom } from './log-file.ts';

let path: string;
beforeEach(() => { path = join(mkdtempSync(join(tmpdir(), 'fairway-log-')), 'haproxy.log'); });
afterEach(() => { rmSync(join(path, '..'), { recursive: true, force: true }); });
const long = 'x'.repeat((1 << 20) + 1);

it('is made for its owner alone and appended to', () => {
  const first = openLogFile(path);
  writeSync(first.fd, 'one\n');
  closeSync(first.fd);
  const second = openLogFile(path);
  writeSync(second.fd, 'two\n');
  closeSync(second.fd);
  expect([first.size, second.size]).toEqual([0, 4]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readLogFrom(path, second.size)).toBe('two\n');
});

it('of more than a megabyte gives way at the next start', () => {
  writeFileSync(path, long);
  const log = openLogFile(path);
  closeSync(log.fd);
  expect(log.size).toBe(0);
  expect(statSync(`${path}.1`).size).toBe(long.length);
});

it('of more than a megabyte is cut while a writer has it open, and the writer goes on at its beginning', () => {
  const log = openLogFile(path);
  writeSync(log.fd, 'short');
  expect(boundLogFile(path)).toBe(false);
  appendFileSync(path, long);
  expect(boundLogFile(path)).toBe(true);
  writeSync(log.fd, 'after\n');
  closeSync(log.fd);
  expect(readFileSync(path, 'utf8')).toBe('after\n');
  expect(statSync(`${path}.1`).size).toBe(long.length + 5);
});

it('is read from its end when much was added', () => {
  writeFileSync(path, `${long}end`);
  expect(readLogFrom(path, 10)).toHaveLength(65_536);
  expect(readLogFrom(path, 10).endsWith('end')).toBe(true);
  expect(readLogFrom(path, 1 << 30)).toBe('');
});
