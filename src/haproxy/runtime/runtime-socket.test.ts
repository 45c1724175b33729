import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';
import type { ScratchHaproxy } from '../../../test/support/scratch-haproxy.ts';
import { escapeArgument, RuntimeSocket, RuntimeSocketError } from './runtime-socket.ts';
import type { RuntimeSocketOptions } from './runtime-socket.ts';

const sockets: RuntimeSocket[] = [];
function open(path: string, options?: RuntimeSocketOptions): RuntimeSocket {
  const socket = new RuntimeSocket(path, options);
  sockets.push(socket);
  return socket;
}
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'answered', (error: unknown) => {
    if (error instanceof RuntimeSocketError) return error.code;
    throw error;
  });
}

describe('the runtime socket of a real HAProxy', () => {
  let haproxy: ScratchHaproxy;
  const map = (): string => `${haproxy.directory}/hosts.map`;
  beforeAll(async () => {
    const backends = Array.from({ length: 200 }, (_, index) => `backend b${index}\n  balance random`).join('\n');
    const directory = await mkdtemp(join(tmpdir(), 'fairway-runtime-'));
    await writeFile(join(directory, 'hosts.map'), '');
    haproxy = await startScratchHaproxy(`frontend f\n  bind unix@$DIR/http.sock\n  http-request set-var(txn.x) req.hdr(host),map_str($DIR/hosts.map)\n${backends}`, { directory });
  });
  afterAll(async () => haproxy.stop());

  it('answers every command in order, refusals and silence included', async () => {
    const socket = open(haproxy.socketPath);
    const replies = await socket.send([
      { text: 'add server b0/m1 127.0.0.1:80' }, { text: 'enable server b0/m1' }, { text: 'add server b0/m1 127.0.0.1:80' }, { text: 'del server b0/m1' },
      { text: 'disable server b0/m1' }, { text: 'del server b0/m1' }, { text: 'no such command' },
    ]);
    expect(replies.slice(0, 6)).toEqual(['New server registered.', '', 'Already exists a server with the same name in backend.', 'Only servers in maintenance mode can be deleted.', '', 'Server deleted.']);
    expect(replies[6]).toMatch(/^Unknown command/);
  });

  it('keeps 8000 pipelined commands apart from the replies of others sent meanwhile', async () => {
    const socket = open(haproxy.socketPath);
    const names = Array.from({ length: 4000 }, (_, index) => `b${index % 200}/p${index}`);
    const [added, refused, enabled] = await Promise.all([
      socket.send(names.map((name) => ({ text: `add server ${name} 127.0.0.1:80` }))),
      socket.send([{ text: 'enable server b0/nosuch' }]),
      socket.send(names.map((name) => ({ text: `enable server ${name}` }))),
    ]);
    expect(new Set(added)).toEqual(new Set(['New server registered.']));
    expect(added).toHaveLength(4000);
    expect(refused).toEqual(['No such server.']);
    expect(enabled).toEqual(names.map(() => ''));
  });

  it('sends payloads, and values with spaces, semicolons and backslashes arrive as they were', async () => {
    const socket = open(haproxy.socketPath);
    const value = 'with  spaces; a \\ and << "quotes" #1 é';
    const replies = await socket.send([
      { text: `add map ${map()}`, payload: `a.test raw; value \\ here\nb.test 2` }, { text: `add map ${map()}`, payload: 'c.test' },
      { text: `add map ${map()} d.test ${escapeArgument(value)}` }, { text: `get map ${map()} a.test` },
    ]);
    expect(replies.slice(0, 3)).toEqual(['', "Missing value for key 'c.test'.", '']);
    expect(replies[3]).toContain('value="raw; value \\ here"');
    expect(await socket.read(`show map ${map()}`)).toContain(`d.test ${value}\n`);
  });

  it('takes the longest allowed payload', async () => {
    const socket = open(haproxy.socketPath);
    const long = `long.test ${'v'.repeat(31_600 - map().length)}`;
    expect(await socket.send([{ text: `add map ${map()}`, payload: long }, { text: 'show version' }])).toEqual(['', expect.stringMatching(/^\d/)]);
    expect(await codeOf(socket.send([{ text: `add map ${map()}`, payload: `${long}${'v'.repeat(1200)}` }]))).toBe('too-long');
    expect(await socket.send([{ text: `del map ${map()} long.test` }])).toEqual(['']);
  });

  it('reads an answer larger than the buffer, and an empty one', async () => {
    const socket = open(haproxy.socketPath);
    const state = await socket.read('show servers state');
    expect(state.length).toBeGreaterThan(200_000);
    expect(state.endsWith('\n\n')).toBe(true);
    expect(await socket.read(`clear map ${map()}`)).toBe('\n');
  });

  it('notices the death of HAProxy at once', async () => {
    const other = await startScratchHaproxy('backend b');
    try {
      const socket = open(other.socketPath);
      await socket.connect();
      const lost = new Promise<void>((resolve) => { socket.onLost(resolve); });
      other.process.kill('SIGKILL');
      await lost;
      expect(await codeOf(socket.send([{ text: 'show version' }]))).toBe('connect');
      expect(await codeOf(socket.read('show version'))).toBe('connect');
    } finally {
      await other.stop();
    }
  });

  it('does not call its own closing a loss', async () => {
    const socket = open(haproxy.socketPath);
    let losses = 0;
    socket.onLost(() => { losses++; });
    await socket.connect();
    socket.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(losses).toBe(0);
    expect(await codeOf(socket.send([{ text: 'show version' }]))).toBe('closed');
  });
});

