import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { check } from '../support/check.ts';
import { makeCertificate } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { cleanEnvironment } from '../support/fairway-command.ts';
import { manifestText, route, service, serving, slices } from '../support/manifests.ts';
import type { Manifest } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { sayToHaproxy } from '../support/runtime.ts';

// Manifests are written by people who do not trust each other. Whatever one of them writes, wherever: HAProxy's
// configuration stays valid, nobody else notices, nothing but the object itself is refused, and no word of it is understood
// by HAProxy as configuration or as a command.

/** Texts that mean something to HAProxy's configuration, its socket, a map file, a log format, a shell, HTTP or a PEM reader. */
const breakers = [
  '\n', '\r\n', '\0', '\t', ' ', '"', "'", '\\', '#', ';', '|', '$', '`', '%', '%%', '%[', '%[src]', '%[env(PATH)]', '%{+Q}o', '{', '}', '<<\n', '${HOME}', '$(id)',
  '\u0001', '\u007f', '\u0085', '\u2028', '\uFEFF', '\u{1F600}', 'é', '..', '/../', '//', ':', ',', '*', '=', '&', '?', '<script>', '[alpn h2]', '-----BEGIN CERTIFICATE-----',
  '\nbackend evil\n', '\n  http-request return status 200 hdr x-injected yes\n', '; add map @1 #0 evil.test x ;', '\nadd map #0 evil.test x\n', '\nshutdown sessions server\n',
  '\nglobal\n  stats socket /tmp/evil level admin\n', '\' \nacl a always_true\n', '\r\nX-Injected: yes', '\r\n\r\nHTTP/1.1 200 OK\r\n', 'unless TRUE', 'if { always_true }',
] as const;

const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.oneof(fc.constantFrom(...breakers), fc.string({ maxLength: 8 })), { minLength: 1, maxLength: 5 }).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }) },
  { weight: 1, arbitrary: fc.constantFrom(...breakers).map((text) => text.repeat(Math.ceil(16_384 / text.length)).slice(0, 16_384)) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(16_384), '%'.repeat(16_383), '/'.repeat(16_384), '1'.repeat(400)) },
);

const key = 'haproxy.router.openshift.io';

/** Every place of a manifest into which a person can write text. The route itself is otherwise fine. */
const places: Readonly<Record<string, (value: string, name: string) => Manifest[]>> = {
  host: (value, name) => [route(name, { host: value, to: 'web' })],
  'label of a host': (value, name) => [route(name, { host: `${value}.test`, to: 'web' })],
  path: (value, name) => [route(name, { path: `/${value}`, to: 'web' })],
  'bare path': (value, name) => [route(name, { path: value, to: 'web', tls: 'edge' })],
  'route name': (value) => [route(value, { host: 'named.test', to: 'web' })],
  namespace: (value, name) => [route(name, { namespace: value, to: 'web' })],
  service: (value, name) => [route(name, { to: value })],
  'target port': (value, name) => [route(name, { to: 'web', targetPort: value })],
  'wildcard policy': (value, name) => [route(name, { to: 'web', wildcardPolicy: value })],
  termination: (value, name) => [route(name, { to: 'web', tls: { termination: value } })],
  'insecure policy': (value, name) => [route(name, { to: 'web', tls: { termination: 'edge', insecureEdgeTerminationPolicy: value } })],
  certificate: (value, name) => [route(name, { to: 'web', tls: { termination: 'edge', certificate: value, key: value } })],
  'destination CA': (value, name) => [route(name, { to: 'web', tls: { termination: 'reencrypt', destinationCACertificate: value } })],
  'request header name': (value, name) => [route(name, { to: 'web', requestHeaders: [{ name: value, action: { type: 'Set', set: { value: 'v' } } }] })],
  'request header value': (value, name) => [route(name, { to: 'web', requestHeaders: [{ name: 'X-Value', action: { type: 'Set', set: { value } } }] })],
  'response header name': (value, name) => [route(name, { to: 'web', responseHeaders: [{ name: value, action: { type: 'Delete' } }] })],
  'response header value': (value, name) => [route(name, { to: 'web', responseHeaders: [{ name: 'X-Value', action: { type: 'Set', set: { value } } }] })],
  'cookie name': (value, name) => [route(name, { to: 'web', annotations: { 'router.openshift.io/cookie_name': value } })],
  'rewrite target': (value, name) => [route(name, { to: 'web', path: '/p', annotations: { [`${key}/rewrite-target`]: `/${value}` } })],
  HSTS: (value, name) => [route(name, { to: 'web', tls: 'edge', annotations: { [`${key}/hsts_header`]: `max-age=1;${value}` } })],
  'allow list': (value, name) => [route(name, { to: 'web', annotations: { [`${key}/ip_allowlist`]: `10.0.0.1 ${value}` } })],
  timeout: (value, name) => [route(name, { to: 'web', annotations: { [`${key}/timeout`]: value, [`${key}/timeout-tunnel`]: value } })],
  balance: (value, name) => [route(name, { to: 'web', annotations: { [`${key}/balance`]: value, [`${key}/set-forwarded-headers`]: value } })],
  numbers: (value, name) => [route(name, { to: 'web', annotations: { [`${key}/pod-concurrent-connections`]: value, [`${key}/rate-limit-connections`]: 'true', [`${key}/rate-limit-connections.rate-http`]: value } })],
  'annotation key': (value, name) => [route(name, { to: 'web', annotations: { [`${key}/${value}`]: 'x' } })],
};

