import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { commands } from './commands.ts';
import { runCommandLine } from './commander-program.ts';
import { exitCodes } from './exit-codes.ts';

const cases = fileURLToPath(new URL('../../test/doctor-cases/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fairway-doctor-test-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

async function fairway(...argv: readonly string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await runCommandLine(argv, { commands, version: '0.0.0', terminal: () => ({ out: (text) => { out += text; }, err: (text) => { err += text; }, width: 100, colour: false }) });
  return { code, out, err };
}

describe('fairway doctor', () => {
  test('findings: exit code 1, in every format', async () => {
    for (const format of [[], ['--json'], ['--sarif']]) expect((await fairway('doctor', join(cases, 'l2-rs-answers-arp'), ...format)).code).toBe(exitCodes.findings);
  });
  test('the JSON answer follows docs/schemas/doctor.json', async () => {
    const validate = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(new URL('../../docs/schemas/doctor.json', import.meta.url), 'utf8')) as object);
    validate(JSON.parse((await fairway('doctor', join(cases, 'l2-rs-answers-arp'), '--json')).out));
    expect(validate.errors).toBeNull();
  });
  test('healthy evidence: 0; notes alone: 0 unless asked', async () => {
    expect((await fairway('doctor', join(cases, 'l2-healthy-vip'))).code).toBe(exitCodes.fine);
    expect((await fairway('doctor', join(cases, 'ct-drops-one-sample'))).code).toBe(exitCodes.fine);
    expect((await fairway('doctor', join(cases, 'ct-drops-one-sample'), '--fail-on', 'note')).code).toBe(exitCodes.findings);
  });
  test('a baseline: only what is new counts', async () => {
    const file = join(folder, 'baseline.json');
    writeFileSync(file, (await fairway('doctor', join(cases, 'l2-rs-answers-arp'), '--json')).out);
    const again = await fairway('doctor', join(cases, 'l2-rs-answers-arp'), '--baseline', file);
    expect(again.code).toBe(exitCodes.fine);
    expect(again.out).toContain('2 known from the baseline');
  });
  test('--html writes a page beside the answer, and the exit code stays', async () => {
    const file = join(folder, 'report.html');
    const answer = await fairway('doctor', join(cases, 'l2-rs-answers-arp'), '--json', '--html', file);
    expect(answer.code).toBe(exitCodes.findings);
    expect(JSON.parse(answer.out)).toHaveProperty('schema');
    expect(readFileSync(file, 'utf8')).toMatch(/^<!doctype html>[^]*L2-03[^]*<\/html>\n$/);
    expect((await fairway('doctor', join(cases, 'l2-rs-answers-arp'), '--html', join(folder, 'no', 'such', 'folder.html'))).code).toBe(exitCodes.usage);
  });
  test('nothing there, nothing readable, nothing in it', async () => {
    expect((await fairway('doctor', join(folder, 'nowhere'))).code).toBe(exitCodes.missing);
    const prose = join(folder, 'prose.txt');
    writeFileSync(prose, 'It does not work.\n');
    expect((await fairway('doctor', prose)).code).toBe(exitCodes.unreadable);
    const empty = join(folder, 'empty.txt');
    writeFileSync(empty, '');
    expect((await fairway('doctor', empty)).code).toBe(exitCodes.missing);
  });
  test('pages and codes', async () => {
    expect((await fairway('doctor', '--explain', 'l2-01')).out).toMatch(/^# L2-01 /);
    expect((await fairway('doctor', '--explain', 'vip-mac-foreign')).out).toMatch(/^# L2-01 /);
    expect((await fairway('doctor', '--explain', 'XX-99')).code).toBe(exitCodes.usage);
    expect((await fairway('doctor', '--only', 'nonsense', cases)).code).toBe(exitCodes.usage);
    expect((await fairway('doctor', '--only', 'CT', join(cases, 'l2-rs-answers-arp'))).out).not.toContain('L2-03');
  });
});

test('fairway trace --html writes the hop view beside the answer, and the exit code stays', async () => {
  const file = join(folder, 'trace.html');
  const evidence = fileURLToPath(new URL('../../test/trace-cases/report-1-lvs-dr', import.meta.url));
  const answer = await fairway('trace', 'tcp://10.1.26.252:10051', '--from', '10.0.19.92', '--evidence', evidence, '--json', '--html', file);
  expect(answer.code).toBe(exitCodes.findings);
  expect(JSON.parse(answer.out)).toHaveProperty('verdict.ends', 'dropped');
  const page = readFileSync(file, 'utf8');
  expect(page).toMatch(/<strong class="error">DROPPED<\/strong>/);
  expect(page).toMatch(/<div class="failing failed">[^]*<mark>-A neutron-openvswi-s38833ad6-c -m comment[^]*What looks like it, and is not so[^]*The way back of /);
  expect((await fairway('trace', 'tcp://10.1.26.252:10051', '--evidence', evidence, '--html', join(folder, 'no', 'such', 'folder.html'))).code).toBe(exitCodes.usage);
});

test('fairway collect --print is the script', async () => {
  const printed = await fairway('collect', '--print');
  expect(printed.out).toMatch(/^#!\/bin\/sh\n/);
  expect((await fairway('collect', '--ask', 'a b')).code).toBe(exitCodes.usage);
});
