import { beforeAll, describe, expect, test } from 'vitest';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { proxyHeaderV1, proxyHeaderV2 } from '../support/proxy-header.ts';
import { openRaw, rawExchange } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

describe('PROXY protocol, expected from one address only', () => {
  let router: Router;
  const request = 'GET / HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n\r\n';
  const listed = '127.0.0.2';

  beforeAll(async () => {
    router = await startRouter({
      flags: ['--proxy-protocol-from', `${listed}/32`],
      manifests: [
        ...serving('web', [await startMember({ name: 'web' })]),
        route('web', { tls: 'edge', insecure: 'Allow' }),
        route('guarded', { to: 'web', annotations: { 'haproxy.router.openshift.io/ip_allowlist': '192.0.2.0/24' } }),
      ],
    });
  });

  test.each([
    ['version 1', proxyHeaderV1({ from: '192.0.2.7', to: '198.51.100.1', toPort: 80 })],
    ['version 2', proxyHeaderV2({ from: '192.0.2.7', to: '198.51.100.1', toPort: 80 })],
    ['IPv6 in version 1', proxyHeaderV1({ from: '2001:db8::7', to: '2001:db8::1', toPort: 80 })],
  ])('the client is the one that the header names: %s', async (what, header) => {
    const text = await rawExchange({ port: router.http, from: listed, text: Buffer.concat([Buffer.from(header), Buffer.from(request)]) });
    expect(text).toContain(`"x-forwarded-for":"${what.startsWith('IPv6') ? '2001:db8::7' : '192.0.2.7'}"`);
    expect(text).toContain('"x-forwarded-port":"80"');
  });

  test('allow lists judge that client', async () => {
    const guarded = request.replace('web.test', 'guarded.test');
    const from = (address: string): Promise<string> => rawExchange({ port: router.http, from: listed, text: proxyHeaderV1({ from: address, to: '198.51.100.1' }) + guarded });
    expect(await from('192.0.2.7')).toMatch(/^HTTP\/1\.1 200/);
    expect(await from('203.0.113.7')).toBe('');
  });

  test('over TLS as well', async () => {
    const connection = await openRaw({ port: router.https, from: listed });
    connection.send(proxyHeaderV1({ from: '192.0.2.7', to: '198.51.100.1' }));
    // A hello without a proper handshake is enough to see that TLS begins after the header: the alert comes back.
    connection.send('not a TLS hello\r\n\r\n');
    expect(await connection.closed(8_000)).not.toContain('HTTP/');
    expect((await router.getTls('web.test', '/', { from: '127.0.0.3' })).seen().headers['x-forwarded-for']).toBe('127.0.0.3');
  });

  test('others are taken as they come, and cannot claim to be somebody else', async () => {
    expect((await router.get('web.test', '/', { from: '127.0.0.3' })).seen().headers['x-forwarded-for']).toBe('127.0.0.3');
    const text = await rawExchange({ port: router.http, from: '127.0.0.3', text: proxyHeaderV1({ from: '192.0.2.7', to: '198.51.100.1' }) + request });
    expect(text).toMatch(/^HTTP\/1\.\d 400/);
  });

  test('a listed address that sends no header is not served', async () => {
    const text = await rawExchange({ port: router.http, from: listed, text: request });
    expect(text).not.toContain('200');
  });
});

describe('IP families', () => {
  test('v6 alone', async () => {
    const router = await startRouter({ flags: ['--ip-family', 'v6'], manifests: [...serving('web', [await startMember()]), route('web')] });
    expect((await router.get('web.test', '/', { address: '::1' })).status).toBe(200);
    await expect(router.get('web.test')).rejects.toThrow(/ECONNREFUSED/);
  });
});
