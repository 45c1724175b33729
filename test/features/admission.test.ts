import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { check } from '../support/check.ts';
import { atEnd } from '../support/cleanup.ts';
import { plainTarget, withoutReload } from '../support/contract.ts';
import { manifestText, route, serving } from '../support/manifests.ts';
import type { Manifest, RouteWish } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

const year = (number: number): string => `${number}-01-01T00:00:00Z`;
const old = { created: year(2020) };
const young = { created: year(2025) };

interface Scene {
  readonly what: string;
  readonly flags?: readonly string[];
  readonly routes: readonly Manifest[];
  /** Verdict of each route: `admitted` or the reason. */
  readonly verdicts: Readonly<Record<string, string>>;
}

const on = (host: string, wish: RouteWish): RouteWish => ({ host, to: 'web', ...wish });

/** Who gets a host, told as sets of routes and their verdicts. */
const scenes: readonly Scene[] = [
  {
    what: 'the namespace of the oldest route owns the host, whatever the path',
    routes: [route('a', on('h1.test', old)), route('b', on('h1.test', { ...young, path: '/b', namespace: 'other' })), route('c', on('h1.test', { ...young, path: '/c' }))],
    verdicts: { 'shop/a': 'admitted', 'other/b': 'HostAlreadyClaimed', 'shop/c': 'admitted' },
  },
  {
    what: 'without the ownership check namespaces share a host by path',
    flags: ['--disable-namespace-ownership-check'],
    routes: [route('a', on('h1.test', old)), route('b', on('h1.test', { ...young, path: '/b', namespace: 'other' })), route('c', on('h1.test', { ...young, namespace: 'third' }))],
    verdicts: { 'shop/a': 'admitted', 'other/b': 'admitted', 'third/c': 'HostAlreadyClaimed' },
  },
  {
    what: 'one route per literal path; termination does not matter',
    routes: [route('a', on('h2.test', { ...old, path: '/x' })), route('b', on('h2.test', { ...young, path: '/x', tls: 'edge' })), route('c', on('h2.test', { ...young, path: '/x/' })), route('d', on('h2.test', { ...young, path: '' })), route('e', on('h2.test', { ...young, path: '/' }))],
    verdicts: { 'shop/a': 'admitted', 'shop/b': 'HostAlreadyClaimed', 'shop/c': 'admitted', 'shop/d': 'admitted', 'shop/e': 'admitted' },
  },
  {
    what: 'equal age: the smaller uid wins',
    routes: [route('a', on('h3.test', { ...old, uid: 'bbbb' })), route('b', on('h3.test', { ...old, uid: 'aaaa' }))],
    verdicts: { 'shop/a': 'HostAlreadyClaimed', 'shop/b': 'admitted' },
  },
  {
    what: 'passthrough shares its host with no other TLS route, but with a plain one',
    routes: [route('a', on('h4.test', { ...old, tls: 'passthrough' })), route('b', on('h4.test', { ...young, path: '/b', tls: 'edge' })), route('c', on('h4.test', { ...young, path: '/c' }))],
    verdicts: { 'shop/a': 'admitted', 'shop/b': 'HostAlreadyClaimed', 'shop/c': 'admitted' },
  },
  {
    what: 'wildcards need permission',
    routes: [route('a', on('x.h5.test', { wildcardPolicy: 'Subdomain' })), route('b', on('y.h5.test', { wildcardPolicy: 'Sometimes' }))],
    verdicts: { 'shop/a': 'RouteNotAdmitted', 'shop/b': 'RouteNotAdmitted' },
  },
  {
    what: 'a wildcard and a host below it: one namespace has both, of two the older',
    flags: ['--allow-wildcard-routes'],
    routes: [
      route('a', on('any.h6.test', { ...old, wildcardPolicy: 'Subdomain' })), route('b', on('own.h6.test', young)), route('c', on('foreign.h6.test', { ...young, namespace: 'other' })),
      route('d', on('first.h7.test', { ...old, namespace: 'other' })), route('e', on('any.h7.test', { ...young, wildcardPolicy: 'Subdomain' })),
    ],
    verdicts: { 'shop/a': 'admitted', 'shop/b': 'admitted', 'other/c': 'HostAlreadyClaimed', 'other/d': 'admitted', 'shop/e': 'HostAlreadyClaimed' },
  },
  {
    what: 'domain lists: denied wins, allowed is exhaustive, children count',
    flags: ['--allowed-domains', 'good.test,fine.test', '--denied-domains', 'secret.good.test'],
    routes: [route('a', on('good.test', {})), route('b', on('x.y.fine.test', {})), route('c', on('a.secret.good.test', {})), route('d', on('xgood.test', {}))],
    verdicts: { 'shop/a': 'admitted', 'shop/b': 'admitted', 'shop/c': 'RouteNotAdmitted', 'shop/d': 'RouteNotAdmitted' },
  },
  {
    what: 'hosts that are no DNS names',
    routes: [
      route('a', on('', {})), route('b', on('Upper.test', {})), route('c', on('under_score.test', {})), route('d', on('-dash.test', {})), route('e', on(`${'x'.repeat(64)}.test`, {})),
      route('f', on('a..test', {})), route('g', on('h8.test.', {})), route('h', on('h8.test:80', {})), route('i', on(`${'x'.repeat(63)}.test`, {})), route('j', on('*.h8.test', {})),
    ],
    verdicts: {
      'shop/a': 'NoHostValue', 'shop/b': 'InvalidHost', 'shop/c': 'InvalidHost', 'shop/d': 'InvalidHost', 'shop/e': 'InvalidHost', 'shop/f': 'InvalidHost', 'shop/g': 'InvalidHost',
      'shop/h': 'InvalidHost', 'shop/i': 'admitted', 'shop/j': 'InvalidHost',
    },
  },
  {
    what: 'hostname template and override',
    flags: ['--hostname-template', '${name}-${namespace}.apps.test', '--override-domains', 'legacy.test'],
    routes: [route('a', on('', {})), route('b', on('x.legacy.test', {})), route('c', on('kept.test', {}))],
    verdicts: { 'shop/a': 'admitted', 'shop/b': 'admitted', 'shop/c': 'admitted' },
  },
  {
    what: 'TLS fields that do not go with the termination',
    routes: [
      route('a', on('h9a.test', { tls: { termination: '' } })), route('b', on('h9b.test', { tls: { termination: 'passthrough', certificate: 'x' } })), route('c', on('h9c.test', { tls: { termination: 'edge', destinationCACertificate: 'x' } })),
      route('d', on('h9d.test', { tls: 'passthrough', insecure: 'Allow' })), route('e', on('h9e.test', { tls: 'passthrough', path: '/x' })), route('f', on('h9f.test', { tls: { termination: 'edge', insecureEdgeTerminationPolicy: 'allow' } })),
      route('g', on('h9g.test', { tls: 'passthrough', insecure: 'Redirect' })),
    ],
    verdicts: {
      'shop/a': 'ExtendedValidationFailed', 'shop/b': 'ExtendedValidationFailed', 'shop/c': 'ExtendedValidationFailed', 'shop/d': 'ExtendedValidationFailed',
      'shop/e': 'ExtendedValidationFailed', 'shop/f': 'ExtendedValidationFailed', 'shop/g': 'admitted',
    },
  },
];

