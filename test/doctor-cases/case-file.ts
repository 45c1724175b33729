import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/**
 * One doctor case: a folder with captures (in any form that `fairway doctor` reads) and this file, `case.yaml`. Adding a case needs no code.
 */
export interface DoctorCase {
  readonly name: string;
  readonly folder: string;
  /** What is the matter here, in one sentence. */
  readonly about: string;
  /** Codes that must be found, and no others (unless `others: allowed`). Empty: a healthy case. */
  readonly expect: readonly ExpectedFinding[];
  readonly others: 'forbidden' | 'allowed';
  /** Codes that this case looks like, or is the healthy counterpart of, and that must stay silent. */
  readonly notThese: readonly string[];
  /** Codes whose answer must be "could not look". */
  readonly couldNotLook: readonly string[];
  /** `L2-03 > L2-01`: the first is told as the cause of the second. */
  readonly story: readonly string[];
}

export interface ExpectedFinding {
  readonly code: string;
  readonly times: number;
  /** `file:line`, all of them among the proofs. The file is relative to the case's folder. */
  readonly lines: readonly string[];
  /** Parts of the claim. */
  readonly claim: readonly string[];
  readonly severity: string | null;
  readonly confidenceAtLeast: number | null;
  readonly confidenceAtMost: number | null;
  /** Codes or words that `rulesOut` must name. */
  readonly rulesOut: readonly string[];
}

export const casesFolder = dirname(fileURLToPath(import.meta.url));

export function doctorCases(): DoctorCase[] {
  return readdirSync(casesFolder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => readCase(entry.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readCase(name: string): DoctorCase {
  const folder = join(casesFolder, name);
  const text: unknown = parse(readFileSync(join(folder, 'case.yaml'), 'utf8'));
  const top = record(text, name);
  const known = ['about', 'expect', 'others', 'notThese', 'couldNotLook', 'story'];
  for (const key of Object.keys(top)) if (!known.includes(key)) throw new Error(`${name}: case.yaml has an unknown key ${key}`);
  return {
    name, folder, about: words(top['about'])[0] ?? '', others: top['others'] === 'allowed' ? 'allowed' : 'forbidden',
    expect: list(top['expect']).map((each) => expected(each, name)), notThese: words(top['notThese']), couldNotLook: words(top['couldNotLook']), story: words(top['story']),
  };
}

function expected(value: unknown, name: string): ExpectedFinding {
  const from = typeof value === 'string' ? { code: value } : record(value, name);
  const known = ['code', 'times', 'lines', 'claim', 'severity', 'confidenceAtLeast', 'confidenceAtMost', 'rulesOut'];
  for (const key of Object.keys(from)) if (!known.includes(key)) throw new Error(`${name}: an expected finding has an unknown key ${key}`);
  const entry: Readonly<Record<string, unknown>> = from;
  return {
    code: words(entry['code'])[0] ?? '', times: typeof entry['times'] === 'number' ? entry['times'] : 1, lines: words(entry['lines']), claim: words(entry['claim']),
    severity: words(entry['severity'])[0] ?? null, confidenceAtLeast: typeof entry['confidenceAtLeast'] === 'number' ? entry['confidenceAtLeast'] : null,
    confidenceAtMost: typeof entry['confidenceAtMost'] === 'number' ? entry['confidenceAtMost'] : null, rulesOut: words(entry['rulesOut']),
  };
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name}: case.yaml must hold a mapping`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
}

function words(value: unknown): string[] {
  return list(value).map((each) => String(each));
}
