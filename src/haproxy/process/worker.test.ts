import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseShowEnv } from '../observed/show-env.ts';
import { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { readIdentity, signalWorker } from './pid-file.ts';
import type { WorkerIdentity } from './pid-file.ts';
import { startWorker } from './worker.ts';
import type { WorkerStart, WorkerStarted } from './worker.ts';

let directory: string;
const workers: WorkerIdentity[] = [];
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'fairway-worker-')); });
afterEach(() => {
  for (const worker of workers.splice(0)) signalWorker(worker, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

function prepare(extra = ''): WorkerStart {
  const configFile = join(directory, 'haproxy.cfg');
  writeFileSync(configFile, `global
  stats socket ${directory}/s.sock mode 600 level admin expose-fd listeners
  nbthread 1
  maxconn 200
defaults
  mode http
  timeout connect 2s
  timeout client 20s
  timeout server 20s
  timeout http-request 20s
frontend f
  bind unix@${directory}/http.sock
  http-request return status 200 content-type text/plain lf-string "%pid"
${extra}
`);
  return { program: 'haproxy', configFile, statsSocket: join(directory, 's.sock'), takeOverFrom: null, logFile: join(directory, 'haproxy.log'), env: {} };
}
async function start(options: WorkerStart): Promise<Extract<WorkerStarted, { ok: true }>> {
  const started = await startWorker(options);
  if (!started.ok) throw new Error(started.output);
  workers.push(started.worker);
  return started;
}
async function get(): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(directory, 'http.sock'), path: '/', agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk; }).on('end', () => { resolve(body.trim()); });
    }).once('error', reject).end();
  });
}

it('serves when the start is over, with its variables, in a session of its own, without our pipes', async () => {
  const { worker } = await start({ ...prepare(), env: { FAIRWAY_TEST: 'a b=c' } });
  expect(await get()).toBe(String(worker.pid));
  expect(parseShowEnv(await new RuntimeSocket(join(directory, 's.sock')).read('show env')).get('FAIRWAY_TEST')).toBe('a b=c');
  expect(readFileSync(`/proc/${worker.pid}/stat`, 'utf8').split(' ')[5]).toBe(String(worker.pid));
  expect(statSync(`/proc/${worker.pid}/fd/2`).ino).toBe(statSync(join(directory, 'haproxy.log')).ino);
  expect(statSync(join(directory, 'haproxy.log')).mode & 0o777).toBe(0o600);
});

it('takes over while requests go on, and drops none', async () => {
  let options = prepare();
  let before = await start(options);
  const answered = new Set<string>();
  let failures = 0;
  let stop = false;
  const load = (async () => {
    while (!stop) {
      try {
        answered.add(await get());
      } catch {
        failures += 1;
      }
    }
  })();
  for (let generation = 0; generation < 3; generation += 1) {
    options = { ...prepare(), takeOverFrom: { socket: options.statsSocket, pids: [before.worker.pid] } };
    const next = await start(options);
    expect(await get()).toBe(String(next.worker.pid));
    expect(await before.exited).toEqual({ code: 0, signal: null });
    before = next;
  }
  stop = true;
  await load;
  expect(failures).toBe(0);
  expect(answered.size).toBeGreaterThanOrEqual(3);
});

it('says why HAProxy refuses the configuration, and the one that runs serves on', async () => {
  const good = await start(prepare());
  const options = prepare('  nosuch keyword');
  const refused = await startWorker({ ...options, takeOverFrom: { socket: options.statsSocket, pids: [good.worker.pid] } });
  expect(refused).toMatchObject({ ok: false, output: expect.stringContaining("unknown keyword 'nosuch'") as string });
  expect(await get()).toBe(String(good.worker.pid));
});

it('starts although the one to take over from hangs or is gone', async () => {
  const hung = await start(prepare());
  signalWorker(hung.worker, 'SIGSTOP');
  const options = prepare();
  const next = await start({ ...options, takeOverFrom: { socket: options.statsSocket, pids: [hung.worker.pid] } });
  expect(await get()).toBe(String(next.worker.pid));
  signalWorker(next.worker, 'SIGKILL');
  await next.exited;
  const last = await start({ ...options, takeOverFrom: { socket: options.statsSocket, pids: [] } });
  expect(await get()).toBe(String(last.worker.pid));
});

it('gives up in time, and leaves nothing behind', async () => {
  const late = await startWorker({ ...prepare(), statsSocket: join(directory, 'other.sock'), timeout: 300 });
  expect(late).toMatchObject({ ok: false, output: expect.stringContaining('did not serve within 300 ms') as string });
  await expect(get()).rejects.toThrow();
});

it('says that the program is missing', async () => {
  expect(await startWorker({ ...prepare(), program: '/nosuch/haproxy' })).toMatchObject({ ok: false, output: expect.stringContaining('cannot run /nosuch/haproxy') as string });
});

it('tells of a worker that dies', async () => {
  const { worker, exited } = await start(prepare());
  signalWorker(worker, 'SIGKILL');
  expect(await exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(readIdentity(worker.pid)).toBeNull();
});

it('outlives the process that started it, killed without warning', async () => {
  const options = prepare();
  const code = `import { startWorker } from ${JSON.stringify(new URL('./worker.ts', import.meta.url).href)};
    const started = await startWorker(${JSON.stringify(options)});
    console.log(JSON.stringify(started.worker));
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const worker = JSON.parse(await new Promise<string>((resolve) => { parent.stdout.once('data', (data: Buffer) => { resolve(data.toString()); }); })) as WorkerIdentity;
  workers.push(worker);
  const gone = new Promise((resolve) => { parent.once('exit', resolve); });
  parent.kill('SIGKILL');
  await gone;
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await get()).toBe(String(worker.pid));
});
