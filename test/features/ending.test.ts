import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../support/addresses.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { cleanEnvironment, fairwayProgram, repository } from '../support/fairway-command.ts';
import { send } from '../support/http-client.ts';
import { runningWorkers } from '../support/workers.ts';

// Moments at which a program is easily left half ended.

async function launch(): Promise<{ child: ReturnType<typeof spawn>; stateDir: string; admin: number; http: number; log: () => string }> {
  const base = await mkdtemp(join(tmpdir(), 'fairway-ending-'));
  const stateDir = join(base, 'state');
  const [http, https, admin] = (await freePorts(3)) as [number, number, number];
  const child = spawn(fairwayProgram, [
    'run', join(repository, 'examples/quickstart'), '--http-port', String(http), '--https-port', String(https), '--admin-port', String(admin), '--state-dir', stateDir, '--drain', '1s',
  ], { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => { log += chunk.toString('utf8'); });
  atEnd(async () => {
    child.kill('SIGKILL');
    for (const { pid } of runningWorkers(stateDir)) process.kill(pid, 'SIGKILL');
    await rm(base, { recursive: true, force: true });
  });
  return { child, stateDir, admin, http, log: () => log };
}

const ended = (child: ReturnType<typeof spawn>): Promise<void> => eventually(() => { expect(child.exitCode).toBe(0); }, 15_000);

test.each([0, 30, 80, 150])('asked to end %d ms into its start: no HAProxy is left', async (wait) => {
  const { child, stateDir, log } = await launch();
  await eventually(() => { expect(log()).toContain('Starting'); }, 15_000, 2);
  await new Promise((resolve) => setTimeout(resolve, wait));
  child.kill('SIGTERM');
  await ended(child);
  expect(log()).toContain('Stopped');
  expect(runningWorkers(stateDir)).toEqual([]);
});

test('whoever reads the log goes away: it serves on, and ends in order', async () => {
  const { child, stateDir, admin, http } = await launch();
  child.stderr!.destroy();
  await eventually(async () => { expect((await send({ port: admin, host: 'localhost', path: '/healthz/ready' })).status).toBe(200); }, 15_000);
  expect((await send({ port: http, host: 'nobody.test' })).status).toBe(503);
  child.kill('SIGTERM');
  await ended(child);
  expect(runningWorkers(stateDir)).toEqual([]);
});

test('ports that somebody else has are told, and nothing is started', async () => {
  const first = await launch();
  await eventually(() => { expect(first.log()).toContain('Serving'); }, 15_000);
  const base = await mkdtemp(join(tmpdir(), 'fairway-ending-'));
  atEnd(() => rm(base, { recursive: true, force: true }));
  const [https] = (await freePorts(1)) as [number];
  const second = spawn(fairwayProgram, ['run', join(repository, 'examples/quickstart'), '--http-port', String(first.http), '--https-port', String(https), '--admin-port', '0', '--state-dir', join(base, 's')], { env: cleanEnvironment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  second.stderr.on('data', (chunk: Buffer) => { log += chunk.toString('utf8'); });
  // HAProxy alone would share the port silently (SO_REUSEPORT).
  await eventually(() => { expect(second.exitCode).toBe(5); }, 15_000);
  expect(log).toMatch(/The HTTP port \S+ is taken by another program\.\n +Choose another with --http-port/);
  expect(runningWorkers(join(base, 's'))).toEqual([]);
});
