import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { isRunning, parseStat, readIdentity, readResidentBytes } from './process-identity.ts';

it('finds the fields behind a process name with spaces and parentheses', () => {
  const after = 'S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987654 20 21';
  expect(parseStat(`123 (haproxy) ${after}`)).toEqual({ state: 'S', startTicks: 987654 });
  expect(parseStat(`123 (a) R (b) c) ${after}`)).toEqual({ state: 'S', startTicks: 987654 });
  expect(parseStat('nonsense')).toBeNull();
});

it('knows a running process from one that ended, and from another with its pid', async () => {
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  const identity = readIdentity(child.pid!)!;
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false);
  expect(readResidentBytes(child.pid!)).toBeGreaterThan(0);
  const exited = new Promise((resolve) => { child.once('exit', resolve); });
  child.kill('SIGKILL');
  await exited;
  expect(readIdentity(child.pid!)).toBeNull();
  expect(readResidentBytes(child.pid!)).toBe(0);
});

it('does not take a zombie for a running process', async () => {
  // The shell becomes a sleep that never waits for the child that the shell had started.
  const parent = spawn('sh', ['-c', 'sh -c "exit 0" & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const zombie = await new Promise<number>((resolve) => { parent.stdout.once('data', (data: Buffer) => { resolve(Number(data.toString())); }); });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(readIdentity(zombie)).toBeNull();
  parent.kill('SIGKILL');
});
