import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { decodeObject } from '../resources/decode-object.ts';
import type { Decoded } from '../resources/decode-object.ts';
import type { Resource } from '../resources/kinds.ts';
import type { FieldProblem } from '../resources/metadata.ts';
import { documentLines } from './field-lines.ts';
import { memoryOf } from './manifest-memory.ts';
import type { Memory } from './manifest-memory.ts';
import { moveEntry } from './move-entry.ts';
import { parseDocument } from './parse-document.ts';
import type { RawValue } from './parse-document.ts';
import type { SourceProblem } from './source.ts';
import type { SourceProblemCode } from './source-codes.ts';
import { mostDocuments, normalizeBytes, splitFile } from './split-documents.ts';
import type { DocumentRange } from './split-documents.ts';

/** One object of a document, or what there is to say instead of it. */
export interface ManifestEntry {
  /** Of the object's text: same hash, same object. */
  readonly hash: string;
  readonly line: number;
  readonly resource: Resource | null;
  readonly problems: readonly SourceProblem[];
}

/** What one document of a file holds. The text itself is not kept. */
export interface ManifestDocument {
  readonly hash: string;
  /** 1-based line of the document's first byte. */
  readonly line: number;
  readonly entries: readonly ManifestEntry[];
  /** true: something that stands in the text could not be understood. */
  readonly broken: boolean;
}

/** What one file holds. */
export interface Manifest {
  readonly file: string;
  readonly documents: readonly ManifestDocument[];
}

/** Nobody reads more about one object, and a hostile one must not cost a lookup for each of its fields. */
const toldFields = 20;

const noProblems: readonly SourceProblem[] = [];

const problem = (
  code: SourceProblemCode, file: string, line: number, told: { readonly message: string; readonly hint: string },
  more: Partial<Pick<SourceProblem, 'severity' | 'subject' | 'fields'>> = {},
): SourceProblem => ({ code, file, line, message: told.message, hint: told.hint, severity: 'error', ...more });

/** One problem for all unknown fields of an object. */
const unknownFields = (file: string, line: number, subject: string, fields: readonly FieldProblem[], all: number): SourceProblem => {
  const [first] = fields;
  const others = all > 1 ? ` (and ${all - 1} more)` : '';
  const told = { message: `${first?.message ?? ''}${others}`, hint: first?.hint ?? '' };
  return problem('source-unknown-field', file, first?.line ?? line, told, { severity: 'warning', subject, fields });
};

