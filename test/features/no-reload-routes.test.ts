import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { plainTarget, tlsTarget, withoutReload } from '../support/contract.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember, startMembers } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { lookAtTls } from '../support/tls-client.ts';

let router: Router;
const steady = (): ReturnType<typeof plainTarget>[] => [plainTarget(router, 'steady.test'), tlsTarget(router, 'steady-tls.test')];

beforeAll(async () => {
  const inner = await makeCertificate({ hosts: ['inner.test'] });
  router = await startRouter({
    flags: ['--allow-wildcard-routes'],
    manifests: {
      'services.yaml': [
        ...serving('alpha', await startMembers('alpha', 2)),
        ...serving('beta', [await startMember({ name: 'beta' })]),
        ...serving('secure', [await startMember({ name: 'secure', protocol: 'h2', certificate: inner })]),
      ],
      'steady.yaml': [
        route('steady', { to: 'alpha' }),
        route('steady-tls', { to: 'alpha', tls: 'edge' }),
        // With a passthrough route from the start, port 443 already looks at the SNI (the switch has its own test).
        route('steady-passthrough', { to: 'secure', tls: 'passthrough' }),
      ],
    },
  });
});

describe('routes change under load and nobody notices', () => {
  test('a route is added', async () => {
    await withoutReload(router, steady(), async () => {
      await router.write('added.yaml', [route('added', { to: 'beta' })]);
      await router.live('added.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'beta' }));
    });
  });

  test('a route is removed', async () => {
    await withoutReload(router, steady(), async () => {
      await router.remove('added.yaml');
      await router.live('added.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-host' }));
    });
  });

  test('its host changes', async () => {
    await router.write('host.yaml', [route('host', { host: 'before.test', to: 'beta' })]);
    await router.live('before.test', (answer) => expect(answer.status).toBe(200));
    await withoutReload(router, steady(), async () => {
      await router.write('host.yaml', [route('host', { host: 'after.test', to: 'beta' })]);
      await router.live('after.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'beta' }));
      await router.live('before.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-host' }));
    });
  });

  test('its path changes', async () => {
    await router.write('path.yaml', [route('path', { path: '/one', to: 'beta' })]);
    await router.live('path.test', (answer) => expect(answer.status).toBe(200), { path: '/one/x' });
    await withoutReload(router, steady(), async () => {
      await router.write('path.yaml', [route('path', { path: '/two', to: 'beta' })]);
      await router.live('path.test', (answer) => expect(answer).toMatchObject({ status: 200, member: 'beta' }), { path: '/two/x' });
      await router.live('path.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-path' }), { path: '/one/x' });
    });
  });

  test('it moves to another service, itself under load', async () => {
    await router.write('moved.yaml', [route('moved', { to: 'alpha' })]);
    await router.live('moved.test', (answer) => expect(answer.status).toBe(200));
    const report = await withoutReload(router, [plainTarget(router, 'moved.test')], async () => {
      await router.write('moved.yaml', [route('moved', { to: 'beta' })]);
      await router.live('moved.test', (answer) => expect(answer.member).toBe('beta'));
    });
    expect(report.byMember['beta']).toBeGreaterThan(10);
    for (let count = 0; count < 10; count += 1) expect((await router.get('moved.test')).member).toBe('beta');
  });

  test('its termination changes: plain, edge, re-encrypt, passthrough, and back to plain', async () => {
    const inner = await makeCertificate({ hosts: ['inner.test'] });
    await withoutReload(router, steady(), async () => {
      await router.write('turn.yaml', [route('turn', { to: 'alpha' })]);
      await router.live('turn.test', (answer) => expect(answer.status).toBe(200));
      await router.live('turn.test', (answer) => expect(answer.status).toBe(503), { tls: true });

      await router.write('turn.yaml', [route('turn', { to: 'alpha', tls: 'edge' })]);
      await router.live('turn.test', (answer) => expect(answer).toMatchObject({ status: 200 }), { tls: true });
      await router.live('turn.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'tls-only' }));

      await router.write('turn.yaml', [route('turn', { to: 'secure', tls: 'reencrypt' })]);
      const answer = await router.live('turn.test', (found) => expect(found).toMatchObject({ status: 200, member: 'secure' }), { tls: true });
      expect(answer.seen().alpn).not.toBeNull();

      await router.write('turn.yaml', [route('turn', { to: 'secure', tls: 'passthrough' })]);
      await expect.poll(async () => (await lookAtTls({ port: router.https, sni: 'turn.test' })).fingerprint).toBe(inner.fingerprint);

      await router.write('turn.yaml', [route('turn', { to: 'alpha' })]);
      await router.live('turn.test', (found) => expect(found.status).toBe(200));
      expect((await lookAtTls({ port: router.https, sni: 'turn.test' })).fingerprint).not.toBe(inner.fingerprint);
    });
  });

  test('its insecure policy changes while TLS clients are served', async () => {
    const write = (insecure: 'None' | 'Allow' | 'Redirect'): Promise<void> => router.write('policy.yaml', [route('policy', { to: 'alpha', tls: 'edge', insecure })]);
    await write('None');
    await router.live('policy.test', (answer) => expect(answer.status).toBe(200), { tls: true });
    await withoutReload(router, [tlsTarget(router, 'policy.test')], async () => {
      await write('Allow');
      await router.live('policy.test', (answer) => expect(answer.status).toBe(200));
      await write('Redirect');
      await router.live('policy.test', (answer) => expect(answer).toMatchObject({ status: 302, reason: 'redirect-to-https', headers: { location: 'https://policy.test/' } }));
      await write('None');
      await router.live('policy.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'tls-only' }));
    });
  });

  test('a wildcard route comes and goes', async () => {
    await withoutReload(router, steady(), async () => {
      await router.write('wildcard.yaml', [route('wildcard', { host: 'any.wild.test', to: 'beta', wildcardPolicy: 'Subdomain' })]);
      await router.live('whatever.wild.test', (answer) => expect(answer.member).toBe('beta'));
      await router.remove('wildcard.yaml');
      await router.live('whatever.wild.test', (answer) => expect(answer).toMatchObject({ status: 503, reason: 'no-route-for-host' }));
    });
  });

  test('sixty routes come at once, change and go', async () => {
    const many = (to: string): ReturnType<typeof route>[] => Array.from({ length: 60 }, (_, place) => route(`many-${place}`, { to, ...(place % 2 === 0 ? {} : { tls: 'edge', insecure: 'Allow' } as const) }));
    const everyAnswer = async (member: RegExp): Promise<void> => {
      await Promise.all(Array.from({ length: 60 }, (_, place) => router.live(`many-${place}.test`, (answer) => expect(answer.member).toMatch(member))));
    };
    await withoutReload(router, steady(), async () => {
      await router.write('many.yaml', many('alpha'));
      await everyAnswer(/^alpha-/);
      await router.write('many.yaml', many('beta'));
      await everyAnswer(/^beta$/);
      await router.remove('many.yaml');
      await router.live('many-59.test', (answer) => expect(answer.status).toBe(503));
    });
  });
});
