import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listOldWorkers, terminateOverdue } from './old-workers.ts';
import { readIdentity, readWorkers, signalWorker, writeWorkers } from './pid-file.ts';
import type { WorkerRecord } from './pid-file.ts';

let directory: string;
const children: ChildProcess[] = [];
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'fairway-pid-')); });
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});
function start(generation: number, startedAt = 0): { readonly child: ChildProcess; readonly record: WorkerRecord; readonly exited: Promise<NodeJS.Signals | null> } {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  children.push(child);
  const exited = new Promise<NodeJS.Signals | null>((resolve) => { child.once('exit', (_code, signal) => { resolve(signal); }); });
  return { child, record: { ...readIdentity(child.pid!)!, startedAt, generation }, exited };
}

it('lists the workers that still run as the same process, oldest first', async () => {
  expect(await readWorkers(directory)).toEqual([]);
  const one = start(1);
  const two = start(2);
  const reused = { ...start(3).record, startTicks: 1 };
  await writeWorkers(directory, [two.record, reused, one.record]);
  expect(statSync(join(directory, 'workers.json')).mode & 0o777).toBe(0o600);
  expect(await readWorkers(directory)).toEqual([one.record, two.record]);
  one.child.kill('SIGKILL');
  await one.exited;
  expect(await readWorkers(directory)).toEqual([two.record]);
});

it('forgets the workers of another boot', async () => {
  await writeWorkers(directory, [start(1).record]);
  const path = join(directory, 'workers.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"boot": "[^"]*"/, '"boot": "another"'));
  expect(await readWorkers(directory)).toEqual([]);
});

it.each([['cut off', '{"boot": "x", "workers": ['], ['of another shape', '[]'], ['with a process group', '{"boot":"x","workers":[{"pid":-1,"startTicks":1,"startedAt":1,"generation":1}]}']])('refuses a file that is %s', async (_name, text) => {
  writeFileSync(join(directory, 'workers.json'), text);
  await expect(readWorkers(directory)).rejects.toThrow(/workers\.json is not a list of workers/);
});

it('never signals another process that got the same pid', async () => {
  const { record, child, exited } = start(1);
  expect(signalWorker({ ...record, startTicks: record.startTicks + 1 }, 'SIGTERM')).toBe(false);
  expect(child.exitCode ?? child.signalCode).toBeNull();
  expect(signalWorker(record, 'SIGTERM')).toBe(true);
  expect(await exited).toBe('SIGTERM');
  expect(signalWorker(record, 'SIGTERM')).toBe(false);
});

it('counts the age of an old worker from the start of its successor, and ends those past the bound', async () => {
  const [first, second, current] = [start(1, 1000), start(2, 5000), start(7, 9000)];
  const old = listOldWorkers([current.record, first.record, second.record], 10_000);
  expect(old.map(({ worker, age }) => [worker.generation, age])).toEqual([[1, 5000], [2, 1000]]);
  expect(old[0]!.residentBytes).toBeGreaterThan(0);
  expect(terminateOverdue(old, 2000).map(({ worker }) => worker.generation)).toEqual([1]);
  expect(await first.exited).toBe('SIGTERM');
  expect([second.child.signalCode, current.child.signalCode]).toEqual([null, null]);
  expect(listOldWorkers([current.record], 10_000)).toEqual([]);
});
