import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { route, serving } from '../support/manifests.ts';
import type { Manifest } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { openRaw } from '../support/raw-client.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

/** Names of services, each with one member of the same name: the answer's member tells which route matched. */
const names = [
  'root', 'sub', 'deep', 'slash', 'exact', 'exact-a', 'wild', 'wild-deep', 'plain', 'edge', 'redirect', 'redirect-less', 'nested', 'special', 'allow',
] as const;
let router: Router;

beforeAll(async () => {
  const members = await Promise.all(names.map((name) => startMember({ name })));
  const inner = await makeCertificate({ hosts: ['inner.test'] });
  const passthrough = await startMember({ name: 'passthrough', protocol: 'h2', certificate: inner });
  const to = (name: (typeof names)[number], host: string, more: Parameters<typeof route>[1] = {}): Manifest => route(`r-${name}-${host.replaceAll('.', '-')}`, { host, to: name, ...more });
  router = await startRouter({
    flags: ['--allow-wildcard-routes'],
    manifests: [
      ...members.flatMap((member) => serving(member.name, [member])),
      ...serving('passthrough', [passthrough]),
      to('root', 'paths.test'),
      to('sub', 'paths.test', { path: '/sub' }),
      to('deep', 'paths.test', { path: '/sub/deep' }),
      to('slash', 'paths.test', { path: '/slash/' }),
      to('special', 'paths.test', { path: '/slash/!x' }),
      to('nested', 'only-path.test', { path: '/app' }),
      to('exact', 'a.wild.test', { path: '/only' }),
      to('wild', 'any.wild.test', { wildcardPolicy: 'Subdomain' }),
      to('wild-deep', 'any.b.wild.test', { wildcardPolicy: 'Subdomain', path: '/p' }),
      // Port 80: one host whose root is plain and whose path redirects, and the other way round.
      to('plain', 'mixed.test'),
      to('redirect', 'mixed.test', { path: '/secure', tls: 'edge', insecure: 'Redirect' }),
      to('redirect-less', 'mixed2.test', { tls: 'edge', insecure: 'Redirect' }),
      to('plain', 'mixed2.test', { path: '/open' }),
      to('edge', 'none.test', { path: '/none', tls: 'edge' }),
      to('plain', 'none.test'),
      to('allow', 'allow.test', { tls: 'edge', insecure: 'Allow' }),
      // A wildcard passthrough beside a more specific edge host.
      route('r-pass', { host: 'any.pass.test', to: 'passthrough', tls: 'passthrough', wildcardPolicy: 'Subdomain' }),
      to('edge', 'special.pass.test', { tls: 'edge' }),
      to('edge', 'part.pass.test', { tls: 'edge', path: '/part' }),
    ],
  });
});

/** `[host, path, who answers]`: a service's name, or what the router itself says. */
type Case = readonly [host: string, path: string, who: string];

async function plain(host: string, path: string): Promise<string> {
  const answer = await router.get(host, path);
  return answer.member ?? `${answer.status} ${answer.reason}`;
}

