import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from './addresses.ts';
import { makeCertificate, testCa } from './certificates.ts';
import { eventually } from './eventually.ts';
import { cleanEnvironment } from './fairway-command.ts';
import { callGrpc } from './grpc-client.ts';
import { openH2 } from './h2-client.ts';
import { send } from './http-client.ts';
import { startLoad, underLoad } from './load.ts';
import { startMember } from './member.ts';
import type { Member } from './member.ts';
import { proxyHeaderV1, proxyHeaderV2 } from './proxy-header.ts';
import { openRaw, rawExchange } from './raw-client.ts';
import { openStream } from './streaming-client.ts';
import { lookAtTls } from './tls-client.ts';
import { openWebSocket } from './websocket-client.ts';

// The harness is what every feature test believes: here it is tried on a HAProxy that was configured by hand.
describe('the harness, on a plain HAProxy', () => {
  const members: Record<string, Member> = {};
  let [http, https, proxied] = [0, 0, 0];
  let stop: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    const ca = await testCa();
    const served = await makeCertificate({ hosts: ['plain.test', 'grpc.test'], ca });
    const inner = await makeCertificate({ hosts: ['inner.test'], ca });
    members['web'] = await startMember({ name: 'web' });
    members['h2c'] = await startMember({ name: 'h2c', protocol: 'h2c' });
    members['tls'] = await startMember({ name: 'tls', protocol: 'h2', certificate: inner });
    [http, https, proxied] = (await freePorts(3)) as [number, number, number];
    const directory = await mkdtemp(join(tmpdir(), 'fairway-harness-'));
    await writeFile(join(directory, 'served.pem'), served.pem);
    const at = (member: Member): string => `${member.address}:${member.port}`;
    await writeFile(join(directory, 'haproxy.cfg'), `
global
  maxconn 500
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 10s
  timeout server 10s
frontend plain
  bind 127.0.0.1:${http}
  use_backend inner if { hdr(host) inner.test }
  default_backend web
frontend secure
  bind 127.0.0.1:${https} ssl crt ${directory}/served.pem alpn h2,http/1.1
  use_backend h2c if { hdr(host) grpc.test }
  default_backend web
frontend proxied
  bind 127.0.0.1:${proxied} accept-proxy
  http-request return status 200 content-type text/plain lf-string "%ci %cp"
backend web
  server web ${at(members['web'])}
backend h2c
  server h2c ${at(members['h2c'])} proto h2
backend inner
  server tls ${at(members['tls'])} ssl verify none alpn h2 sni str(inner.test)
`);
    const child = spawn('haproxy', ['-db', '-f', join(directory, 'haproxy.cfg')], { env: cleanEnvironment(), stdio: 'ignore' });
    stop = async () => {
      child.kill('SIGKILL');
      await rm(directory, { recursive: true });
    };
    await eventually(() => send({ port: http, host: 'plain.test' }));
  });
  afterAll(() => stop());

  test('a member tells what it saw and can be steered', async () => {
    const answer = await send({ port: http, host: 'Plain.Test', path: '/a%2Fb?x=1', from: '127.0.0.7', headers: { 'X-Twice': ['1', '2'] }, method: 'POST', body: 'hello' });
    expect(answer).toMatchObject({ status: 200, member: 'web', reason: null });
    expect(answer.seen()).toMatchObject({ method: 'POST', path: '/a%2Fb?x=1', httpVersion: '1.1', headers: { host: 'Plain.Test' }, bodyBytes: 5, sni: null });
    expect((await send({ port: http, host: 'plain.test', path: '/?status=418' })).status).toBe(418);
    members['web']!.answer(500);
    expect((await send({ port: http, host: 'plain.test' })).status).toBe(500);
    members['web']!.answer(200);
    await members['web']!.refuse();
    expect((await send({ port: http, host: 'plain.test' })).status).toBe(503);
    await members['web']!.accept();
    expect((await send({ port: http, host: 'plain.test' })).status).toBe(200);
    members['web']!.hold();
    const held = send({ port: http, host: 'plain.test' });
    await expect(Promise.race([held, new Promise((resolve) => setTimeout(resolve, 100, 'waiting'))])).resolves.toBe('waiting');
    members['web']!.release();
    expect((await held).status).toBe(200);
  });

  test('TLS: the certificate served, ALPN, trust, and HTTP/2 both ways', async () => {
    const ca = (await testCa()).cert;
    const served = await makeCertificate({ hosts: ['plain.test', 'grpc.test'], ca: await testCa() });
    expect(await lookAtTls({ port: https, sni: 'plain.test' })).toMatchObject({ fingerprint: served.fingerprint, alpn: 'h2' });
    expect(await lookAtTls({ port: https, sni: null, alpn: [] })).toMatchObject({ alpn: null });
    expect((await send({ port: https, host: 'plain.test', tls: { ca } })).status).toBe(200);
    await expect(send({ port: https, host: 'other.test', tls: { ca } })).rejects.toThrow(/altnames/i);
    expect((await send({ port: http, host: 'inner.test' })).seen()).toMatchObject({ httpVersion: '2.0', alpn: 'h2', sni: 'inner.test' });
    const connection = await openH2({ port: https, sni: 'plain.test', ca });
    expect((await connection.send({ path: '/over-h2' })).seen()).toMatchObject({ path: '/over-h2', httpVersion: '1.1' });
    expect((await connection.send({ authority: 'grpc.test' })).seen()).toMatchObject({ member: 'h2c', httpVersion: '2.0' });
    await connection.close();
  });

  test('gRPC and WebSocket pass', async () => {
    const connection = await openH2({ port: https, sni: 'grpc.test' });
    expect(await callGrpc(connection, { authority: 'grpc.test', method: '/test.Echo/Unary', messages: ['one'] })).toMatchObject({ grpcStatus: '0', messages: ['one'] });
    expect(await callGrpc(connection, { authority: 'grpc.test', method: '/test.Echo/Bidi', messages: ['one', 'two', 'three'] }))
      .toMatchObject({ httpStatus: 200, grpcStatus: '0', messages: ['one', 'two', 'three'], trailers: { 'x-member-trailer': 'h2c' } });
    expect(await callGrpc(connection, { authority: 'grpc.test', method: '/test.Echo/Fail', messages: ['one'] })).toMatchObject({ grpcStatus: '5', messages: [] });
    await connection.close();
    const socket = await openWebSocket({ port: http, host: 'plain.test', path: '/chat' });
    expect(socket.hello).toMatchObject({ member: 'web', path: '/chat' });
    expect(await socket.echo('ping')).toBe('ping');
    socket.close();
  });

  test('raw connections, PROXY headers and streams', async () => {
    const raw = await openRaw({ port: http });
    raw.send('GET /one HTTP/1.1\r\nHost: plain.test\r\n\r\n');
    expect(await raw.until(/"path":"\/one"/)).toMatch(/^HTTP\/1\.1 200/);
    expect(raw.isOpen()).toBe(true);
    raw.close();
    const request = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const wish = { from: '192.0.2.7', to: '198.51.100.1', fromPort: 4711 };
    expect(await rawExchange({ port: proxied, text: proxyHeaderV1(wish) + request })).toContain('192.0.2.7 4711');
    expect(await rawExchange({ port: proxied, text: Buffer.concat([proxyHeaderV2(wish), Buffer.from(request)]) })).toContain('192.0.2.7 4711');
    const stream = await openStream({ port: http, host: 'plain.test', every: 10 });
    await eventually(() => expect(stream.bytes()).toBeGreaterThan(50));
    expect(stream).toMatchObject({ member: 'web' });
    expect(stream.isOpen()).toBe(true);
    await members['web']!.refuse();
    await eventually(() => expect(stream.isOpen()).toBe(false));
    await members['web']!.accept();
  });

  test('the load generator keeps its pace and misses no failure', async () => {
    const target = { host: 'plain.test', port: http };
    const fine = await underLoad({ targets: [target, { host: 'plain.test', port: https, tls: true }], rps: 200 }, () => new Promise((resolve) => setTimeout(resolve, 600)));
    expect(fine.failures).toEqual([]);
    expect(fine.sent).toBeGreaterThan(120);
    expect(fine.byMember).toEqual({ web: fine.sent });
    const load = await startLoad({ targets: [target], rps: 200 });
    await members['web']!.refuse();
    await eventually(async () => expect((await load.report()).byStatus['503']).toBeGreaterThan(5));
    await members['web']!.accept();
    const bad = await load.stop();
    expect(bad.failures.length).toBe(Math.min(50, bad.sent - bad.succeeded));
    expect(bad.failures[0]).toMatchObject({ host: 'plain.test' });
  });

  test('certificates of every kind', async () => {
    expect((await makeCertificate({ hosts: ['a.test'] })).cert).toContain('BEGIN CERTIFICATE');
    for (const key of ['rsa', 'rsa1024', 'ed25519'] as const) expect((await makeCertificate({ hosts: ['a.test'], key })).key).toContain('PRIVATE KEY');
    expect(await makeCertificate({ hosts: ['a.test'] })).toBe(await makeCertificate({ hosts: ['a.test'] }));
    await makeCertificate({ hosts: ['old.test'], days: -1 });
    await makeCertificate({ hosts: ['sha1.test'], digest: 'sha1', ca: await testCa() });
  });
});
