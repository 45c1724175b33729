import { isMapping, wholeObject } from './fields.ts';
import type { RawObject } from './fields.ts';
import { kinds } from './kinds.ts';
import type { Kind, KindEntry, Resource } from './kinds.ts';
import { decodeMetadata } from './metadata.ts';
import type { FieldProblem, Origin } from './metadata.ts';
import { printable } from './printable.ts';
import { nearestWord } from '../lib/nearest-word.ts';

/** What became of one raw object. */
export type Decoded =
  /** Known and named. Fields of the wrong type stand in `resource.problems`; `unknown` lists fields that do not exist. */
  | { readonly is: 'resource'; readonly resource: Resource; readonly unknown: readonly FieldProblem[] }
  /** A kind that Fairway does not read. */
  | { readonly is: 'unknown-kind'; readonly subject: string; readonly problem: FieldProblem }
  /** A kind that Fairway reads, under an apiVersion that it does not. */
  | { readonly is: 'unknown-version'; readonly subject: string; readonly problem: FieldProblem }
  /** Not a mapping, or one without a kind. */
  | { readonly is: 'not-an-object'; readonly problem: FieldProblem }
  /** An object that nobody could name. */
  | { readonly is: 'nameless'; readonly subject: string; readonly problem: FieldProblem };

const isKind = (kind: string): kind is Kind => Object.hasOwn(kinds, kind);

const textAt = (raw: RawObject, name: string): string => {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined;
  return typeof value === 'string' ? value : '';
};

/** `Route shop/web`, as far as it can be told. */
const subjectOf = (raw: RawObject, kind: string): string => {
  const metadata = Object.hasOwn(raw, 'metadata') && isMapping(raw['metadata']) ? raw['metadata'] : {};
  const name = textAt(metadata, 'name');
  if (name === '') return printable(kind);
  const namespace = isKind(kind) && kinds[kind].clusterScoped ? '' : `${printable(textAt(metadata, 'namespace') || 'default')}/`;
  return `${printable(kind)} ${namespace}${printable(name)}`;
};

/** Decodes one object of any kind. Never throws, whatever `raw` is. The texts of the resource are those of `raw`, not copies. */
export function decodeObject(raw: unknown, origin: Origin): Decoded {
  if (!isMapping(raw)) {
    const problem = { path: '', message: 'This is not an object.', hint: 'An object begins with apiVersion:, kind: and metadata:.' };
    return { is: 'not-an-object', problem };
  }
  const kind = textAt(raw, 'kind');
  const apiVersion = textAt(raw, 'apiVersion');
  if (kind === '') {
    return { is: 'not-an-object', problem: { path: '', message: 'The object has no kind.', hint: 'Write apiVersion: and kind:, e.g. kind: Route.' } };
  }
  if (!isKind(kind)) {
    const meant = nearestWord(kind, Object.keys(kinds));
    const hint = meant === undefined ? `Fairway reads ${Object.keys(kinds).join(', ')}; other kinds may stay where they are.` : `Did you mean ${meant}?`;
    return { is: 'unknown-kind', subject: subjectOf(raw, kind), problem: { path: 'kind', message: `${printable(kind)} is not a kind that Fairway reads.`, hint } };
  }
  const entry: KindEntry = kinds[kind];
  if (!entry.apiVersions.includes(apiVersion)) {
    const said = apiVersion === '' ? 'has no apiVersion' : `has the apiVersion ${printable(apiVersion)}, which Fairway does not read`;
    return { is: 'unknown-version', subject: subjectOf(raw, kind), problem: { path: 'apiVersion', message: `This ${kind} ${said}.`, hint: `Write apiVersion: ${entry.apiVersions[0]}.` } };
  }
  const object = wholeObject(raw);
  const metadata = decodeMetadata(object, kind, entry.clusterScoped, origin);
  if ('nameless' in metadata) return { is: 'nameless', subject: subjectOf(raw, kind), problem: metadata.nameless };
  return { is: 'resource', resource: entry.decode(object, metadata), unknown: object.notes.unknown };
}
