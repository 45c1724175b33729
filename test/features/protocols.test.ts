import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, testCa } from '../support/certificates.ts';
import type { MadeCertificate } from '../support/certificates.ts';
import { cleanEnvironment } from '../support/fairway-command.ts';
import { callGrpc } from '../support/grpc-client.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';
import { openWebSocket } from '../support/websocket-client.ts';

let router: Router;
let ca: MadeCertificate;
let inner: MadeCertificate;

beforeAll(async () => {
  ca = await testCa();
  inner = await makeCertificate({ hosts: ['secure.shop.svc'], ca });
  const otherName = await makeCertificate({ hosts: ['other.shop.svc'], ca });
  const outer = await makeCertificate({ hosts: ['edge.test', 'reencrypt.test', 'grpc-edge.test', 'grpc-reencrypt.test'], ca });
  const [sixth] = await startMembers('six', 1, { address: '::1' });
  router = await startRouter({
    flags: ['--ip-family', 'v4v6'],
    manifests: [
      ...serving('web', [await startMember({ name: 'web' })]),
      ...serving('h2c', [await startMember({ name: 'h2c', protocol: 'h2c' })], { appProtocol: 'kubernetes.io/h2c' }),
      ...serving('secure', [await startMember({ name: 'secure', protocol: 'h2', certificate: inner })]),
      ...serving('secure1', [await startMember({ name: 'secure1', protocol: 'https', certificate: otherName })]),
      ...serving('raw', [await startMember({ name: 'raw', protocol: 'tls', certificate: inner })]),
      ...serving('six', [sixth!]),
      route('plain', { to: 'web' }),
      route('plain-h2c', { to: 'h2c' }),
      route('edge', { to: 'web', tls: 'edge', certificate: outer }),
      route('grpc-edge', { to: 'h2c', tls: 'edge', certificate: outer }),
      route('grpc-reencrypt', { to: 'secure', tls: 'reencrypt', certificate: outer, destinationCa: ca }),
      route('reencrypt', { to: 'secure', tls: 'reencrypt', certificate: outer, destinationCa: ca }),
      route('reencrypt1', { to: 'secure1', tls: 'reencrypt', destinationCa: ca }),
      route('untrusted', { to: 'secure', tls: 'reencrypt', destinationCa: await makeCertificate({ hosts: ['Other-CA'], isCa: true }) }),
      route('passthrough', { to: 'secure', tls: 'passthrough' }),
      route('raw', { to: 'raw', tls: 'passthrough' }),
      route('pass-redirect', { to: 'secure', tls: 'passthrough', insecure: 'Redirect' }),
      route('six', { to: 'six' }),
    ],
  });
});

describe('towards members', () => {
  test('h2c by appProtocol, HTTP/1.1 otherwise', async () => {
    expect((await router.get('plain-h2c.test')).seen()).toMatchObject({ member: 'h2c', httpVersion: '2.0' });
    expect((await router.get('plain.test')).seen()).toMatchObject({ member: 'web', httpVersion: '1.1' });
  });

  test('re-encrypt negotiates HTTP/2 or HTTP/1.1', async () => {
    expect((await router.getTls('reencrypt.test')).seen()).toMatchObject({ member: 'secure', httpVersion: '2.0', alpn: 'h2' });
    expect((await router.getTls('reencrypt1.test')).seen()).toMatchObject({ member: 'secure1', httpVersion: '1.1', alpn: 'http/1.1' });
  });

  test('re-encrypt refuses a member whose certificate comes from another CA', async () => {
    expect(await router.getTls('untrusted.test')).toMatchObject({ status: 503, member: null });
  });

  test('a member on IPv6 is reached', async () => {
    expect((await router.get('six.test')).seen().member).toBe('six-1');
  });
});

