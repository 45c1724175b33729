import { describe, expect, test } from 'vitest';
import { analyzers } from '../analyzers/analyzers.ts';
import { findingPage } from '../report/page.ts';
import { catalogue, families, isFindingCode, retiredCodes } from './catalogue.ts';
import { argNames } from './entry.ts';
import type { Entry } from './entry.ts';

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
  test('names are unique, retired codes stay retired', () => {
    expect(new Set(entries.map(([, entry]) => entry.name)).size).toBe(entries.length);
    expect(retiredCodes.filter((code) => isFindingCode(code))).toEqual([]);
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
