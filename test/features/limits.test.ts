import { beforeAll, describe, expect, test } from 'vitest';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { openRaw } from '../support/raw-client.ts';
import { makeCertificate } from '../support/certificates.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { openWebSocket } from '../support/websocket-client.ts';

const key = 'haproxy.router.openshift.io';
let router: Router;

beforeAll(async () => {
  const certificate = await makeCertificate({ hosts: ['inner.test'] });
  const annotated = (name: string, annotations: Record<string, string>, more: Parameters<typeof route>[1] = {}): ReturnType<typeof route> =>
    route(name, { to: 'web', annotations: Object.fromEntries(Object.entries(annotations).map(([suffix, value]) => [`${key}/${suffix}`, value])), ...more });
  router = await startRouter({
    manifests: [
      ...serving('web', [await startMember({ name: 'web' })]),
      ...serving('raw', [await startMember({ name: 'raw', protocol: 'tls', certificate })]),
      annotated('listed', { ip_allowlist: '127.0.0.2 127.1.0.0/16 2001:db8::/32' }),
      annotated('old-key', { ip_whitelist: '127.0.0.2' }),
      annotated('both-keys', { ip_allowlist: '127.0.0.3', ip_whitelist: '127.0.0.2' }),
      annotated('part-bad', { ip_allowlist: '127.0.0.2 nonsense 300.1.1.1' }),
      annotated('all-bad', { ip_allowlist: 'nonsense' }),
      annotated('long', { ip_allowlist: ['127.0.0.2', ...Array.from({ length: 200 }, (_, place) => `10.0.${place}.0/24`)].join(' ') }),
      annotated('listed-pass', { ip_allowlist: '127.0.0.2' }, { to: 'raw', tls: 'passthrough' }),
      annotated('listed-tls', { ip_allowlist: '127.0.0.2' }, { tls: 'edge' }),
      annotated('requests', { 'rate-limit-connections': 'true', 'rate-limit-connections.rate-http': '5' }),
      annotated('connections', { 'rate-limit-connections': 'true', 'rate-limit-connections.concurrent-tcp': '3' }),
      annotated('unlimited', { 'rate-limit-connections': 'false', 'rate-limit-connections.rate-http': '1' }),
      annotated('tunnel', { 'timeout-tunnel': '500ms' }),
      annotated('tunnel-pass', { timeout: '500ms' }, { to: 'raw', tls: 'passthrough' }),
    ],
  });
});

const from = (host: string, address: string): Promise<number | 'closed'> => router.get(host, '/', { from: address }).then(({ status }) => status, () => 'closed');

describe('allow lists', () => {
  test.each([
    ['listed.test', '127.0.0.2', 200],
    ['listed.test', '127.1.2.3', 200],
    ['listed.test', '127.0.0.3', 'closed'],
    ['old-key.test', '127.0.0.2', 200],
    ['old-key.test', '127.0.0.3', 'closed'],
    ['both-keys.test', '127.0.0.3', 200],
    ['both-keys.test', '127.0.0.2', 'closed'],
    ['part-bad.test', '127.0.0.2', 200],
    ['part-bad.test', '127.0.0.3', 'closed'],
    // What cannot be read lets nobody in.
    ['all-bad.test', '127.0.0.2', 'closed'],
    ['long.test', '127.0.0.2', 200],
    ['long.test', '127.0.0.3', 'closed'],
  ] as const)('%s from %s: %s', async (host, address, answer) => {
    expect(await from(host, address)).toBe(answer);
  });

  test('hold over TLS and for passthrough', async () => {
    expect((await router.getTls('listed-tls.test', '/', { from: '127.0.0.2' })).status).toBe(200);
    await expect(router.getTls('listed-tls.test', '/', { from: '127.0.0.3' })).rejects.toThrow();
    const allowed = await openRaw({ port: router.https, sni: 'listed-pass.test', from: '127.0.0.2' });
    await allowed.until(/raw/);
    allowed.close();
    await expect(openRaw({ port: router.https, sni: 'listed-pass.test', from: '127.0.0.3' })).rejects.toThrow();
  });
});

describe('rate limits count per route and client address', () => {
  test('requests', async () => {
    const answers: (number | 'closed')[] = [];
    for (let count = 0; count < 8; count += 1) answers.push(await from('requests.test', '127.0.1.1'));
    expect(answers[0]).toBe(200);
    expect(answers.slice(-2)).toEqual(['closed', 'closed']);
    expect(answers.filter((answer) => answer === 200).length).toBeGreaterThanOrEqual(4);
    expect(answers.filter((answer) => answer === 200).length).toBeLessThanOrEqual(5);
    expect(await from('requests.test', '127.0.1.2')).toBe(200);
    expect(await from('unlimited.test', '127.0.1.1')).toBe(200);
    expect(await from('unlimited.test', '127.0.1.1')).toBe(200);
  });

  test('connections at a time', async () => {
    // Those that are being served count; one that waits for its next request is none of the route's.
    const open = [0, 1].map(() => router.get('connections.test', '/?delay=600', { from: '127.0.1.3' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await from('connections.test', '127.0.1.3')).toBe('closed');
    expect(await from('connections.test', '127.0.1.4')).toBe(200);
    expect((await Promise.all(open)).map(({ status }) => status)).toEqual([200, 200]);
    await expect.poll(() => from('connections.test', '127.0.1.3')).toBe(200);
  });
});

describe('tunnel timeouts', () => {
  test('a silent WebSocket ends after its time, a busy one goes on', async () => {
    const busy = await openWebSocket({ port: router.http, host: 'tunnel.test' });
    const silent = await openWebSocket({ port: router.http, host: 'tunnel.test' });
    for (let count = 0; count < 5; count += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(await busy.echo('x')).toBe('x');
    }
    await expect.poll(() => silent.isOpen(), { timeout: 3_000 }).toBe(false);
    expect(busy.isOpen()).toBe(true);
    busy.close();
  });

  test('a passthrough connection too', async () => {
    const connection = await openRaw({ port: router.https, sni: 'tunnel-pass.test' });
    await connection.until(/raw/);
    await connection.closed(3_000);
  });
});