/** `Route shop/web` */
const subjectOf = ({ kind, metadata: { namespace, name } }: Resource): string => `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;

/** Lines of the fields of one document, which are hardly ever asked for. */
class FieldPlaces {
  private readonly source: string;
  private readonly line: number;
  private lines: ((lines: number, path: string) => number) | null = null;

  constructor(source: string, line: number) {
    this.source = source;
    this.line = line;
  }

  /** 1-based line in the file of a field of the object that begins `lines` lines into the document. */
  lineOf(lines: number, path: string): number {
    this.lines ??= documentLines(this.source);
    return this.line + this.lines(lines, path);
  }

  locate(lines: number, found: readonly FieldProblem[]): readonly FieldProblem[] {
    return found.slice(0, toldFields).map((one) => ({ ...one, line: this.lineOf(lines, one.path) }));
  }
}

function decodeEntry(file: string, line: number, own: string, raw: RawValue, places: FieldPlaces): ManifestEntry {
  const decoded = decodeObject(raw.value, { file, line });
  if (decoded.is !== 'resource') return { hash: own, line, resource: null, problems: [refusal(file, line, decoded, (path) => places.lineOf(raw.lines, path))] };
  const { resource, unknown } = decoded;
  const problems = unknown.length === 0 ? noProblems : [unknownFields(file, line, subjectOf(resource), places.locate(raw.lines, unknown), unknown.length)];
  return { hash: own, line, resource: resource.problems.length === 0 ? resource : { ...resource, problems: places.locate(raw.lines, resource.problems) }, problems };
}

/** Why there is no resource. */
function refusal(file: string, line: number, decoded: Exclude<Decoded, { readonly is: 'resource' }>, lineOf: (path: string) => number): SourceProblem {
  switch (decoded.is) {
    case 'unknown-kind':
      return problem('source-unknown-kind', file, lineOf('kind'), decoded.problem, { severity: 'warning', subject: decoded.subject });
    case 'unknown-version':
      return problem('source-unknown-version', file, lineOf('apiVersion'), decoded.problem, { subject: decoded.subject });
    case 'not-an-object':
      return problem('source-not-an-object', file, line, decoded.problem);
    case 'nameless':
      return problem('source-nameless', file, lineOf(decoded.problem.path), decoded.problem, { subject: decoded.subject });
  }
}

/** Line of the first byte that is not UTF-8. Halving finds it in one file's length of work. */
function badLine(bytes: Buffer): number {
  let lines = 0;
  for (let start = 0; start < bytes.length; lines++) {
    const next = bytes.indexOf(10, start);
    const end = next === -1 ? bytes.length : next + 1;
    if (!isUtf8(bytes.subarray(start, end))) return lines;
    start = end;
  }
  return lines;
}

/** Values that one document may have. A list of ten thousand routes with services and slices has a million. */
const mostValues = 4_000_000;

/** true: so many values that parsing them would cost gigabytes (`[0,0,0,...` makes one of every two bytes). */
function isCrowded(bytes: Buffer): boolean {
  if (bytes.length < mostValues) return false;
  let marks = 0;
  for (const byte of bytes) if (byte === 10 || byte === 44 || byte === 58 || byte === 91 || byte === 123) marks++;
  return marks > mostValues;
}

/** A document that brings nothing but what is wrong with it. */
const unread = (own: string, line: number, told: SourceProblem): ManifestDocument =>
  ({ hash: own, line, broken: true, entries: [{ hash: own, line: told.line, resource: null, problems: [told] }] });

function readDocument(file: string, bytes: Buffer, range: DocumentRange, own: string, memory: Memory): ManifestDocument {
  const none = (told: SourceProblem): ManifestDocument => unread(own, range.line, told);
  if (!range.isPrintable && !isUtf8(bytes)) {
    const told = { message: 'The document holds bytes that are not UTF-8.', hint: 'Save the file as UTF-8.' };
    return none(problem('source-not-utf8', file, range.line + badLine(bytes), told));
  }
  if (isCrowded(bytes)) {
    const told = { message: 'The document holds millions of values.', hint: 'Split it into several documents.' };
    return none(problem('source-file-too-large', file, range.line, told));
  }
  const source = bytes.toString(range.isPrintable ? 'latin1' : 'utf8');
  const parsed = parseDocument(source, bytes, range.isPrintable);
  if (parsed.is === 'broken') return none(problem(parsed.code, file, range.line + parsed.mistake.lines, parsed.mistake));
  const places = new FieldPlaces(source, range.line);
  const entries = parsed.values.map((raw: RawValue) => {
    const line = range.line + raw.lines;
    const entryHash = raw.text === null ? own : hash('sha256', raw.text, 'base64');
    const known = raw.text === null ? undefined : memory.entry(entryHash);
    if (known !== undefined) return moveEntry(known, line - known.line);
    return decodeEntry(file, line, entryHash, raw, places);
  });
  const isBroken = entries.some((entry) => entry.problems.some((one) => one.severity === 'error'));
  return { hash: own, line: range.line, entries, broken: isBroken };
}

/**
 * Reads the text of one file: YAML 1.2 or JSON, any number of documents, Lists. `before` is what the same file held the last
 * time: documents whose text is the same keep their objects' identity and are not parsed again. Never throws.
 */
export function readManifests(file: string, text: Buffer | string, before?: Manifest): Manifest {
  const bytes = normalizeBytes(typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
  const memory = memoryOf(before);
  const ranges = splitFile(file, bytes);
  if (ranges.length > mostDocuments) {
    const told = { message: `The file has more than ${mostDocuments} documents.`, hint: 'Split it into several files.' };
    return { file, documents: [unread('', 1, problem('source-file-too-large', file, 1, told))] };
  }
  const documents = ranges.map((range, place) => {
    const part = bytes.subarray(range.start, range.end);
    const own = hash('sha256', part, 'base64');
    return memory.document(place, own, range.line) ?? readDocument(file, part, range, own, memory);
  });
  return { file, documents };
}

/** Every object of a file, in the order of the text. */
export function resourcesOf(manifest: Manifest): readonly Resource[] {
  const found: Resource[] = [];
  for (const { entries } of manifest.documents) for (const { resource } of entries) if (resource !== null) found.push(resource);
  return found;
}

/** Everything there is to say about a file, in the order of the text. */
export function problemsOf(manifest: Manifest): readonly SourceProblem[] {
  const found: SourceProblem[] = [];
  for (const { entries } of manifest.documents) for (const { problems } of entries) for (const problem of problems) found.push(problem);
  return found;
}