describe('port 80', () => {
  const cases: readonly Case[] = [
    ['paths.test', '/', 'root'],
    ['paths.test', '/other', 'root'],
    ['paths.test', '/sub', 'sub'],
    ['paths.test', '/sub/', 'sub'],
    ['paths.test', '/sub/x', 'sub'],
    ['paths.test', '/sub?x=/sub/deep', 'sub'],
    ['paths.test', '/subpar', 'root'],
    ['paths.test', '/SUB', 'root'],
    ['paths.test', '/sub/deep', 'deep'],
    ['paths.test', '/sub/deep/er', 'deep'],
    ['paths.test', '/sub/deeper', 'sub'],
    // Neither decoded nor normalised.
    ['paths.test', '/%73ub', 'root'],
    ['paths.test', '/sub%2Fdeep', 'root'],
    ['paths.test', '//sub', 'root'],
    ['paths.test', '/sub/../other', 'sub'],
    // A path that ends in a slash does not answer for the path without it.
    ['paths.test', '/slash', 'root'],
    ['paths.test', '/slash/', 'slash'],
    ['paths.test', '/slash/x', 'slash'],
    ['paths.test', '/slash/!x', 'special'],
    ['paths.test', '/slash/!xy', 'slash'],
    // Case, port and the final dot of the host do not matter.
    ['PATHS.Test', '/sub', 'sub'],
    ['paths.test:8080', '/sub', 'sub'],
    ['paths.test.', '/sub', 'sub'],
    ['paths.test.:80', '/sub', 'sub'],
    ['only-path.test', '/app', 'nested'],
    ['only-path.test', '/', '503 no-route-for-path'],
    ['only-path.test', '/application', '503 no-route-for-path'],
    ['unknown.test', '/', '503 no-route-for-host'],
    ['xpaths.test', '/', '503 no-route-for-host'],
    ['test', '/', '503 no-route-for-host'],
    // Wildcards answer for one label; the exact host wins, but only where one of its paths matches.
    ['a.wild.test', '/only', 'exact'],
    ['a.wild.test', '/else', 'wild'],
    ['b.wild.test', '/only', 'wild'],
    ['wild.test', '/', '503 no-route-for-host'],
    ['x.b.wild.test', '/p/1', 'wild-deep'],
    ['x.b.wild.test', '/q', '503 no-route-for-path'],
    ['x.y.wild.test', '/', '503 no-route-for-host'],
    ['B.Wild.TEST:1', '/', 'wild'],
    // The insecure policy of the most specific route decides; with None the less specific plain route serves.
    ['mixed.test', '/', 'plain'],
    ['mixed.test', '/secure', '302 redirect-to-https'],
    ['mixed.test', '/securely', 'plain'],
    ['mixed2.test', '/', '302 redirect-to-https'],
    ['mixed2.test', '/open', 'plain'],
    ['none.test', '/none', 'plain'],
    ['allow.test', '/', 'allow'],
  ];
  test.each(cases)('%s %s -> %s', async (host, path, who) => {
    expect(await plain(host, path)).toBe(who);
  });

  test('a redirect keeps path and query, and drops the port', async () => {
    const answer = await router.get('mixed2.test:8080', '/a%20b/c?d=e&f=%2F');
    expect(answer.headers.location).toBe('https://mixed2.test/a%20b/c?d=e&f=%2F');
  });

  test('an absolute request target is matched by its own host', async () => {
    const connection = await openRaw({ port: router.http });
    connection.send('GET http://paths.test/sub/x HTTP/1.1\r\nHost: paths.test\r\n\r\n');
    expect(await connection.until(/\r\n\r\n[\s\S]*\}/)).toContain('"member":"sub"');
    connection.send('GET http://mixed2.test/abc?d HTTP/1.1\r\nHost: mixed2.test\r\n\r\n');
    expect(await connection.until(/302[\s\S]*location/i)).toContain('https://mixed2.test/abc?d\r\n');
    connection.close();
  });

  test('a request without a host has no route', async () => {
    const connection = await openRaw({ port: router.http });
    connection.send('GET / HTTP/1.0\r\n\r\n');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.\d 503[\s\S]*x-fairway-reason: no-route-for-host/i);
  });
});

describe('port 443', () => {
  const cases: readonly Case[] = [
    ['mixed.test', '/secure/x', 'redirect'],
    ['mixed.test', '/', '503 no-route-for-path'],
    ['mixed2.test', '/deep', 'redirect-less'],
    ['none.test', '/none', 'edge'],
    ['none.test', '/', '503 no-route-for-path'],
    ['allow.test', '/', 'allow'],
    ['ALLOW.test', '/', 'allow'],
    ['allow.test:8443', '/', 'allow'],
    // A plain route is not served over TLS.
    ['paths.test', '/', '503 no-route-for-path'],
    // The specific edge host wins over the passthrough wildcard above it.
    ['special.pass.test', '/', 'edge'],
    // Its TLS is terminated here, so a path it lacks is not the passthrough wildcard's: 421 would send the client round in a circle.
    ['part.pass.test', '/part/1', 'edge'],
    ['part.pass.test', '/other', '503 no-route-for-path'],
    ['other.pass.test', '/', 'passthrough'],
  ];
  test.each(cases)('%s %s -> %s', async (host, path, who) => {
    const answer = await router.getTls(host, path);
    expect(answer.member ?? `${answer.status} ${answer.reason}`).toBe(who);
  });

  test('a client that sends no server name is served by its Host, with the default certificate', async () => {
    const answer = await router.getTls('allow.test', '/', { tls: { sni: null } });
    expect(answer.member).toBe('allow');
  });
});
