import { parseEvents } from 'js-yaml';
import type { Event } from 'js-yaml';
import type { FieldLines, Origin } from '../resources/metadata.ts';
import { normalizeBytes, splitFile } from './split-documents.ts';
import type { DocumentRange } from './split-documents.ts';
import { childrenOf, maxDepth, startOf } from './yaml-events.ts';
import type { Child } from './yaml-events.ts';

/** What is left of `path` behind `key`, or null where the path does not begin with it. `[key]` and `["key"]` count too. */
function after(path: string, key: string): string | null {
  for (const form of [key, `[${key}]`, `["${key}"]`, `['${key}']`]) {
    if (!path.startsWith(form)) continue;
    const rest = path.slice(form.length);
    if (rest === '' || rest.startsWith('[')) return rest;
    if (rest.startsWith('.')) return rest.slice(1);
  }
  return null;
}

/** The child that `path` goes through. Keys hold dots and slashes themselves, so the longest key that fits is meant. */
function step(children: readonly Child[], path: string): { readonly child: Child; readonly rest: string } | null {
  let found: { readonly child: Child; readonly rest: string } | null = null;
  children.forEach((child, place) => {
    const rest = after(path, child.key ?? String(place));
    if (rest !== null && (found === null || rest.length < found.rest.length)) found = { child, rest };
  });
  return found;
}

/** Offsets of line beginnings, for many questions about one text. */
function lineCounter(source: string): (offset: number) => number {
  const starts: number[] = [];
  for (let place = source.indexOf('\n'); place !== -1; place = source.indexOf('\n', place + 1)) starts.push(place + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/**
 * Answers for one document, all lines counted from its beginning: line of the field at `path` of the object that begins
 * `lines` lines into it. Parses at the first question only. A field that is not written gives the nearest mapping around it;
 * a text that cannot be parsed gives `lines`.
 */
export function documentLines(source: string): (lines: number, path: string) => number {
  let known: { readonly events: readonly Event[]; readonly count: (offset: number) => number; readonly items: ReadonlyMap<number, number> } | null | undefined;
  const look = (): typeof known => {
    try {
      const events = parseEvents(source, { maxDepth });
      const count = lineCounter(source);
      const items = childrenOf(events, 1, source).find((child) => child.key === 'items');
      const children = items === undefined ? [] : childrenOf(events, items.value, source);
      return { events, count, items: new Map(children.map((child) => [count(child.offset), child.value])) };
    } catch {
      // Asked about an object that was read before the file broke: its first line is all that can be told.
      return null;
    }
  };
  return (lines, path) => {
    if (known === undefined) known = look();
    if (known === null || known === undefined) return lines;
    const { events, count, items } = known;
    let node = items.get(lines) ?? 1;
    const first = events[node];
    let offset = first === undefined ? -1 : startOf(first);
    for (let rest = path; rest !== ''; ) {
      const next = step(childrenOf(events, node, source), rest);
      if (next === null) break;
      ({ rest, child: { value: node, offset } } = next);
    }
    return offset < 0 ? lines : count(offset);
  };
}

/** Answers `FieldLines` for the text of one file, parsing each document at most once. */
export function fileLines(file: string, text: Buffer | string): FieldLines {
  const bytes = normalizeBytes(typeof text === 'string' ? Buffer.from(text, 'utf8') : text);
  const ranges = splitFile(file, bytes);
  const documents = new Map<DocumentRange, (lines: number, path: string) => number>();
  return (origin, path) => {
    const range = ranges.findLast((one) => one.line <= origin.line);
    if (range === undefined) return origin.line;
    const lines = documents.get(range) ?? documentLines(bytes.toString('utf8', range.start, range.end));
    documents.set(range, lines);
    return range.line + lines(origin.line - range.line, path);
  };
}

/** 1-based line of one field in the text of a whole file. */
export const lineOf = (text: Buffer | string, origin: Origin, path: string): number => fileLines(origin.file, text)(origin, path);
