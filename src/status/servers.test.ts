import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startAdminServer } from './admin-server.ts';
import type { AdminServer, AdminServerOptions } from './admin-server.ts';
import { BadQuery, askRouter, startStateSocket, stateSocketPath } from './state-socket.ts';

describe('the admin server', () => {
  let server: AdminServer;
  afterEach(() => server.close());
  const start = async (more: Partial<AdminServerOptions> = {}): Promise<(path: string, init?: RequestInit) => Promise<Response>> => {
    server = await startAdminServer({
      address: '127.0.0.1', port: 0, live: [{ name: 'loop', problem: () => null }], ready: [{ name: 'serving', problem: () => 'not yet' }],
      metrics: async function* () { yield 'a 1\n'; yield ''; yield 'b 2\n'; }, login: null, failed: () => undefined, ...more,
    });
    return (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  };

  test('tells health check by check', async () => {
    const get = await start();
    const [live, ready] = [await get('/healthz'), await get('/healthz/ready')];
    expect([live.status, await live.text()]).toEqual([200, '[+]loop ok\nok\n']);
    expect([ready.status, await ready.text()]).toEqual([503, '[-]serving failed: not yet\nfailed\n']);
  });

  test('streams metrics', async () => {
    const get = await start();
    const answer = await get('/metrics?x=1');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).toBe('a 1\nb 2\n');
  });

  test('asks for the password when there is one, for metrics alone', async () => {
    const get = await start({ login: { user: 'u', password: 'päss:word' } });
    const basic = (text: string): RequestInit => ({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } });
    expect((await get('/metrics')).status).toBe(401);
    expect((await get('/metrics', basic('u:wrong'))).status).toBe(401);
    expect((await get('/metrics', basic('u:päss:word'))).status).toBe(200);
    expect((await get('/healthz')).status).toBe(200);
  });

  test('an error before the first byte is a 500, one in the middle breaks the connection', async () => {
    const told: string[] = [];
    // eslint-disable-next-line require-yield -- the error comes before the first chunk
    const early = async function* (): AsyncGenerator<string> { throw new Error('no table'); };
    let get = await start({ metrics: early, failed: (message) => told.push(message) });
    expect((await get('/metrics')).status).toBe(500);
    await server.close();
    get = await start({ metrics: async function* () { yield 'a 1\n'; await new Promise((resolve) => setTimeout(resolve, 20)); throw new Error('gone'); }, failed: (message) => told.push(message) });
    await expect(get('/metrics').then((answer) => answer.text())).rejects.toThrow();
    expect(told).toEqual([expect.stringContaining('no table'), expect.stringContaining('gone')]);
  });

  test('serves nothing else', async () => {
    const get = await start();
    expect((await get('/debug')).status).toBe(404);
    expect((await get('/metrics', { method: 'POST' })).status).toBe(405);
  });
});

describe('the state socket', () => {
  let directory = '';
  beforeEach(async () => { directory = await mkdtemp(join(tmpdir(), 'fairway-socket-')); });
  afterEach(() => rm(directory, { recursive: true }));
  const start = (): ReturnType<typeof startStateSocket> => startStateSocket({
    path: stateSocketPath(directory), failed: () => undefined,
    status: async () => ({ fine: true }),
    explain: async (query) => {
      if (query.url === 'bad') throw new BadQuery('no URL');
      return query;
    },
  });

  test('answers its own user alone', async () => {
    const socket = await start();
    expect(((await stat(stateSocketPath(directory))).mode & 0o777).toString(8)).toBe('600');
    expect(await askRouter(directory, '/v1/status')).toEqual({ kind: 'answer', value: { fine: true } });
    expect(await askRouter(directory, '/v1/explain?url=http%3A%2F%2Fa%2F&sni=b&http_version=2')).toEqual({ kind: 'answer', value: { url: 'http://a/', method: null, sni: 'b', httpVersion: '2' } });
    expect(await askRouter(directory, '/v1/explain?url=bad')).toEqual({ kind: 'refused', message: 'no URL' });
    expect(await askRouter(directory, '/v1/explain')).toMatchObject({ kind: 'refused' });
    expect(await askRouter(directory, '/other')).toMatchObject({ kind: 'refused' });
    await socket.close();
    expect(await askRouter(directory, '/v1/status')).toMatchObject({ kind: 'nobody' });
  });

  test('a second one is refused, and one left behind by a killed process is replaced', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(/Another Fairway runs with this state directory/);
    await first.close();
    const { createServer } = await import('node:net');
    const dead = createServer();
    await new Promise<void>((resolve) => { dead.listen(join(directory, 'moved.sock'), resolve); });
    await (await import('node:fs/promises')).link(join(directory, 'moved.sock'), stateSocketPath(directory));
    await new Promise((resolve) => { dead.close(resolve); });
    await (await start()).close();
  });
});
