import { EVENT_ID, constructFromEvents, parseEvents } from 'js-yaml';
import type { Event } from 'js-yaml';
import { isMapping } from '../resources/fields.ts';
import { ownTexts } from '../resources/own-text.ts';
import { expansionOf } from './alias-bomb.ts';
import type { SourceProblemCode } from './source-codes.ts';
import { readPlainYaml } from './plain-yaml.ts';
import { childrenOf, linesBefore, maxDepth, schema, startOf } from './yaml-events.ts';
import { mistakeOf } from './yaml-mistakes.ts';
import type { Mistake } from './yaml-mistakes.ts';

/** One object as the text has it. */
export interface RawValue {
  readonly value: unknown;
  /** Line breaks between the beginning of the document and the object. */
  readonly lines: number;
  /** The object's own part of the text, where it can be told from its neighbours; null: the whole document. */
  readonly text: string | null;
}

export type ParsedDocument =
  | { readonly is: 'values'; readonly values: readonly RawValue[] }
  | { readonly is: 'broken'; readonly code: SourceProblemCode; readonly mistake: Mistake };

/** Keys that `<<` may bring in one document: enough for people, too few for an attack. */
const maxTotalMergeKeys = 1000;

const broken = (code: SourceProblemCode, mistake: Mistake): ParsedDocument => ({ is: 'broken', code, mistake });

/** `List`, `RouteList`: an object whose `items` are the objects meant. Gives their kind, empty where each says its own. */
const listOf = (value: unknown): { readonly items: readonly unknown[]; readonly kind: string; readonly apiVersion: string } | null => {
  if (!isMapping(value) || typeof value['kind'] !== 'string' || !value['kind'].endsWith('List') || !Array.isArray(value['items'])) return null;
  const apiVersion = typeof value['apiVersion'] === 'string' ? value['apiVersion'] : '';
  return { items: value['items'] as readonly unknown[], kind: value['kind'].slice(0, -'List'.length), apiVersion };
};

/** Items of a typed list as the API server answers it have no kind of their own. */
const withKind = (item: unknown, kind: string, apiVersion: string): unknown =>
  kind === '' || !isMapping(item) || Object.hasOwn(item, 'kind') ? item : { apiVersion, kind, ...item };

function expandList(value: unknown, events: readonly Event[], source: string, from: number): readonly RawValue[] | null {
  const list = listOf(value);
  if (list === null) return null;
  const items = childrenOf(events, from, source).find((child) => child.key === 'items')?.value ?? events.length;
  const children = childrenOf(events, items, source);
  // An alias makes an item depend on text elsewhere: then only the whole document says whether it is the same.
  const independent = children.length === list.items.length && !events.some((event) => event.type === EVENT_ID.ALIAS);
  let counted = 0;
  let offset = 0;
  return list.items.map((item, place) => {
    const child = children[place];
    if (child === undefined || child.offset < offset) return { value: withKind(item, list.kind, list.apiVersion), lines: counted, text: null };
    counted += linesBefore(source.slice(offset, child.offset), child.offset);
    offset = child.offset;
    // What the list says about all its items is part of each.
    const text = independent ? `${list.apiVersion}/${list.kind}\n${source.slice(offset, children[place + 1]?.offset ?? source.length)}` : null;
    return { value: withKind(item, list.kind, list.apiVersion), lines: counted, text };
  });
}

/**
 * Parses the text of one document: one object, the items of a List, or nothing (comments only). Never throws; a mistake
 * says where it is and what to write instead.
 */
export function parseDocument(source: string, bytes: Buffer, isPrintable: boolean): ParsedDocument {
  const plain = isPrintable ? readPlainYaml(source, bytes) : null;
  // Items of a list are told apart by where they stand in the text, which the parser's events say.
  if (plain === null || listOf(plain.value) !== null) return parseAnyDocument(source);
  return { is: 'values', values: [{ value: plain.value, lines: plain.lines, text: null }] };
}

/** The same, by the parser of all of YAML. */
export function parseAnyDocument(source: string): ParsedDocument {
  try {
    const events = parseEvents(source, { maxDepth });
    const expansion = expansionOf(events, source);
    if (expansion.is === 'recursive') {
      return broken('source-alias-bomb', { lines: 0, message: 'An anchor holds an alias to itself.', hint: 'Write the value out.' });
    }
    if (expansion.is === 'exploding') {
      const message = `Aliases make ${expansion.nodes} values out of a document of ${events.length}.`;
      return broken('source-alias-bomb', { lines: 0, message, hint: 'Write repeated parts out instead of nesting aliases.' });
    }
    const documents = constructFromEvents(events, { source, schema, maxTotalMergeKeys });
    const values: RawValue[] = [];
    let place = 0;
    for (const parsed of documents) {
      const value = ownTexts(parsed);
      while (place < events.length && events[place]?.type !== EVENT_ID.DOCUMENT) place++;
      const root = place + 1;
      place = root;
      if (value === null || value === undefined) continue;
      const event = events[root];
      const start = event === undefined ? 0 : Math.max(0, startOf(event));
      values.push(...(expandList(value, events, source, root) ?? [{ value, lines: linesBefore(source, start), text: null }]));
    }
    return { is: 'values', values };
  } catch (thrown) {
    return broken('source-broken-document', mistakeOf(thrown, source));
  }
}
