import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { beforeAll, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { fairway } from '../support/fairway-command.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import type { Member } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { freePorts } from '../support/addresses.ts';
import type { TraceJson } from '../../src/doctor/report/trace-json.ts';

// The checklist "name, balancer, listener, rule, configuration in force, members alive" as one command against a running router.

let router: Router;
let web: Member;
let inner: Member;
const schema = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(new URL('../../docs/schemas/trace.json', import.meta.url), 'utf8')) as object);

beforeAll(async () => {
  web = await startMember({ name: 'web' });
  inner = await startMember({ name: 'inner', protocol: 'https', certificate: await makeCertificate({ hosts: ['inner.test'] }) });
  const [dead = 1] = await freePorts(1);
  const gone = { name: 'gone', address: '127.0.0.1', port: dead } as Member;
  router = await startRouter({
    manifests: {
      'all.yaml': [
        ...serving('web', [web]), ...serving('inner', [inner]), ...serving('gone', [gone]), ...serving('half', [web, gone]), ...serving('empty', []),
        route('shop', { host: 'shop.test', path: '/cart', to: 'web', tls: 'edge' }),
        route('plain', { host: 'plain.test', to: 'web' }),
        route('passed', { host: 'inner.test', to: 'inner', tls: 'passthrough' }),
        route('gone', { host: 'gone.test', to: 'gone' }),
        route('half', { host: 'half.test', to: 'half' }),
        route('empty', { host: 'empty.test', to: 'empty' }),
      ],
    },
  });
});

async function traced(...args: readonly string[]): Promise<{ readonly code: number; readonly answer: TraceJson; readonly state: (layer: string) => string }> {
  const { code, stdout, stderr } = await fairway(['trace', ...args, '--state-dir', router.stateDir, '--json']);
  if (stdout === '') throw new Error(stderr);
  const answer = JSON.parse(stdout) as TraceJson;
  schema(answer);
  expect(schema.errors).toBeNull();
  return { code, answer, state: (layer) => [...answer.hops, ...answer.branches.flatMap((branch) => branch.hops)].find((hop) => hop.layer === layer)?.state ?? 'none' };
}
const here = ['--to', '127.0.0.1'];

test('clear text: address, listener, rule, member, answer', async () => {
  const { code, answer } = await traced('http://plain.test/x', ...here);
  expect(answer.verdict).toMatchObject({ ends: 'delivered', hop: null });
  expect(code).toBe(0);
  expect(answer.branches).toMatchObject([{ names: [`${web.address}:${web.port}`], ends: 'delivered' }]);
  const rule = answer.hops.find((hop) => hop.layer === 'router');
  expect(rule?.says).toContain('/plain');
  expect(rule?.evidence?.file).toMatch(/all\.yaml$/);
  expect(rule?.details.map((each) => each.text).join('\n')).toContain('HAProxy agrees');
  expect(answer.branches[0]?.hops.at(-1)).toMatchObject({ layer: 'return', says: 'the request was answered 200' });
});

test('passthrough: the member\'s certificate is the one that is judged', async () => {
  const { answer } = await traced('https://inner.test/', ...here);
  expect(answer.verdict.ends).toBe('delivered');
  expect(answer.hops.find((hop) => hop.layer === 'tls')?.says).toContain('inner.test');
});

test('a certificate that does not name the host', async () => {
  const { code, answer, state } = await traced('https://shop.test/cart/1', ...here);
  expect(answer.verdict).toMatchObject({ ends: 'refused' });
  expect(state('tls')).toBe('refused');
  expect(answer.verdict.because).toContain('the default certificate');
  expect(code).toBe(1);
});

test('a path that no rule covers, with the candidates and why they lost', async () => {
  const { answer } = await traced('https://shop.test/other', ...here);
  const rule = answer.hops.find((hop) => hop.layer === 'router');
  expect(rule?.state).toBe('refused');
  expect(rule?.says).toContain('no-route-for-path');
  expect(rule?.details[0]?.text).toContain('does not cover the request');
});

test('a member that does not listen', async () => {
  const { code, answer, state } = await traced('http://gone.test/', ...here);
  expect(answer.verdict).toMatchObject({ ends: 'refused', branch: 0 });
  expect(answer.verdict.because).toContain('connection refused');
  expect(state('router')).toBe('ok');
  expect(code).toBe(1);
});

test('one of two members is dead: delivered, and the dead one is named', async () => {
  const { code, answer } = await traced('http://half.test/', ...here);
  expect(answer.branches.map((branch) => branch.ends).sort()).toEqual(['delivered', 'refused']);
  expect(answer.verdict.ends).toBe('delivered');
  expect(answer.verdict.because).toContain('1 of 2 members');
  expect(code).toBe(1);
});

test('no endpoints', async () => {
  const { answer } = await traced('http://empty.test/', ...here);
  expect(answer.verdict).toMatchObject({ ends: 'refused' });
  expect(answer.verdict.because).toContain('no-endpoints');
});

test('a name that does not resolve ends at the first hop; the rest is told all the same', async () => {
  const { answer, state } = await traced('http://plain.test/');
  expect(answer.verdict.ends).not.toBe('delivered');
  expect(['refused', 'unknown']).toContain(state('dns'));
  expect(answer.hops.find((hop) => hop.layer === 'router')?.says).toContain('/plain');
}, 20_000);

test('nothing listens at the address', async () => {
  const { answer, code } = await traced(`http://plain.test:${String((await freePorts(1))[0])}/`, ...here);
  expect(answer.verdict).toMatchObject({ ends: 'refused' });
  expect(answer.verdict.because).toContain('connection refused');
  expect(code).toBe(1);
});

test('as text', async () => {
  const { stdout } = await fairway(['trace', 'http://plain.test/', ...here, '--state-dir', router.stateDir, '--plain']);
  expect(stdout).toMatch(/^http:\/\/plain\.test:\d+\//);
  expect(stdout).toMatch(/VERDICT {2}delivered/);
});