async function inDirectory(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-check-'));
  atEnd(() => rm(directory, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

describe('who gets a host', () => {
  test.each(scenes)('$what', async ({ flags = [], routes, verdicts }) => {
    const directory = await inDirectory({ 'all.yaml': manifestText(routes) });
    const checked = await check(directory, flags);
    expect(Object.fromEntries(Object.keys(verdicts).map((name) => [name, checked.verdict(name)]))).toEqual(verdicts);
    expect(checked.code).toBe(Object.values(verdicts).every((verdict) => verdict === 'admitted') ? 0 : 1);
    // In which order and in which files they stand is all the same.
    const shuffled = await inDirectory(Object.fromEntries([...routes].reverse().map((object, place) => [`${String.fromCharCode(97 + place)}.yaml`, manifestText([object])])));
    const again = await check(shuffled, flags);
    expect(Object.fromEntries(Object.keys(verdicts).map((name) => [name, again.verdict(name)]))).toEqual(verdicts);
  });

  test('a refusal names file and line, the winner to the operator, and no other namespace in its message', async () => {
    const text = manifestText([route('a', on('h1.test', old)), route('b', on('h1.test', { ...young, namespace: 'other' }))]);
    const checked = await check(await inDirectory({ 'all.yaml': text }));
    const refused = checked.objects.find(({ name }) => name === 'b')!;
    expect(refused.file).toMatch(/all\.yaml$/);
    expect(refused.line).toBe(text.split('\n').indexOf('---') + 2);
    expect(text.split('\n')[refused.refusals[0]!.line - 1]).toContain('host: h1.test');
    expect(refused.refusals[0]).toMatchObject({ reason: 'HostAlreadyClaimed', winner: { namespace: 'shop', name: 'a' } });
    expect(refused.refusals[0]!.message).not.toContain('shop');
  });

  test('a bad annotation value is a warning with its line; the route is served', async () => {
    const text = manifestText([route('a', on('h1.test', { annotations: { 'haproxy.router.openshift.io/timeout': 'soon', 'haproxy.router.openshift.io/balance': 'fair' } }))]);
    const checked = await check(await inDirectory({ 'all.yaml': text }));
    expect(checked.verdict('shop/a')).toBe('admitted');
    expect(checked.code).toBe(0);
    const warned = checked.objects[0]!.warnings.filter(({ path }) => path.startsWith('metadata.annotations')).map(({ line }) => text.split('\n')[line - 1]!.trim());
    expect(warned.sort()).toEqual(['haproxy.router.openshift.io/balance: fair', 'haproxy.router.openshift.io/timeout: soon']);
  });
});

describe('in the running router', () => {
  let router: Router;
  beforeAll(async () => {
    const [first, second] = [await startMember({ name: 'first' }), await startMember({ name: 'second' })];
    router = await startRouter({
      manifests: { 'services.yaml': [...serving('web', [first]), ...serving('web', [second], { namespace: 'other' }), route('steady', { to: 'web' })] },
    });
  });

  test('when the winner goes, the loser is served at once, and the other way round', async () => {
    const a = route('a', on('fought.test', old));
    const b = route('b', on('fought.test', { ...young, namespace: 'other' }));
    await router.write('b.yaml', [b]);
    await router.live('fought.test', (answer) => expect(answer.member).toBe('second'));
    await withoutReload(router, [plainTarget(router, 'fought.test'), plainTarget(router, 'steady.test')], async () => {
      await router.write('a.yaml', [a]);
      await router.live('fought.test', (answer) => expect(answer.member).toBe('first'));
      await router.remove('a.yaml');
      await router.live('fought.test', (answer) => expect(answer.member).toBe('second'));
    });
  });

  test('status shows every refusal with its place', async () => {
    await router.write('bad.yaml', [route('bad', on('Not_A.Host', {}))]);
    await router.write('good.yaml', [route('good', on('good.test', {}))]);
    await router.live('good.test', (answer) => expect(answer.status).toBe(200));
    const status = await router.status();
    expect(status.stdout).toContain('InvalidHost');
    expect(status.stdout).toMatch(/bad\.yaml/);
  });
});
