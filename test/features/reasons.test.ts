import { beforeAll, describe, expect, test } from 'vitest';
import { route, service, serving } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

let router: Router;

beforeAll(async () => {
  const [down1, down2] = await startMembers('down', 2);
  const refusing = await startMember({ name: 'refusing' });
  router = await startRouter({
    flags: ['--check-interval', '100ms', '--timeout-queue', '300ms', '--timeout-connect', '300ms'],
    manifests: [
      ...serving('web', [await startMember({ name: 'web' })]),
      ...serving('down', [down1!, down2!]),
      ...serving('refusing', [refusing]),
      service('empty'),
      route('web'),
      route('path', { to: 'web', path: '/only' }),
      route('tls', { to: 'web', tls: 'edge' }),
      route('redirect', { to: 'web', tls: 'edge', insecure: 'Redirect' }),
      route('empty'),
      route('nowhere', { to: 'not-a-service' }),
      route('down'),
      route('refusing'),
      route('narrow', { to: 'web', annotations: { 'haproxy.router.openshift.io/pod-concurrent-connections': '1' } }),
      route('refused', { to: 'web', tls: { termination: 'sideways' } }),
      route('taken-first', { host: 'taken.test', to: 'web', path: '/a', created: '2024-01-01T00:00:00Z' }),
      route('taken-second', { host: 'taken.test', to: 'web', path: '/b', namespace: 'other', created: '2025-01-01T00:00:00Z' }),
      route('Bad_Host', { host: 'UPPER_case.test', to: 'web' }),
    ],
  });
  await Promise.all([down1!, down2!, refusing].map((member) => member.refuse()));
});

describe('every answer that the router gives itself says why', () => {
  test.each([
    ['http://unknown.test/', 503, 'no-route-for-host'],
    ['http://path.test/other', 503, 'no-route-for-path'],
    ['https://path.test/only', 503, 'no-route-for-path'],
    ['https://unknown.test/', 503, 'no-route-for-host'],
    ['http://tls.test/', 503, 'tls-only'],
    ['http://redirect.test/', 302, 'redirect-to-https'],
    ['http://empty.test/', 503, 'no-endpoints'],
    ['http://nowhere.test/', 503, 'no-endpoints'],
    ['http://refused.test/', 503, 'route-not-admitted'],
    ['https://refused.test/', 503, 'route-not-admitted'],
    ['http://taken.test/b', 503, 'route-not-admitted'],
    ['http://refusing.test/', 503, 'connection-failed'],
  ])('%s -> %i %s', async (url, status, reason) => {
    const { protocol, hostname, pathname } = new URL(url);
    const answer = await (protocol === 'https:' ? router.getTls(hostname, pathname) : router.get(hostname, pathname));
    expect(answer).toMatchObject({ status, reason, member: null });
  });

  test('all endpoints down', async () => {
    await router.live('down.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'all-endpoints-down' }), { within: 10_000 });
  });

  test('queue full', async () => {
    const first = router.get('narrow.test', '/?delay=1500');
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await router.get('narrow.test')).toMatchObject({ status: 503, reason: 'queue-full' });
    expect((await first).status).toBe(200);
  });

  test('the page says it in words, is never cached, and does not repeat what the client sent', async () => {
    const answer = await router.get('unknown.test', '/<script>alert(1)</script>?x=<b>');
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.headers['cache-control']).toMatch(/no-(cache|store)/);
    expect(answer.body).toMatch(/no route for this host/i);
    expect(answer.body).not.toContain('<script>alert');
  });

  test('a refused route tells its OpenShift reason', async () => {
    const answer = await router.get('taken.test', '/b');
    expect(answer.body + JSON.stringify(answer.headers)).toContain('HostAlreadyClaimed');
  });

  test("a member's own 503 passes as it is", async () => {
    expect(await router.get('web.test', '/?status=503')).toMatchObject({ status: 503, member: 'web', reason: null });
  });

  test('a member cannot pretend that the router answered', async () => {
    const liar = await startMember({ name: 'liar', responseHeaders: { 'x-fairway-reason': 'no-endpoints' } });
    await router.write('liar.yaml', [...serving('liar', [liar]), route('liar')]);
    const answer = await router.live('liar.test', (found) => expect(found.status).toBe(200));
    expect(answer.reason).toBeNull();
  });

  test('HEAD gets no body', async () => {
    const answer = await router.get('unknown.test', '/', { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-host', body: '' });
  });
});

describe('unknown hosts', () => {
  test('can be answered with 404', async () => {
    const other = await startRouter({ flags: ['--unknown-host', '404'], manifests: [...serving('web', [await startMember()]), route('web', { path: '/x' })] });
    expect(await other.get('unknown.test')).toMatchObject({ status: 404, reason: 'no-route-for-host' });
    expect(await other.getTls('unknown.test')).toMatchObject({ status: 404, reason: 'no-route-for-host' });
    // As the OpenShift router does, which tells no unknown path from an unknown host.
    expect(await other.get('web.test', '/y')).toMatchObject({ status: 404, reason: 'no-route-for-path' });
    expect((await other.get('web.test', '/x')).status).toBe(200);
  });

  test('can be closed without a word', async () => {
    const other = await startRouter({ flags: ['--unknown-host', 'close'], manifests: [...serving('web', [await startMember()]), route('web', { path: '/x' })] });
    const connection = await openRaw({ port: other.http });
    connection.send('GET / HTTP/1.1\r\nHost: unknown.test\r\n\r\n');
    expect(await connection.closed()).toBe('');
    // A known host's unknown path is no unknown host.
    expect(await other.get('web.test', '/y')).toMatchObject({ status: 503, reason: 'no-route-for-path' });
  });
});
