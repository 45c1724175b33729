import { request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { fairway } from '../support/fairway-command.ts';
import { route, serving } from '../support/manifests.ts';
import type { Manifest } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';

// What `explain` says and what HAProxy does must be one thing: random tables and requests, each asked and each sent.

interface Explained {
  readonly answer: { readonly does: 'serve' | 'pass-through' | 'redirect' | 'answer'; readonly route: string | null; readonly status: number | null; readonly reason: string | null; readonly location: string | null };
  readonly candidates: readonly { readonly route: string; readonly won: boolean; readonly why: string; readonly line: number | null }[];
  readonly haproxy: { readonly agrees: boolean | null; readonly message: string } | null;
}

let router: Router;

beforeAll(async () => {
  const web = await startMember({ name: 'web' });
  const inner = await startMember({ name: 'inner', protocol: 'h2', certificate: await makeCertificate({ hosts: ['inner.test'] }) });
  router = await startRouter({
    flags: ['--allow-wildcard-routes'],
    manifests: {
      'services.yaml': [
        ...['shop', 'other'].flatMap((namespace) => [...serving('web', [web], { namespace }), ...serving('inner', [inner], { namespace })]),
        // From the start, so that no table of the test is the first with a passthrough route.
        route('passthrough', { host: 'passthrough.always.test', to: 'inner', tls: 'passthrough' }),
      ],
    },
  });
});

/** Asks the running router as the command does, without the price of a process for each question. */
function ask(url: string): Promise<Explained> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: join(router.stateDir, 'fairway.sock'), path: `/v1/explain?${new URLSearchParams({ url, http_version: '1.1' }).toString()}`, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => { text += chunk.toString('utf8'); });
      response.once('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text) as Explained) : reject(new Error(text))));
    });
    sent.end();
  });
}

interface RouteShape {
  readonly host: string;
  readonly path: string;
  readonly wildcard: boolean;
  readonly kind: 'plain' | 'edge' | 'passthrough';
  readonly insecure: 'None' | 'Allow' | 'Redirect';
  readonly namespace: string;
  readonly year: number;
}

const hosts = ['a.test', 'b.test', 'x.a.test', 'y.a.test', 'z.x.a.test'] as const;
const routeShape: fc.Arbitrary<RouteShape> = fc.record({
  host: fc.constantFrom(...hosts),
  path: fc.constantFrom('', '', '/', '/p', '/p/', '/p/q', '/q', '/P', '/p.q', '/%70'),
  wildcard: fc.boolean(),
  kind: fc.constantFrom('plain', 'plain', 'edge', 'edge', 'passthrough'),
  insecure: fc.constantFrom('None', 'Allow', 'Redirect'),
  namespace: fc.constantFrom('shop', 'shop', 'shop', 'other'),
  year: fc.integer({ min: 2000, max: 2020 }),
});

/** The cookie's name tells which route served, without a member for each. */
function manifestOf(shape: RouteShape, number: number): Manifest {
  const passthrough = shape.kind === 'passthrough';
  return route(`r${number}`, {
    host: shape.host,
    namespace: shape.namespace,
    created: `${shape.year}-01-01T00:00:00Z`,
    uid: `uid-${number}`,
    ...(shape.path === '' || passthrough ? {} : { path: shape.path }),
    ...(shape.wildcard ? { wildcardPolicy: 'Subdomain' } : {}),
    to: passthrough ? 'inner' : 'web',
    annotations: { 'router.openshift.io/cookie_name': `served-by-${shape.namespace}-r${number}` },
    ...(shape.kind === 'plain' ? {} : passthrough ? { tls: 'passthrough', insecure: shape.insecure === 'Redirect' ? 'Redirect' : 'None' } : { tls: 'edge', insecure: shape.insecure }),
  });
}

