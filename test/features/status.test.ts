import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { makeCertificate } from '../support/certificates.ts';
import { fairway, repository } from '../support/fairway-command.ts';
import { route, serving } from '../support/manifests.ts';
import { startMember } from '../support/member.ts';
import { startRouter } from '../support/router.ts';
import type { Router } from '../support/router.ts';
import { sumOf } from '../support/prometheus.ts';

const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ } });
const follows = (schema: string, value: unknown): unknown[] => {
  const validate = ajv.compile(JSON.parse(readFileSync(join(repository, 'docs/schemas', `${schema}.json`), 'utf8')) as object);
  return validate(value) ? [] : (validate.errors ?? []);
};

let router: Router;
beforeAll(async () => {
  const [one, two] = [await startMember({ name: 'one' }), await startMember({ name: 'two' })];
  router = await startRouter({
    flags: ['--check-interval', '100ms'],
    manifests: [
      ...serving('web', [one, two]), route('web'), route('again', { host: 'web.test' }), route('nowhere', { to: 'missing' }),
      route('secure', { to: 'web', tls: 'edge', certificate: await makeCertificate({ hosts: ['secure.test'] }) }),
    ],
  });
  for (let count = 0; count < 5; count += 1) await router.get('web.test');
});

describe('status', () => {
  test('follows its schema and tells what is served', async () => {
    const answer = await router.status();
    const view = answer.json() as { counts: object; rules: { route: string; members: { health: string }[] }[]; certificates: { host: string; expired: boolean }[]; refused: { name: string }[]; reloads: { total: number } };
    expect(follows('status', view)).toEqual([]);
    // Something is refused.
    expect(answer.code).toBe(1);
    expect(view.counts).toMatchObject({ rules: 3, pools: 2, members: 4, certificates: 1, refused: 1 });
    expect(view.rules.find((rule) => rule.route === 'shop/web')!.members).toHaveLength(2);
    expect(view.certificates).toMatchObject([{ host: 'secure.test', expired: false }]);
    expect(view.reloads.total).toBe(0);
    expect(answer.stdout).not.toContain('PRIVATE KEY');
  });

  test('members are as healthy as the checks say', async () => {
    await eventually(async () => {
      const view = (await router.status()).json() as { rules: { route: string; members: { health: string }[] }[] };
      expect(view.rules.find((rule) => rule.route === 'shop/web')!.members.map(({ health }) => health)).toEqual(['up', 'up']);
    });
  });

  test('plain text fits, whatever the width', async () => {
    const { stdout, code } = await fairway(['status', '--state-dir', router.stateDir]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Serving +3 rules, 2 pools, 4 members, 1 certificate$/m);
    for (const line of stdout.split('\n')) if (!line.includes(router.directory)) expect(line.length).toBeLessThanOrEqual(100);
  });
});

describe('explain, asking the running router', () => {
  test.each([['http://web.test/a', true], ['https://secure.test/', true], ['http://nobody.test/', true], ['http://nowhere.test/', true], ['http://secure.test/', true]])('%s: HAProxy agrees', async (url, agrees) => {
    const answer = await fairway(['explain', url, '--state-dir', router.stateDir, '--json']);
    const report = answer.json() as { haproxy: { agrees: boolean; message: string } };
    expect(follows('explain', report)).toEqual([]);
    expect([report.haproxy.agrees, report.haproxy.message]).toEqual([agrees, expect.stringContaining('agrees')]);
  });
});

describe('metrics', () => {
  test("HAProxy's figures by rule and member, and Fairway's own", async () => {
    const samples = await router.metrics();
    expect(sumOf(samples, 'haproxy_backend_connections_total', { backend: 'http', namespace: 'shop', route: 'web' })).toBeGreaterThanOrEqual(5);
    expect(sumOf(samples, 'haproxy_server_http_responses_total', { route: 'web', service: 'web', code: '2xx' })).toBeGreaterThanOrEqual(5);
    expect(sumOf(samples, 'haproxy_up')).toBe(1);
    expect(sumOf(samples, 'fairway_rules')).toBe(3);
    expect(sumOf(samples, 'fairway_refused_objects', { reason: 'HostAlreadyClaimed' })).toBe(1);
    expect(samples.filter(({ name }) => name === 'fairway_haproxy_reloads_total').length).toBeGreaterThan(5);
  });
});
