import { readFileSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { importTree } from '../src/doctor/capture/import.ts';
import { treeOf } from '../src/doctor/capture/file-tree.ts';
import { judge } from '../src/doctor/doctor.ts';
import type { Report } from '../src/doctor/doctor.ts';
import { facetsOf } from '../src/doctor/model/facets.ts';
import { indexRecords } from '../src/doctor/model/record-index.ts';
import { readCaptures, sniff } from '../src/doctor/reading.ts';
import { traceHtml } from '../src/doctor/report/html/trace-page.ts';
import { traceJson } from '../src/doctor/report/trace-json.ts';
import type { TraceJson } from '../src/doctor/report/trace-json.ts';
import { traceText } from '../src/doctor/report/trace-text.ts';
import { parseTarget } from '../src/doctor/trace/target.ts';
import { traceEvidence } from '../src/doctor/trace/trace-evidence.ts';
import type { Trace } from '../src/doctor/trace/trace.ts';
import { doctorCases } from './doctor-cases/case-file.ts';
import { expectSoundPage } from './support/html-page.ts';

/** A trace case is a folder with captures and a case.yaml: requests through that evidence, and how each ends. Adding one needs no code. */
interface Request {
  readonly target: string;
  readonly from?: string;
  readonly to?: string;
  readonly ends: string;
  /** Layer of the hop that decides. */
  readonly layer?: string;
  /** Chains of the deciding rule, with its number: `FORWARD > a > b 4`. */
  readonly rule?: string;
  /** `file:line` of the deciding rule or hop. */
  readonly line?: string;
  /** Texts that must stand in the answer (text form). */
  readonly says?: readonly string[];
  readonly never?: readonly string[];
  /** Number of choices of each branch. */
  readonly branches?: readonly number[];
  readonly findings?: readonly string[];
}

const folder = resolve(import.meta.dirname, 'trace-cases');
const schema = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(resolve(import.meta.dirname, '../docs/schemas/trace.json'), 'utf8')) as object);
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => ({ name, ...(parse(readFileSync(join(folder, name, 'case.yaml'), 'utf8')) as { readonly about: string; readonly requests: readonly Request[] }) }));

async function traced(name: string, request: Request): Promise<{ readonly trace: Trace; readonly report: Report }> {
  const { captures, unread } = importTree(await treeOf(join(folder, name)), sniff);
  const index = indexRecords(await readCaptures(captures));
  const parsed = parseTarget(request.target);
  if (!parsed.ok) throw new Error(parsed.message);
  const report = judge(index, unread);
  return { trace: traceEvidence(facetsOf(index), report, { target: parsed.target, from: request.from ?? null, to: request.to ?? null }), report };
}

describe.each(cases)('$name: $about', ({ name, requests }) => {
  test.each(requests)('$target from $from', async (request) => {
    const { trace, report } = await traced(name, request);
    const json: TraceJson = JSON.parse(JSON.stringify(traceJson(trace, '0.0.0'))) as TraceJson;
    schema(json);
    expect(schema.errors).toBeNull();
    const text = traceText(trace, { width: Infinity, paint: (_, word) => word, clean: (word) => word, verbose: false });
    expect(trace.ends, text).toBe(request.ends);
    expect(text).toContain(`VERDICT  ${request.ends === 'could-not-tell' ? 'could not tell' : request.ends}`);
    if (request.layer !== undefined) expect(trace.deciding?.layer, text).toBe(request.layer);
    const rule = trace.deciding?.rule ?? null;
    if (request.rule !== undefined) expect(`${rule?.path.join(' > ') ?? ''} ${String(rule?.number ?? 'policy')}`, text).toBe(request.rule);
    const line = rule?.line ?? trace.deciding?.line ?? null;
    if (request.line !== undefined) expect(line === null ? null : `${relative(join(folder, name), resolve(line.file))}:${String(line.line)}`).toBe(request.line);
    for (const part of request.says ?? []) expect(text).toContain(part);
    for (const part of request.never ?? []) expect(text).not.toContain(part);
    if (request.branches !== undefined) expect(trace.branches.map((branch) => branch.names.length)).toEqual(request.branches);
    for (const code of request.findings ?? []) expect([...json.hops, ...json.branches.flatMap((branch) => branch.hops)].flatMap((hop) => hop.findings.map((finding) => finding.code))).toContain(code);
    // The way back is always there, and whatever is not known comes with a command.
    expect([...trace.trunk, ...trace.branches.flatMap((branch) => branch.hops)].some((hop) => hop.layer === 'return')).toBe(true);
    if (trace.ends === 'could-not-tell') expect(trace.missing.length).toBeGreaterThan(0);
    const narrow = traceText(trace, { width: 80, paint: (_, word) => word, clean: (word) => word, verbose: false }).split('\n');
    const page = traceHtml(trace, report, { version: '0.0.0', madeAt: '2026-11-21T00:00:00Z' });
    expectSoundPage(page);
    expect(page).toContain(`${request.ends.replaceAll('-', ' ').toUpperCase()}</strong>`);
    // The line that decides is in view and marked; the way back is a lane of its own.
    if (trace.deciding !== null && line !== null) expect(page).toMatch(new RegExp(`<tr class="hit"><td class="n">\\u25b6 ${String(line.line)}</td>`));
    expect(page).toContain('The way back of ');
    for (const each of narrow) if (!/^ {9,11}\S|^(?:MISSING| {4}or|FIX)/.test(each)) expect(each.length, each).toBeLessThanOrEqual(80);
  });
});

test('whatever is captured, a trace ends in one way, and says what is missing where it cannot tell', async () => {
  for (const each of doctorCases()) {
    const { captures, unread } = importTree(await treeOf(each.folder), sniff);
    const index = indexRecords(await readCaptures(captures));
    const view = facetsOf(index);
    const report = judge(index, unread);
    const vips = [...view.vips.addresses].slice(0, 3);
    for (const host of [...vips, 'shop.example.com']) {
      const parsed = parseTarget(`https://${host.includes(':') ? `[${host}]` : host}/`);
      if (!parsed.ok) continue;
      const trace = traceEvidence(view, report, { target: parsed.target, from: null, to: null });
      schema(JSON.parse(JSON.stringify(traceJson(trace, '0.0.0'))));
      expect(schema.errors, each.name).toBeNull();
      expect(['dropped', 'refused', 'could-not-tell'], each.name).toContain(trace.ends);
      if (trace.ends === 'could-not-tell') expect(trace.missing.length, each.name).toBeGreaterThan(0);
      expectSoundPage(traceHtml(trace, report, { version: '0.0.0', madeAt: '' }));
    }
  }
}, 60_000);
