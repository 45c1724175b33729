import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findingPages } from '../scripts/docs/finding-pages.ts';
import { catalogue, families } from '../src/doctor/findings/catalogue.ts';
import { retired } from '../src/doctor/findings/retired.ts';
import { symptoms } from '../src/doctor/findings/symptoms.ts';
import { brokenLinks, readPage, repository } from './support/pages.ts';

const made = findingPages();
const there = readdirSync(join(repository, 'docs/findings')).sort();

describe('docs/findings/ and the catalogue say the same', () => {
  test('a page for each code, and no other page', () => { expect(there).toEqual([...made.keys()].sort()); });
  test.each([...made])('%s is what `node scripts/write-docs.ts` writes', (name, text) => { expect(readPage(`docs/findings/${name}`).text).toBe(text); });
  test('links lead somewhere', () => { expect(there.flatMap((name) => brokenLinks(readPage(`docs/findings/${name}`)))).toEqual([]); });
  test('the index names every code', () => {
    const index = readPage('docs/findings/README.md').text;
    for (const code of Object.keys(catalogue)) expect(index).toContain(`[${code}](`);
  });
});

describe('symptoms', () => {
  test('every code is the cause of something that people see', () => {
    const named = new Set(symptoms.flatMap(({ codes }) => codes));
    expect(Object.keys(catalogue).filter((code) => !named.has(code))).toEqual([]);
  });
  test('each is named once in a list, and none is retired', () => {
    for (const { seen, codes } of symptoms) expect(new Set(codes).size, seen).toBe(codes.length);
    expect(symptoms.flatMap(({ codes }) => codes).filter((code) => retired.some((each) => each.code === code))).toEqual([]);
  });
  test('codes have the form of a family of the catalogue', () => {
    const prefixes = families.map(([prefix]) => prefix as string);
    expect(symptoms.flatMap(({ codes }) => codes).filter((code) => !/^[A-Z][A-Z0-9]+-\d\d$/.test(code) || !prefixes.includes(code.slice(0, -3)))).toEqual([]);
  });
});
