import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyzers } from '../src/doctor/analyzers/analyzers.ts';
import { importTree } from '../src/doctor/capture/import.ts';
import { treeOf } from '../src/doctor/capture/file-tree.ts';
import { examine } from '../src/doctor/doctor.ts';
import type { Report } from '../src/doctor/doctor.ts';
import { catalogue } from '../src/doctor/findings/catalogue.ts';
import type { Story } from '../src/doctor/findings/story.ts';
import { facetsOf, viewOf } from '../src/doctor/model/facets.ts';
import type { Facets } from '../src/doctor/model/facets.ts';
import { indexRecords } from '../src/doctor/model/record-index.ts';
import { readCaptures, sniff } from '../src/doctor/reading.ts';
import { doctorCases } from './doctor-cases/case-file.ts';
import type { DoctorCase } from './doctor-cases/case-file.ts';
import { falseFindings, isSilent } from './doctor-cases/false-findings.ts';

const cases = doctorCases();
const readBy = new Map<string, Set<string>>();

async function report(each: DoctorCase): Promise<Report> {
  const { captures, unread } = importTree(await treeOf(each.folder), sniff);
  return examine(captures, unread, undefined, (analyzer, facet) => { readBy.set(analyzer, (readBy.get(analyzer) ?? new Set()).add(facet)); });
}

describe.each(cases)('$name', (each) => {
  test(each.about, async () => {
    const found = await report(each);
    const codes = found.findings.map((finding) => finding.code).sort();
    const shown = found.findings.map((finding) => `${finding.code} ${finding.claim}`);
    if (each.others === 'forbidden') expect(codes, shown.join('\n')).toEqual(each.expect.flatMap((wanted) => Array<string>(wanted.times).fill(wanted.code)).sort());
    expect(falseFindings(each, codes), shown.join('\n')).toEqual([]);
    for (const code of each.couldNotLook) expect(found.open.map((open) => open.code)).toContain(code);
    for (const wanted of each.expect) {
      const mine = found.findings.filter((finding) => finding.code === wanted.code);
      expect(mine.length, shown.join('\n')).toBe(wanted.times);
      const lines = mine.flatMap((finding) => finding.proofs.map(({ line }) => `${relative(each.folder, line.file)}:${String(line.line)}`));
      for (const line of wanted.lines) expect(lines).toContain(line);
      const claims = mine.map((finding) => finding.claim).join('\n');
      for (const part of wanted.claim) expect(claims).toContain(part);
      for (const finding of mine) {
        if (wanted.severity !== null) expect(finding.severity).toBe(wanted.severity);
        if (wanted.confidenceAtLeast !== null) expect(finding.confidence).toBeGreaterThanOrEqual(wanted.confidenceAtLeast);
        if (wanted.confidenceAtMost !== null) expect(finding.confidence).toBeLessThanOrEqual(wanted.confidenceAtMost);
        const ruledOut = finding.rulesOut.map((out) => `${out.code ?? ''} ${out.what}`).join('\n');
        for (const part of wanted.rulesOut) expect(ruledOut).toContain(part);
        expect(finding.claim).not.toMatch(/\{\w+\}/);
      }
    }
    for (const line of each.story) {
      const [cause, child] = line.split('>').map((part) => part.trim());
      expect(found.stories.flatMap(pairs), line).toContain(`${cause ?? ''} > ${child ?? ''}`);
    }
  });
});

function pairs(story: Story): string[] {
  return story.children.flatMap((child) => [`${story.root.code} > ${child.root.code}`, ...pairs(child)]);
}

describe('the set of cases', () => {
  test('names only codes of the catalogue', () => {
    const named = cases.flatMap((each) => [...each.expect.map((wanted) => wanted.code), ...each.notThese, ...each.couldNotLook]);
    expect(named.filter((code) => !Object.hasOwn(catalogue, code))).toEqual([]);
  });
  test.each(Object.keys(catalogue))('%s has a case that is sick and one that must stay silent', (code) => {
    expect(cases.some((each) => each.expect.some((wanted) => wanted.code === code)), 'sick').toBe(true);
    expect(cases.some((each) => each.notThese.includes(code)), 'healthy or look-alike').toBe(true);
  });
  test('half of them expect nothing, or name what they only look like', () => {
    const silent = cases.filter(isSilent);
    expect(silent.length * 2).toBeGreaterThanOrEqual(cases.length);
  });
});

describe('the set of analyzers', () => {
  test('read what they declare, all of it', async () => {
    for (const each of cases) await report(each);
    for (const analyzer of analyzers) expect([...(readBy.get(analyzer.name) ?? [])].sort(), analyzer.name).toEqual([...analyzer.reads].sort());
  });
  test('each finds every code it declares in a case that expects it, and says nothing of it in a case that must stay silent', async () => {
    const found = new Map<string, Set<string>>();
    const silent = new Map<string, Set<string>>();
    for (const each of cases) {
      const { captures } = importTree(await treeOf(each.folder), sniff);
      const facets = facetsOf(indexRecords(await readCaptures(captures)));
      for (const analyzer of analyzers) {
        const faults = new Set([...analyzer.analyze(viewOf(facets, analyzer.reads) as Facets)].flatMap((answer) => (answer.outcome === 'fault' ? [answer.finding.code as string] : [])));
        for (const code of analyzer.codes) {
          if (faults.has(code) && each.expect.some((wanted) => wanted.code === code)) found.set(analyzer.name, (found.get(analyzer.name) ?? new Set()).add(code));
          if (!faults.has(code) && each.notThese.includes(code)) silent.set(analyzer.name, (silent.get(analyzer.name) ?? new Set()).add(code));
        }
      }
    }
    for (const analyzer of analyzers) {
      expect([...(found.get(analyzer.name) ?? [])].sort(), `${analyzer.name} finds`).toEqual([...analyzer.codes].sort());
      expect([...(silent.get(analyzer.name) ?? [])].sort(), `${analyzer.name} is silent`).toEqual([...analyzer.codes].sort());
    }
  });
  test.each(analyzers.map((analyzer) => [analyzer.name, analyzer] as const))('%s is described and has a page for each of its codes', (_, analyzer) => {
    expect(analyzer.asks).toMatch(/^[A-Z].{10,}\?$/);
    expect(analyzer.codes.length).toBeGreaterThan(0);
    expect(new Set(analyzer.codes).size).toBe(analyzer.codes.length);
    for (const code of analyzer.codes) expect(existsSync(join(import.meta.dirname, `../docs/findings/${code}-${catalogue[code].name}.md`)), code).toBe(true);
  });
});