let router: Router;
let web: Member;

beforeAll(async () => {
  web = await startMember({ name: 'web' });
  router = await startRouter({
    flags: ['--allow-wildcard-routes'],
    manifests: {
      'good.yaml': [...serving('web', [web]), route('good', { to: 'web' }), route('good-tls', { to: 'web', tls: 'edge', certificate: await makeCertificate({ hosts: ['good-tls.test'] }) })],
    },
  });
});

/** What must hold whatever anybody wrote. */
async function nothingHappened(): Promise<void> {
  const plain = await router.get('good.test');
  expect(plain).toMatchObject({ status: 200, member: 'web' });
  expect(plain.headers).not.toHaveProperty('x-injected');
  expect(plain.seen().headers).not.toHaveProperty('x-injected');
  expect((await router.getTls('good-tls.test')).status).toBe(200);
  expect(await router.get('evil.test')).toMatchObject({ status: 503, reason: 'no-route-for-host' });
  expect(await router.ready()).toBe(true);
  const maps = (await sayToHaproxy(router.stateDir, 'show map')).split('\n').flatMap((line) => /^(-?\d+) /.exec(line)?.[1] ?? []);
  for (const map of maps) {
    for (const line of (await sayToHaproxy(router.stateDir, `show map #${map}`)).split('\n')) expect(line).not.toMatch(/^0x[0-9a-f]+ evil\.test /);
  }
}

async function configurationIsValid(): Promise<void> {
  const names = await readdir(router.stateDir, { recursive: true });
  const configurations = names.filter((name) => name.endsWith('.cfg'));
  expect(configurations.length).toBeGreaterThan(0);
  for (const name of configurations) {
    const answer = await promisify(execFile)('haproxy', ['-c', '-f', join(router.stateDir, name)], { env: cleanEnvironment(), cwd: router.stateDir });
    expect(answer.stdout + answer.stderr).toMatch(/valid/i);
  }
}

