import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { displayWidth } from '../lib/display-width.ts';
import { runCommandLine } from './commander-program.ts';
import { commands } from './commands.ts';
import { exitCodes } from './exit-codes.ts';

const root = new URL('../..', import.meta.url).pathname;
const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });
export const schema = (name: string): ReturnType<Ajv['compile']> => ajv.compile(JSON.parse(readFileSync(join(root, 'docs/schemas', `${name}.json`), 'utf8')) as object);

async function fairway(args: readonly string[], width = 80): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await runCommandLine(args, {
    commands, version: '9.9.9',
    terminal: (plain) => ({ out: (text) => { out += text; }, err: (text) => { err += text; }, width: plain ? Infinity : width, colour: false }),
  });
  return { code, out, err };
}

const route = (name: string, host: string, more = ''): string => `apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: ${name}, namespace: shop, creationTimestamp: "2026-01-0${name.length % 9 + 1}T00:00:00Z"}
spec:
  host: ${host}
  to: {kind: Service, name: web}
${more}---
`;
const service = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80, name: http}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: TCP}]
endpoints: [{addresses: [10.0.0.7]}]
`;

let directory = '';
const at = (name: string): string => join(directory, name);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairway-cli-'));
  for (const name of ['good', 'bad', 'broken', 'empty']) mkdirSync(at(name));
  writeFileSync(at('good/a.yaml'), route('web', 'shop.test') + route('secure', 'shop.test', '  path: /api\n  tls: {termination: edge, insecureEdgeTerminationPolicy: Redirect}\n') + service);
  writeFileSync(at('bad/a.yaml'), `${route('a', 'shop.test')}${route('bb', 'shop.test')}${route('cc', 'Not_A.Host')}${service}`);
  writeFileSync(at('broken/a.yaml'), `${route('web', 'shop.test')}${service}---\nkind: [\n`);
});
afterAll(() => { rmSync(directory, { recursive: true }); });

describe('check', () => {
  test('fine objects: exit code 0, the same in JSON', async () => {
    const [text, json] = [await fairway(['check', at('good')]), await fairway(['check', at('good'), '--json'])];
    expect([text.code, json.code]).toEqual([0, 0]);
    expect(text.out).toMatch(/^ok +Route shop\/web {2}shop\.test {2}.*a\.yaml:1$/m);
    expect(text.out).toMatch(/^4 objects: 4 admitted, 0 refused, 0 warnings$/m);
  });

  test('refused ones: exit code 1, reason and place', async () => {
    const { code, out } = await fairway(['check', at('bad')]);
    expect(code).toBe(1);
    expect(out).toContain('REFUSED   Route shop/bb');
    expect(out).toContain('HostAlreadyClaimed');
    expect(out).toMatch(/held by Route shop\/a, /);
    expect(out).toMatch(/InvalidHost/);
  });

  test('a broken file is an error with its line', async () => {
    const { code, out } = await fairway(['check', at('broken')]);
    expect(code).toBe(1);
    expect(out).toMatch(/^ERROR +.*broken\/a\.yaml:\d+$/m);
  });

  test.each(['good', 'bad', 'broken', 'empty'])('the answer about "%s" follows docs/schemas/check.json', async (name) => {
    const validate = schema('check');
    const report = JSON.parse((await fairway(['check', at(name), '--json'])).out) as unknown;
    expect(validate(report) ? [] : validate.errors).toEqual([]);
  });

  test('no line of prose is wider than the terminal; --plain breaks none', async () => {
    const { out } = await fairway(['check', at('bad')], 60);
    const prose = out.split('\n').filter((line) => line.startsWith(' ') && !line.includes(directory));
    expect(prose.length).toBeGreaterThan(3);
    for (const line of prose) expect(displayWidth(line)).toBeLessThanOrEqual(60);
    expect((await fairway(['check', at('bad'), '--plain'])).out).toMatch(/^ {10}HostAlreadyClaimed: .*\[[a-z-]+\]$/m);
  });

  test('settings change verdicts', async () => {
    expect((await fairway(['check', at('good'), '--denied-domains', 'shop.test'])).code).toBe(1);
  });
});

describe('explain', () => {
  test('names the winner, the losers and the answer', async () => {
    const { code, out } = await fairway(['explain', 'https://SHOP.test./api/x?y=1', '--from', at('good')]);
    expect(code).toBe(0);
    expect(out).toContain('is served by the members of shop/secure');
    expect(out).toContain('10.0.0.7:8080');
    expect(out).toMatch(/WON {3}shop\/secure/);
    expect(out).toMatch(/lost {2}shop\/web/);
  });

  test('an answer of its own is exit code 1', async () => {
    const { code, out } = await fairway(['explain', 'nobody.test', '--from', at('good')]);
    expect(code).toBe(1);
    expect(out).toContain('no-route-for-host');
  });

  test.each([
    ['https://shop.test/api'], ['http://shop.test/api'], ['http://shop.test/'], ['https://shop.test/'], ['http://nobody.test'], ['http://shop.test/', '--sni', 'none', '--http-version', '1.1', '--method', 'post'],
  ])('the answer about %s follows docs/schemas/explain.json', async (...args) => {
    const validate = schema('explain');
    const report = JSON.parse((await fairway(['explain', ...args, '--from', at('good'), '--json'])).out) as unknown;
    expect(validate(report) ? [] : validate.errors).toEqual([]);
  });

  test.each(['', 'http://', 'ftp://x/', 'http://a b/', 'http://ex\u0000ample/'])('%j is no URL: exit code 2', async (url) => {
    expect((await fairway(['explain', url, '--from', at('good')])).code).toBe(exitCodes.usage);
  });
});

describe('how commands end', () => {
  test.each<[readonly string[], number, RegExp]>([
    [[], 2, /Usage: fairway/],
    [['unknown'], 2, /unknown command/],
    [['check'], 2, /missing required argument/],
    [['check', 'x', 'y'], 2, /too many arguments/],
    [['run'], 2, /No directory of manifests is named/],
    [['run', 'x', '--http-port', 'y'], 2, /--http-port is "y"; write a whole number/],
    [['check', '/nowhere/at/all'], 3, /does not exist/],
    [['check', root + 'package.json'], 4, /is a file/],
    [['status', '--state-dir', '/nowhere'], 3, /No Fairway can be asked at \/nowhere\/fairway\.sock/],
    [['explain', 'http://a/', '--state-dir', '/nowhere'], 3, /No Fairway can be asked/],
  ])('%j: %d', async (args, code, message) => {
    const ended = await fairway(args);
    expect(ended.code).toBe(code);
    expect(ended.err).toMatch(message);
    expect(ended.out).toBe('');
  });

  test('help and version are answers', async () => {
    expect(await fairway(['--version'])).toMatchObject({ code: 0, out: '9.9.9\n' });
    for (const command of commands) {
      const { code, out } = await fairway([command.name, '--help'], 100);
      expect(code).toBe(0);
      expect(out).toContain(command.examples[0]!.line);
      for (const line of out.split('\n').filter((text) => !text.includes('fairway'))) expect(displayWidth(line)).toBeLessThanOrEqual(100);
    }
  });

  test('run --help lists every setting with its variables and key', async () => {
    const { out } = await fairway(['run', '--help'], 100);
    const flat = out.replaceAll(/\s+/g, ' ');
    for (const text of ['--http-port <port>', 'FAIRWAY_HTTP_PORT', 'ROUTER_SERVICE_HTTP_PORT', 'listen.http:', '--leave-haproxy', 'ROUTER_CIPHERS', '--no-http2']) expect(flat).toContain(text);
  });
});