describe('WebSocket', () => {
  test.each([['plain.test', false], ['edge.test', true], ['reencrypt1.test', true]] as const)('through %s', async (host, tls) => {
    const socket = await openWebSocket({ port: tls ? router.https : router.http, host, tls, path: '/chat?room=1' });
    expect(socket.hello.path).toBe('/chat?room=1');
    for (const text of ['one', 'two'.repeat(5_000)]) expect(await socket.echo(text)).toBe(text);
    socket.close();
  });

  test('stays open when routes change', async () => {
    const socket = await openWebSocket({ port: router.http, host: 'plain.test' });
    await router.write('more.yaml', [route('more', { to: 'web' })]);
    await router.live('more.test', (answer) => expect(answer.status).toBe(200));
    expect(await socket.echo('still')).toBe('still');
    socket.close();
  });
});

describe('gRPC', () => {
  test.each(['grpc-edge.test', 'grpc-reencrypt.test', 'passthrough.test'])('through %s: unary, both ways, and errors in trailers', async (host) => {
    const connection = await router.h2(host);
    expect(await callGrpc(connection, { authority: host, method: '/test.Echo/Unary', messages: ['one'] })).toMatchObject({ httpStatus: 200, grpcStatus: '0', messages: ['one'] });
    expect(await callGrpc(connection, { authority: host, method: '/test.Echo/Bidi', messages: ['a', 'b', 'c'] })).toMatchObject({ grpcStatus: '0', messages: ['a', 'b', 'c'] });
    expect(await callGrpc(connection, { authority: host, method: '/test.Echo/Fail', messages: ['x'] })).toMatchObject({ grpcStatus: '5', messages: [] });
    await connection.close();
  });
});

describe('passthrough', () => {
  test("is the member's own TLS, and anything may be spoken inside", async () => {
    expect((await lookAtTls({ port: router.https, sni: 'raw.test' })).fingerprint).toBe(inner.fingerprint);
    const connection = await openRaw({ port: router.https, sni: 'raw.test' });
    await connection.until(/raw\n/);
    connection.send('not HTTP at all\n');
    await connection.until(/not HTTP at all/);
    connection.close();
  });

  test('port 80 redirects when the route says so, and else knows nothing', async () => {
    expect(await router.get('pass-redirect.test', '/x')).toMatchObject({ status: 302, headers: { location: 'https://pass-redirect.test/x' } });
    expect(await router.get('passthrough.test')).toMatchObject({ status: 503 });
  });

  test('without endpoints the connection is closed', async () => {
    await router.write('empty.yaml', [route('empty', { tls: 'passthrough' })]);
    await expect.poll(() => lookAtTls({ port: router.https, sni: 'empty.test' }).then(() => 'served', () => 'closed')).toBe('closed');
  });
});

describe('clients', () => {
  test('over IPv6', async () => {
    const answer = await router.get('plain.test', '/', { address: '::1' });
    expect(answer.seen().headers).toMatchObject({ 'x-forwarded-for': '::1', forwarded: 'for="[::1]";host=plain.test;proto=http' });
    expect((await router.getTls('edge.test', '/', { address: '::1' })).status).toBe(200);
  });

  test('keep their connection over several requests, pipelined too', async () => {
    const connection = await openRaw({ port: router.http });
    connection.send('GET /1 HTTP/1.1\r\nHost: plain.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: six.test\r\n\r\nGET /3 HTTP/1.1\r\nHost: nobody.test\r\n\r\n');
    const text = await connection.until(/no-route-for-host/);
    expect(text.indexOf('"path":"/1"')).toBeGreaterThan(0);
    expect(text.indexOf('"path":"/2"')).toBeGreaterThan(text.indexOf('"path":"/1"'));
    connection.close();
  });

  test('curl and nghttp agree', async () => {
    const run = promisify(execFile);
    const curl = await run('curl', ['-sk', '--http2', '--resolve', `edge.test:${router.https}:127.0.0.1`, '-w', '%{http_version} %{http_code}', '-o', '/dev/null', `https://edge.test:${router.https}/`], { env: cleanEnvironment() });
    expect(curl.stdout).toBe('2 200');
    const nghttp = await run('nghttp', ['-v', '--no-verify-peer', '-H', ':authority: edge.test', `https://127.0.0.1:${router.https}/`], { env: cleanEnvironment() });
    expect(nghttp.stdout).toMatch(/:status: (200|421)/);
  });
});
