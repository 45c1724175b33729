import { nearestWord } from '../lib/nearest-word.ts';
import type { FieldProblem } from './metadata.ts';

/** A mapping as the parser or the API hands it over: nothing about it is known yet. */
export type RawObject = Readonly<Record<string, unknown>>;

/** What was noticed while an object was decoded. */
export interface Notes {
  /** Wrong types and shapes: the object cannot be used as it is. */
  readonly problems: FieldProblem[];
  /** Fields that the kind does not have (typing mistakes, mostly): told, never fatal. */
  readonly unknown: FieldProblem[];
}

/** One mapping inside an object, with the path that leads to it. */
export interface Section {
  readonly raw: RawObject;
  /** `spec.to`, or empty for the object itself. */
  readonly path: string;
  readonly notes: Notes;
}

export const isMapping = (value: unknown): value is RawObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const pathOf = (section: Section, name: string): string => (section.path === '' ? name : `${section.path}.${name}`);

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

/** Short texts seen before. Objects say `Service`, `TCP`, `http` and their namespace thousands of times. */
const shared = new Map<string, string>();

/**
 * A copy that does not keep its source alive. V8 makes `text.slice()` of 13 characters and more a window onto the whole
 * text, so one host name would keep a manifest of megabytes in memory for as long as the Route lives; a text that was joined
 * keeps its pieces. Short texts, which are copies already, are kept once each.
 */
export const own = (value: string): string => {
  if (value.length >= 13) return Buffer.from(value, 'utf8').toString('utf8');
  const known = shared.get(value);
  if (known !== undefined) return known;
  if (shared.size >= 20_000) shared.clear();
  shared.set(value, value);
  return value;
};

/** Text, or empty when not set. */
export function text(section: Section, name: string): string {
  const value = valueOf(section, name);
  if (typeof value === 'string') return own(value);
  if (value === undefined) return '';
  const scalar = typeof value === 'number' || typeof value === 'boolean';
  wrong(section, pathOf(section, name), 'text', value, scalar ? 'Write it in quotes.' : `Write it as ${name}: some-text.`);
  return '';
}

/** A whole number, or null when not set. Its range is not judged here. */
export function integer(section: Section, name: string): number | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  wrong(section, pathOf(section, name), 'a whole number', value, 'Write digits only, without quotes and without a fraction.');
  return null;
}

/** A port: 1 to 65535, or null when not set. */
export function portNumber(section: Section, name: string): number | null {
  const value = integer(section, name);
  if (value === null || (value >= 1 && value <= 65_535)) return value;
  const path = pathOf(section, name);
  section.notes.problems.push({ path, message: `${path} must be a port from 1 to 65535, but it is ${value}.`, hint: 'Write the number of the port.' });
  return null;
}

/** Kubernetes' IntOrString: a number, or a name; null when not set. */
export function textOrInteger(section: Section, name: string): string | number | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'string') return own(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  wrong(section, pathOf(section, name), 'a whole number or a name', value, 'Write the number of a port, or the name it has in the Service.');
  return null;
}

/** true, false, or null when not set. */
export function flag(section: Section, name: string): boolean | null {
  const value = valueOf(section, name);
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value;
  wrong(section, pathOf(section, name), 'true or false', value, 'Write true or false, without quotes.');
  return null;
}

/** A mapping below this one, or null when not set. */
export function section(parent: Section, name: string): Section | null {
  const value = valueOf(parent, name);
  if (value === undefined) return null;
  const path = pathOf(parent, name);
  if (isMapping(value)) return { raw: value, path, notes: parent.notes };
  wrong(parent, path, 'a mapping', value, `Write the fields of ${name} below it, indented.`);
  return null;
}

function list(parent: Section, name: string): readonly unknown[] {
  const value = valueOf(parent, name);
  if (value === undefined) return [];
  if (Array.isArray(value)) return value as readonly unknown[];
  wrong(parent, pathOf(parent, name), 'a list', value, 'Write one entry a line, each beginning with "- ".');
  return [];
}

/** The mappings of a list, or none when not set. */
export function sections(parent: Section, name: string): readonly Section[] {
  const found: Section[] = [];
  list(parent, name).forEach((value, place) => {
    const path = `${pathOf(parent, name)}[${place}]`;
    if (isMapping(value)) found.push({ raw: value, path, notes: parent.notes });
    else wrong(parent, path, 'a mapping', value, 'Write the fields of the entry after its "- ".');
  });
  return found;
}

/** The texts of a list, or none when not set. */
export function texts(parent: Section, name: string): readonly string[] {
  const found: string[] = [];
  list(parent, name).forEach((value, place) => {
    if (typeof value === 'string') found.push(own(value));
    else wrong(parent, `${pathOf(parent, name)}[${place}]`, 'text', value, 'Write it in quotes.');
  });
  return found;
}

/** A mapping of texts, entry by entry; entries of other types become problems at `path[key]`, as Kubernetes writes it. */
export function textEntries(parent: Section, name: string): readonly (readonly [key: string, value: string])[] {
  const mapping = section(parent, name);
  if (mapping === null) return [];
  const found: (readonly [string, string])[] = [];
  for (const key of Object.keys(mapping.raw)) {
    const value = mapping.raw[key];
    if (typeof value === 'string') found.push([key, own(value)]);
    else if (value === null) found.push([key, '']);
    else wrong(mapping, `${mapping.path}[${key}]`, 'text', value, 'Write it in quotes.');
  }
  return found;
}

/** Notes every field that is not in `known`, with the field that was probably meant. */
export function noteUnknown(found: Section, known: ReadonlySet<string>): void {
  for (const name of Object.keys(found.raw)) {
    if (known.has(name)) continue;
    const shown = printable(name);
    const path = pathOf(found, shown);
    const meant = nearestWord(name, known);
    const hint = meant === undefined ? `Known here: ${[...known].join(', ')}.` : `Did you mean ${meant}?`;
    found.notes.unknown.push({ path, message: `${path} is not a field that exists here; it has no effect.`, hint });
  }
}

const none: readonly FieldProblem[] = [];

/** The problems of an object that is decoded; one empty list for the many objects that have none. */
export const problemsFound = (object: Section): readonly FieldProblem[] => (object.notes.problems.length === 0 ? none : object.notes.problems);

/** What somebody typed, fit for one line of a message. */
export const printable = (value: string): string => {
  const clean = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
  return clean.length > 80 ? `${clean.slice(0, 77)}...` : clean;
};
