import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePorts } from '../support/addresses.ts';
import { atEnd } from '../support/cleanup.ts';
import { eventually } from '../support/eventually.ts';
import { cleanEnvironment, repository } from '../support/fairway-command.ts';
import { runningWorkers } from '../support/workers.ts';

const shell = promisify(execFile);

test('npm start serves, what it prints works as printed, and the end leaves nothing behind', async () => {
  const [http, https, admin] = (await freePorts(3)) as [number, number, number];
  const env = cleanEnvironment({ FAIRWAY_HTTP_PORT: String(http), FAIRWAY_HTTPS_PORT: String(https), FAIRWAY_ADMIN_PORT: String(admin) });
  const child = spawn('sh', [join(repository, 'scripts/start.sh')], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
  // Not SIGKILL: what it started would outlive it.
  atEnd(async () => {
    child.kill('SIGTERM');
    await eventually(() => { expect(child.exitCode ?? child.signalCode).not.toBeNull(); }, 10_000);
  });
  await eventually(() => { expect(said).toContain('Ctrl-C ends it'); }, 40_000);

  const base = /Fairway serves (\/\S+)\/manifests/.exec(said)![1]!;
  const commands = said.split('\n').filter((line) => line.startsWith('       ')).map((line) => line.trim());
  expect(commands).toHaveLength(6);
  const answers: string[] = [];
  for (const command of commands) {
    // status and explain end with 1 when there is something to look at: the route that is refused on purpose.
    const done = await shell('sh', ['-c', command], { env }).catch((error: unknown) => error as { code: number; stdout: string; stderr: string });
    expect(['code' in done ? done.code : 0, done.stderr.includes('fairway:')], command).toEqual([command.includes(' status ') ? 1 : 0, false]);
    answers.push(done.stdout);
  }
  expect(answers[0]).toMatch(/^Hello from shop-v[12]/);
  expect(answers[1]).toMatch(/^Hello from shop-v2.*asked over https/);
  // A person types more slowly than the change takes; a loop may not.
  await eventually(async () => { expect((await shell('sh', ['-c', commands[3]!], { env })).stdout).toMatch(/^Hello from shop-v2/); }, 2_000);
  expect(answers[4]).toContain('is served by the members of bank/bank');
  expect(answers[4]).toContain('agrees');
  expect(answers[5]).toContain('5 rules');

  const workers = runningWorkers(join(base, 'state'));
  expect(workers).toHaveLength(1);
  child.kill('SIGINT');
  await eventually(() => { expect(child.exitCode).toBe(0); }, 10_000);
  expect(existsSync(base)).toBe(false);
  expect(existsSync(`/proc/${workers[0]!.pid}`)).toBe(false);
}, 90_000);