// A real HAProxy cannot be made to fall silent, babble or die at a chosen byte, and its `stats timeout` does not always fire.
describe('a peer that misbehaves', () => {
  let server: Server;
  let directory: string;
  async function serve(answer: (line: string) => string | null): Promise<string> {
    directory = await mkdtemp(join(tmpdir(), 'fairway-runtime-'));
    const path = join(directory, 's.sock');
    server = createServer((socket) => {
      socket.setEncoding('utf8');
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk: string) => {
        for (const line of chunk.split('\n').filter((text) => text !== '')) {
          const reply = answer(line);
          if (reply === null) socket.destroy();
          else if (reply.endsWith('bye')) socket.end(reply);
          else socket.write(reply);
        }
      });
    });
    await new Promise<void>((resolve) => { server.listen(path, resolve); });
    return path;
  }
  afterEach(() => {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('that closes an idle connection is connected again by the next send', async () => {
    const socket = open(await serve((line) => (line === 'last' ? '\n> bye' : '\n> ')));
    const lost = new Promise<void>((resolve) => { socket.onLost(resolve); });
    expect(await socket.send([{ text: 'last' }])).toEqual(['']);
    await lost;
    expect(await socket.send([{ text: 'first' }])).toEqual(['']);
  });

  it('that is silent is given up after the time-out, and the unanswered command is named', async () => {
    const path = await serve((line) => (line === 'second' ? '' : '\n> '));
    const error = await open(path, { timeout: 100 }).send([{ text: 'first' }, { text: 'second' }]).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'timeout', command: 'second', answered: 1 });
  });

  it('that closes in the middle rejects everything under way', async () => {
    const socket = open(await serve((line) => (line === 'second' ? null : '\n> ')));
    const results = await Promise.allSettled([socket.send([{ text: 'first' }]), socket.send([{ text: 'first' }, { text: 'second' }]), socket.send([{ text: 'third' }])]);
    expect(results.map((result) => (result.status === 'rejected' ? (result.reason as RuntimeSocketError).command : 'answered'))).toEqual(['answered', 'second', 'third']);
  });

  it('that answers what nobody asked loses the connection: its answers can no longer be told apart', async () => {
    const socket = open(await serve((line) => (line === 'first' ? '\n> \n> ' : '\n> ')));
    const lost = new Promise<void>((resolve) => { socket.onLost(resolve); });
    await socket.send([{ text: 'first' }]);
    await lost;
    expect(await socket.send([{ text: 'second' }])).toEqual(['']);
  });

  it('that dies in the middle of a long answer is noticed', async () => {
    const socket = open(await serve((line) => (line === 'show map m' ? '0x1 a b\n0x2 c' : null)), { timeout: 100 });
    expect(await codeOf(socket.read('show map m'))).toBe('timeout');
  });
});
