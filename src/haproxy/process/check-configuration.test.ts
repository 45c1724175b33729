import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConfiguration } from './check-configuration.ts';

let directory: string;
beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'fairway-check-')); });
afterEach(() => { rmSync(directory, { recursive: true, force: true }); });
function write(text: string): string {
  const path = join(directory, 'haproxy.cfg');
  writeFileSync(path, text);
  return path;
}
const good = 'defaults\n  mode http\n  timeout connect 1s\n  timeout client 1s\n  timeout server 1s\nfrontend f\n  bind unix@/tmp/fairway-never-bound.sock\n';

it('accepts what HAProxy accepts', async () => {
  expect(await checkConfiguration('haproxy', write(good))).toEqual({ ok: true, warnings: [] });
});

it('keeps the warnings of an accepted configuration', async () => {
  const check = await checkConfiguration('haproxy', write(good.replace('  timeout client 1s\n', '')));
  expect(check).toMatchObject({ ok: true, warnings: [{ severity: 'warning', message: expect.stringContaining("missing timeouts for frontend 'f'") as string }] });
});

it('gives file, line and message of every complaint', async () => {
  const path = write(good.replace('mode http', 'mode htp').replace('frontend f', 'frontend f\n  nosuch keyword'));
  expect(await checkConfiguration('haproxy', path)).toMatchObject({
    ok: false,
    alerts: [{ file: path, line: 2, message: "unknown proxy mode 'htp'." }, { file: path, line: 7, message: expect.stringContaining("unknown keyword 'nosuch'") as string }],
  });
});

it('does not take a program that cannot be run for a bad configuration without reason', async () => {
  expect(await checkConfiguration('/nosuch/haproxy', write(good))).toMatchObject({ ok: false, alerts: [{ message: expect.stringContaining('ENOENT') as string }] });
});
