import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import type { Capture } from '../evidence.ts';
import { examine } from '../doctor.ts';
import { fingerprint } from './fingerprint.ts';
import { doctorJson } from './json.ts';
import { sarif } from './sarif.ts';
import { doctorText } from './text.ts';
import type { TextOptions } from './text.ts';

const capture = (host: string, command: string, text: string): Capture => ({ host, command, takenAt: 1_700_000_000_000, sample: 1, file: `${host}.txt`, firstLine: 1, lines: text.split('\n'), exitCode: null, big: null });
const address = (mac: string, own: string, extra = ''): string => `2: eth0: <BROADCAST,UP,LOWER_UP> mtu 1500 state UP\n    link/ether ${mac} brd ff:ff:ff:ff:ff:ff\n    inet ${own}/24 scope global eth0${extra}`;

/** A real server that answers ARP, a client that believed it, a node without a kernel log, prose. */
const captures = [
  capture('client', 'ip neigh show', '10.9.0.50 dev eth0 lladdr 02:00:00:00:00:21 REACHABLE'),
  capture('lb1', 'ip address show', address('02:00:00:00:00:01', '10.9.0.11', '\n    inet 10.9.0.50/32 scope global eth0')),
  capture('rs1', 'ip address show', `1: lo: <LOOPBACK,UP> mtu 65536 state UNKNOWN\n    inet 10.9.0.50/32 scope global lo\n${address('02:00:00:00:00:21', '10.9.0.21')}`),
  capture('rs1', 'sysctl -a', 'net.ipv4.conf.all.arp_ignore = 0\nnet.ipv4.conf.eth0.arp_ignore = 0'),
  capture('rs1', 'conntrack -S', 'cpu=0 found=0 insert_failed=9 drop=0 early_drop=0'),
  capture('', '', 'a sentence\u001b[31m that nobody can read'),
];
const report = await examine(captures);
const options: TextOptions = { width: 80, paint: (_, text) => text, clean: (text) => text.replace(/\u001b/g, ''), verbose: false, baseline: new Set() };
const schema = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(new URL('../../../docs/schemas/doctor.json', import.meta.url), 'utf8')) as object);

describe('JSON', () => {
  const answer = doctorJson(report, '0.0.0');
  test('follows its schema', () => { schema(JSON.parse(JSON.stringify(answer))); expect(schema.errors).toBeNull(); });
  test('tells the cause before what it brought about', () => {
    const [cause, child] = answer.findings;
    expect([cause?.code, child?.code]).toEqual(['L2-03', 'L2-01']);
    expect(child?.causedBy).toBe(cause?.id);
    expect(cause?.explains).toEqual([child?.id]);
  });
  test('an empty answer follows it too', async () => { schema(JSON.parse(JSON.stringify(doctorJson(await examine([]), '0.0.0')))); expect(schema.errors).toBeNull(); });
  test('a baseline takes findings out of the numbers', () => {
    const known = doctorJson(report, '0.0.0', new Set(report.findings.map(fingerprint)));
    expect(known.summary).toMatchObject({ errors: 0, known: 2 });
    expect(known.findings.every((finding) => finding.known)).toBe(true);
  });
});

describe('SARIF', () => {
  interface Log { readonly version: string; readonly runs: readonly { readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }; readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number; readonly kind: string; readonly level: string; readonly locations?: readonly { readonly physicalLocation: { readonly region: { readonly startLine: number } } }[]; readonly partialFingerprints?: object }[] }[] }
  const log = sarif(report, '0.0.0') as Log;
  test('has a result for each finding, pass and open question, at a line', () => {
    const run = log.runs[0];
    expect(log.version).toBe('2.1.0');
    expect(run?.results.filter((each) => each.kind === 'fail').map((each) => [each.ruleId, each.level])).toEqual([['L2-03', 'error'], ['L2-01', 'error']]);
    expect(run?.results.filter((each) => each.kind === 'open').map((each) => each.ruleId)).toContain('CT-08');
    for (const each of run?.results ?? []) expect(run?.tool.driver.rules[each.ruleIndex]?.id).toBe(each.ruleId);
    for (const each of run?.results.filter((one) => one.kind === 'fail') ?? []) { expect(each.locations?.[0]?.physicalLocation.region.startLine).toBeGreaterThan(0); expect(each.partialFingerprints).toBeDefined(); }
  });
});

describe('text', () => {
  const text = doctorText(report, options);
  test('claim, proof with file and line, fix, what is open, what was not read', () => {
    expect(text).toMatch(/^3 hosts, 5 captures read: 2 errors, 0 warnings, 0 notes, \d+ questions? open\n/);
    expect(text).toContain('ERROR    L2-03 rs-answers-arp');
    expect(text).toContain('rs1.txt:2  the parked address');
    expect(text).toContain('sysctl -w net.ipv4.conf.all.arp_ignore=1');
    expect(text).toContain('brought about:');
    expect(text).toContain('Could not tell');
    expect(text).toContain('Not read (and not counted as absent)');
  });
  test('fits the width but for commands, evidence and paths, and prints no escape signs', () => {
    expect(text).not.toMatch(/\u001b/);
    for (const line of text.split('\n')) if (line.startsWith(' '.repeat(9)) && !line.startsWith(' '.repeat(11)) && !/\.txt:|conntrack|arping/.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  });
  test('the same evidence gives the same text, in whatever order it comes', async () => {
    expect(doctorText(await examine([...captures].reverse()), options).split('\n').slice(0, 20)).toEqual(text.split('\n').slice(0, 20));
  });
});

test('only and skip', async () => {
  expect((await examine(captures, [], { only: ['CT'], skip: [] })).findings).toEqual([]);
  expect((await examine(captures, [], { only: ['L2'], skip: ['vip-mac-foreign'] })).findings.map((finding) => finding.code)).toEqual(['L2-03']);
});