describe('hostile values', () => {
  test.each(Object.keys(places))('%s', async (place) => {
    const values = fc.sample(hostile, { numRuns: 25, seed: 20_261_121 + place.length });
    const make = places[place]!;
    // Each in a file of its own, and a good neighbour in every file.
    const files = values.map((value, number) => manifestText([route(`neighbour-${number}`, { to: 'web' }), ...make(value, `hostile-${number}`)]));
    await Promise.all(files.map((text, number) => router.write(`hostile-${number}.yaml`, text)));
    await Promise.all(files.map((_, number) => router.live(`neighbour-${number}.test`, (answer) => expect(answer.status).toBe(200), { within: 15_000 })));
    await nothingHappened();
    const checked = await check(router.directory, ['--allow-wildcard-routes']);
    for (const [number] of files.entries()) expect(checked.verdict(`shop/neighbour-${number}`)).toBe('admitted');
    await configurationIsValid();
    for (const [number] of files.entries()) await router.remove(`hostile-${number}.yaml`);
    await router.live('neighbour-0.test', (answer) => expect(answer.status).toBe(503), { within: 15_000 });
  });

  test('all at once, through a start of HAProxy from nothing', async () => {
    const names = Object.keys(places);
    const objects = names.flatMap((place, kind) => fc.sample(hostile, { numRuns: 6, seed: 7 + kind }).flatMap((value, number) => places[place]!(value, `all-${kind}-${number}`)));
    // One file each: what YAML itself cannot carry must not take the others with it.
    await Promise.all(objects.map((object, number) => router.write(`all/${number}.yaml`, manifestText([object]))));
    await router.write('last.yaml', [route('last', { to: 'web' })]);
    await router.live('last.test', (answer) => expect(answer.status).toBe(200), { within: 15_000 });
    process.kill(router.haproxyPid(), 'SIGKILL');
    await eventually(nothingHappened, 15_000);
    await configurationIsValid();
    router.kill('SIGKILL');
    await router.exited();
    process.kill(router.haproxyPid(), 'SIGKILL');
    await router.start();
    await nothingHappened();
    for (const [number] of objects.entries()) await router.remove(`all/${number}.yaml`);
    await router.remove('last.yaml');
  });

  test('bytes that are no text, file names that are no names', async () => {
    const names = ["a'b.yaml", 'a"b.yaml', 'a b;c.yaml', 'a\nb.yaml', '%[src].yaml', '$(id).yaml', '-rf.yaml', '\u{1F600}.yaml'];
    const placed: string[] = [];
    await mkdir(join(router.directory, 'odd names'), { recursive: true });
    for (const [number, name] of names.entries()) {
      await writeFile(join(router.directory, 'odd names', name), manifestText([route(`odd-${number}`, { to: 'web' })]));
      placed.push(`odd-${number}.test`);
    }
    await writeFile(join(router.directory, 'bytes.yaml'), Buffer.from(Array.from({ length: 4_096 }, (_, place) => (place * 7) % 256)));
    await writeFile(join(router.directory, 'nul.yaml'), Buffer.concat([Buffer.from(manifestText([route('nul', { to: 'web' })])), Buffer.alloc(100)]));
    await router.live(placed[0]!, (answer) => expect(answer.status).toBe(200));
    await nothingHappened();
    await configurationIsValid();
  });

  test('hostile names of endpoints and services', async () => {
    const values = fc.sample(hostile, { numRuns: 30, seed: 99 });
    await Promise.all(values.map((value, number) =>
      router.write(`ends-${number}.yaml`, [
        service(`ends-${number}`),
        ...slices(`ends-${number}`, [web], { portName: value.slice(0, 200) }),
        ...slices(`ends-b-${number}`, [{ ...web, name: value }], { service: `ends-${number}` }),
        route(`ends-${number}`),
      ])));
    await router.write('after-ends.yaml', [route('after-ends', { to: 'web' })]);
    await router.live('after-ends.test', (answer) => expect(answer.status).toBe(200), { within: 15_000 });
    // The members are real: routes that were admitted reach them under whatever name.
    expect((await router.get('ends-0.test')).status).toBeOneOf([200, 503]);
    await nothingHappened();
    await configurationIsValid();
    expect(await router.reloads()).toBe(0);
  });
});