const requestShape = fc.record({
  scheme: fc.constantFrom('http', 'https'),
  host: fc.constantFrom(...hosts, 'A.Test', 'new.a.test', 'new.x.a.test', 'test', 'c.test', 'b.test:8080', 'b.test.'),
  path: fc.constantFrom('/', '/p', '/p/', '/p/q', '/p/q/r', '/pq', '/P', '//p', '/p/../q', '/%70', '/q?x=/p', '/p.q', '/pxq'),
});

async function sent(scheme: string, host: string, path: string): Promise<string> {
  const answer = await (scheme === 'http' ? router.get(host, path) : router.getTls(host, path, { tls: { sni: host.replace(/:\d+$/, '').replace(/\.$/, '').toLowerCase() } }));
  if (answer.member === 'inner') return 'pass-through';
  const [cookie] = answer.cookies.keys();
  if (answer.member === 'web') return `serve ${cookie?.replace('served-by-', '').replace('-', '/') ?? 'without a cookie'}`;
  return answer.status === 302 ? `redirect ${answer.headers.location}` : `answer ${answer.status} ${answer.reason}`;
}

function told({ answer }: Explained): string {
  switch (answer.does) {
    case 'serve': return `serve ${answer.route}`;
    case 'pass-through': return 'pass-through';
    case 'redirect': return `redirect ${answer.location}`;
    case 'answer': return `answer ${answer.status} ${answer.reason}`;
  }
}

describe('explain and HAProxy agree', () => {
  const tables = fc.sample(fc.array(routeShape, { minLength: 1, maxLength: 10 }), { numRuns: 40, seed: 4_711 });
  test('over random tables and requests', async () => {
    const disagreements: string[] = [];
    for (const [number, shapes] of tables.entries()) {
      await router.write('table.yaml', [route('marker', { host: `marker-${number}.marker.example`, to: 'web' }), ...shapes.map(manifestOf)]);
      await router.live(`marker-${number}.marker.example`, (answer) => expect(answer.status).toBe(200));
      for (const { scheme, host, path } of fc.sample(requestShape, { numRuns: 30, seed: number })) {
        const url = `${scheme}://${host}${path}`;
        const explained = await ask(url);
        const does = await sent(scheme, host, path);
        if (does !== told(explained) || explained.haproxy?.agrees === false) {
          const table = shapes.map((shape, place) => `r${place} ${Object.values(shape).join(' ')}`).join('\n');
          disagreements.push(`${url}\n  HAProxy: ${does}\n  explain: ${told(explained)} (${explained.haproxy?.message ?? 'HAProxy not asked'})\n${table}`);
        }
      }
    }
    expect(disagreements.slice(0, 5).join('\n\n')).toBe('');
    expect(await router.reloads()).toBe(0);
  });
});

test('the command tells every candidate, in order, with its place and why it lost', async () => {
  await router.write('table.yaml', [
    route('deep', { host: 'told.test', path: '/shop/cart', to: 'web' }),
    route('shop', { host: 'told.test', path: '/shop', to: 'web' }),
    route('root', { host: 'told.test', to: 'web' }),
    route('tls', { host: 'told.test', path: '/shop/cart/pay', tls: 'edge', to: 'web' }),
  ]);
  await router.live('told.test', (answer) => expect(answer.status).toBe(200));
  const running = await fairway(['explain', 'http://told.test/shop/x', '--state-dir', router.stateDir, '--json']);
  expect(running.code).toBe(0);
  const report = running.json() as Explained;
  expect(report.answer.route).toBe('shop/shop');
  expect(report.haproxy?.agrees).toBe(true);
  expect(report.candidates.filter(({ won }) => won).map((candidate) => candidate.route)).toEqual(['shop/shop']);
  expect(report.candidates.every(({ why, line }) => why.length > 10 && line !== null)).toBe(true);
  const fromFiles = await fairway(['explain', 'http://told.test/shop/x', '--from', router.directory, '--allow-wildcard-routes', '--json']);
  expect((fromFiles.json() as Explained).answer.route).toBe('shop/shop');
  expect((await fairway(['explain', 'http://nobody.test/', '--state-dir', router.stateDir])).stdout).toContain('no-route-for-host');
});
