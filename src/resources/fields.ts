import { nearestWord } from '../lib/nearest-word.ts';
import { none, orNone } from '../lib/none.ts';
import type { FieldProblem } from './metadata.ts';
import { printable } from './printable.ts';

/** A mapping as the parser or the API hands it over: nothing about it is known yet. */
export type RawObject = Readonly<Record<string, unknown>>;

/** What was noticed while an object was decoded. */
export interface Notes {
  /** Wrong types and shapes: the object cannot be used as it is. */
  readonly problems: FieldProblem[];
  /** Fields that the kind does not have (typing mistakes, mostly): told, never fatal. */
  readonly unknown: FieldProblem[];
}

/** One mapping inside an object, and how one gets there: the path is only made where something has to be told about it. */
export interface Section {
  readonly raw: RawObject;
  readonly notes: Notes;
  /** null: this is the object itself. */
  readonly around: Section | null;
  /** Name of its field in the section around it. */
  readonly name: string;
  /** Place in the list of that name; -1: no entry of a list. */
  readonly place: number;
}

/** The object itself as a section. */
export const wholeObject = (raw: RawObject): Section => ({ raw, notes: { problems: [], unknown: [] }, around: null, name: '', place: -1 });

export const isMapping = (value: unknown): value is RawObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `spec.alternateBackends[0]`; empty for the object itself. */
export const pathOf = (section: Section): string => {
  if (section.around === null) return '';
  const path = pathIn(section.around, section.name);
  return section.place < 0 ? path : `${path}[${section.place}]`;
};

/** Path of the field `name` of a section. */
export const pathIn = (section: Section, name: string): string => (section.around === null ? name : `${pathOf(section)}.${name}`);

/** A JSON null means "not set" in Kubernetes. Own fields only: `__proto__` and `constructor` must find nothing. */
const valueOf = (section: Section, name: string): unknown => {
  const value = Object.hasOwn(section.raw, name) ? section.raw[name] : undefined;
  return value === null ? undefined : value;
};

/** The type of a value, never the value: it may be a private key, or 16 KB of somebody's joke. */
const describe = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'number': return 'a number';
    case 'boolean': return 'true or false';
    case 'string': return 'text';
    default: return value === null || value === undefined ? 'nothing' : 'a mapping';
  }
};

const wrong = (section: Section, path: string, wanted: string, value: unknown, hint: string): void => {
  section.notes.problems.push({ path, message: `${path} must be ${wanted}, but it is ${describe(value)}.`, hint });
};

/** Text, or empty when not set. */
export function text(section: Section, name: string): string {
  const value = valueOf(section, name);
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  wrong(section, pathIn(section, name), 'text', value, scalar ? 'Write it in quotes.' : `Write it as ${name}: some-text.`);
  return '';
}

/** A whole number, or null when not set. Its range is not judged here. */
export function integer(section: Section, name: string): number | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  wrong(section, pathIn(section, name), 'a whole number', value, 'Write digits only, without quotes and without a fraction.');
  return null;
}

/** A port: 1 to 65535, or null when not set. */
export function portNumber(section: Section, name: string): number | null {
  const value = integer(section, name);
  if (value === null || (value >= 1 && value <= 65_535)) return value;
  const path = pathIn(section, name);
  section.notes.problems.push({ path, message: `${path} must be a port from 1 to 65535, but it is ${value}.`, hint: 'Write the number of the port.' });
  return null;
}

/** Kubernetes' IntOrString: a number, or a name; null when not set. */
export function textOrInteger(section: Section, name: string): string | number | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  wrong(section, pathIn(section, name), 'a whole number or a name', value, 'Write the number of a port, or the name it has in the Service.');
  return null;
}

/** true, false, or null when not set. */
export function flag(section: Section, name: string): boolean | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value;
  wrong(section, pathIn(section, name), 'true or false', value, 'Write true or false, without quotes.');
  return null;
}

