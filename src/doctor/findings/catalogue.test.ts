import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { analyzers } from '../analyzers/analyzers.ts';
import { findingPage } from '../report/page.ts';
import { catalogue, families, isFindingCode } from './catalogue.ts';
import { argNames } from './entry.ts';
import type { Entry } from './entry.ts';
import { forgotten, retired, retiredAnswer, usedAgain } from './retired.ts';
import type { RetiredCode } from './retired.ts';

const entries: readonly (readonly [string, Entry])[] = Object.entries(catalogue);

describe.each(entries)('%s', (key, entry) => {
  test('is what it says it is', () => {
    expect(entry.code).toBe(key);
    expect(entry.code).toMatch(/^[A-Z0-9]+-\d\d$/);
    expect(families.map(([prefix]) => prefix as string)).toContain(key.slice(0, key.indexOf('-')));
    expect(entry.name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
  });
  test('is written out', () => {
    expect(entry.message).toMatch(/[.}]$/);
    expect(entry.page.happens.length).toBeGreaterThan(60);
    expect(entry.page.evidence.length).toBeGreaterThan(30);
    expect(entry.page.lookAlikes.length).toBeGreaterThan(0);
    for (const { text } of entry.fix) expect(text.length).toBeGreaterThan(5);
  });
  test('its texts have no braces but arguments', () => {
    const texts = [entry.message, ...entry.fix.flatMap((fix) => [fix.text, fix.command ?? '']), entry.verify.text, entry.verify.command ?? ''];
    for (const text of texts) expect(text.match(/[{}]/g)?.length ?? 0).toBe(argNames(text).length * 2);
  });
  test('a fix that widens access is never the first', () => { expect(entry.fix[0].widensAccess).toBeUndefined(); });
  test('its page names everything', () => {
    if (!isFindingCode(key)) throw new Error(key);
    const page = findingPage(key);
    for (const part of [entry.title, entry.message, entry.page.happens, entry.verify.text, ...entry.fix.map((fix) => fix.text)]) expect(page).toContain(part);
  });
  test('does not explain itself', () => { expect(entry.explains).not.toContain(key); });
});

describe('the set', () => {
  test('names are unique', () => { expect(new Set(entries.map(([, entry]) => entry.name)).size).toBe(entries.length); });
  test('every analyzer is in the list: one for each file, under its own name', () => {
    const files = readdirSync(new URL('../analyzers/', import.meta.url)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !['analyzer.ts', 'analyzers.ts'].includes(file));
    const modules = files.filter((file) => /^export const \w+ = analyzer\(/m.test(readFileSync(new URL(`../analyzers/${file}`, import.meta.url), 'utf8')));
    expect(analyzers.map((analyzer) => `${analyzer.name}.ts`).sort()).toEqual(modules.sort());
  });
  test('every code has an analyzer', () => {
    const answered = new Set<string>(analyzers.flatMap((analyzer) => analyzer.codes));
    expect([...answered].sort()).toEqual(entries.map(([code]) => code).sort());
  });
  test('analyzers have names of their own, ask something, and read something', () => {
    expect(new Set(analyzers.map((analyzer) => analyzer.name)).size).toBe(analyzers.length);
    for (const analyzer of analyzers) {
      expect(analyzer.asks).toMatch(/\?$/);
      expect(analyzer.reads.length).toBeGreaterThan(0);
      expect(new Set(analyzer.reads).size).toBe(analyzer.reads.length);
    }
  });
});

describe('retired codes', () => {
  const live = entries.map(([, entry]) => entry);
  // `node scripts/write-docs.ts` puts every code in here that the catalogue has; none is ever taken out.
  const ever = readFileSync(new URL('../../../test/finding-codes.txt', import.meta.url), 'utf8').trim().split('\n');
  test('stay retired: no entry uses a retired code or name again', () => { expect(usedAgain(live)).toEqual([]); });
  test('a code that leaves the catalogue is retired', () => { expect(forgotten(ever, live)).toEqual([]); });
  test('every code is written down (node scripts/write-docs.ts does it)', () => { expect(live.map(({ code }) => code).filter((code) => !ever.includes(code))).toEqual([]); });
  test('are written out, once each', () => {
    expect(new Set(retired.map(({ code }) => code)).size).toBe(retired.length);
    for (const each of retired) {
      expect(each.code).toMatch(/^[A-Z0-9]+-\d\d$/);
      expect(each.reason).toMatch(/^[A-Z].{20,}\.$/);
      expect(each.last).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });
  test('are explained by nothing and explain nothing', () => {
    const gone = new Set(retired.map(({ code }) => code));
    expect(live.flatMap((entry) => [...entry.explains, ...entry.page.lookAlikes.map(({ code }) => code ?? '')]).filter((code) => gone.has(code))).toEqual([]);
  });
  test('the list is looked at: a code that is used again, one that was forgotten', () => {
    const made: RetiredCode = { code: 'L2-01', name: 'old-name', last: '0.1.0', reason: 'L2-02 says it now.' };
    expect(usedAgain(live, [made])).toEqual(['L2-01']);
    expect(usedAgain(live, [{ ...made, code: 'L2-99', name: 'vip-mac-foreign' }])).toEqual(['vip-mac-foreign']);
    expect(usedAgain(live, [{ ...made, code: 'L2-99' }])).toEqual([]);
    expect(forgotten(['L2-01', 'L2-98', 'L2-99'], live, [{ ...made, code: 'L2-99' }])).toEqual(['L2-98']);
    expect(retiredAnswer('l2-01', [made])).toBe('L2-01 old-name is no longer used (last in 0.1.0): L2-02 says it now.');
    expect(retiredAnswer('old-name', [made])).toContain('L2-01');
    expect(retiredAnswer('L2-02', [made])).toBeNull();
  });
});