/** A mapping below this one, or null when not set. */
export function section(parent: Section, name: string): Section | null {
  const value = valueOf(parent, name);
  if (value === undefined) return null;
  if (isMapping(value)) return { raw: value, notes: parent.notes, around: parent, name, place: -1 };
  wrong(parent, pathIn(parent, name), 'a mapping', value, `Write the fields of ${name} below it, indented.`);
  return null;
}

const empty: RawObject = Object.freeze({});

/** A mapping below this one; one without fields when not set. */
export const sectionOrEmpty = (parent: Section, name: string): Section =>
  section(parent, name) ?? { raw: empty, notes: parent.notes, around: parent, name, place: -1 };

const isThere = <T>(value: T | null): value is T => value !== null;

/** What the entries of a list have to be. */
interface Wanted<T> {
  readonly is: (value: unknown) => value is T;
  readonly what: string;
  readonly hint: string;
}

const mappings: Wanted<RawObject> = { is: isMapping, what: 'a mapping', hint: 'Write the fields of the entry after its "- ".' };
const words: Wanted<string> = { is: (value) => typeof value === 'string', what: 'text', hint: 'Write it in quotes.' };

/**
 * What `decode` makes of the entries of a list, after those that are not `wanted` became problems; null is left out. The arrays are kept for long:
 * they have room for what is in them and no more, which one that grew has not.
 */
function list<V, T extends object | string>(parent: Section, name: string, wanted: Wanted<V>, decode: (value: V, place: number) => T | null): readonly T[] {
  const value = valueOf(parent, name);
  if (value === undefined) return none;
  if (!Array.isArray(value)) {
    wrong(parent, pathIn(parent, name), 'a list', value, 'Write one entry a line, each beginning with "- ".');
    return none;
  }
  const entries = value as readonly unknown[];
  entries.forEach((entry, place) => {
    if (!wanted.is(entry)) wrong(parent, `${pathIn(parent, name)}[${place}]`, wanted.what, entry, wanted.hint);
  });
  const found = entries.map((entry, place) => (wanted.is(entry) ? decode(entry, place) : null));
  return orNone(found.every(isThere) ? found : found.filter(isThere));
}

/** What `decode` makes of the mappings of a list, those left out for which it gives null; or none when not set. */
export const sections = <T extends object>(parent: Section, name: string, decode: (entry: Section) => T | null): readonly T[] =>
  list(parent, name, mappings, (raw, place) => decode({ raw, notes: parent.notes, around: parent, name, place }));

/** The texts of a list, or none when not set. */
export const texts = (parent: Section, name: string): readonly string[] => list(parent, name, words, (value) => value);

/**
 * Gives each entry of a mapping of texts to `take`, after the entries of other types became problems at `path[key]`, as Kubernetes writes it. A null
 * is an empty text. Gives the number of all entries.
 */
export function eachText(parent: Section, name: string, take: (key: string, value: string) => void): number {
  const mapping = section(parent, name);
  if (mapping === null) return 0;
  const keys = Object.keys(mapping.raw);
  for (const key of keys) {
    const value = mapping.raw[key];
    if (typeof value !== 'string' && value !== null) wrong(mapping, `${pathOf(mapping)}[${key}]`, 'text', value, 'Write it in quotes.');
  }
  for (const key of keys) {
    const value = mapping.raw[key];
    if (typeof value === 'string') take(key, value);
    else if (value === null) take(key, '');
  }
  return keys.length;
}

/** Notes every field that is not in `known`, with the field that was probably meant. */
export function noteUnknown(found: Section, known: ReadonlySet<string>): void {
  for (const name in found.raw) if (!known.has(name)) note(found, name, known);
}

function note(found: Section, name: string, known: ReadonlySet<string>): void {
  const path = pathIn(found, printable(name));
  const meant = nearestWord(name, known);
  const hint = meant === undefined ? `Known here: ${[...known].join(', ')}.` : `Did you mean ${meant}?`;
  found.notes.unknown.push({ path, message: `${path} is not a field that exists here; it has no effect.`, hint });
}

/** The problems of an object that is decoded. */
export const problemsFound = (object: Section): readonly FieldProblem[] => orNone(object.notes.problems);
