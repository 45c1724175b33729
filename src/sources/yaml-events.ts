import { CORE_SCHEMA, EVENT_ID, getScalarValue, mergeTag } from 'js-yaml';
import type { Event } from 'js-yaml';

/**
 * YAML 1.2 core (`yes` and `on` are text, a time is text) with merge keys, which Kubernetes' own tools read too. The events
 * of js-yaml carry offsets, so positions cost nothing until one is asked for.
 */
export const schema = CORE_SCHEMA.withTags(mergeTag);

/** Deeper than any object of these kinds; bounds the parser's recursion. */
export const maxDepth = 64;

/** Offset at which a node begins, or -1 for one that is not written (an empty value). */
export function startOf(event: Event): number {
  switch (event.type) {
    case EVENT_ID.MAPPING:
    case EVENT_ID.SEQUENCE:
      return event.start;
    case EVENT_ID.SCALAR:
      return event.valueStart;
    case EVENT_ID.ALIAS:
      return event.anchorStart;
    default:
      return -1;
  }
}

/** Index of the event behind the whole node that begins at `index`. */
export function skipNode(events: readonly Event[], index: number): number {
  let depth = 0;
  for (let place = index; place < events.length; place++) {
    const type = events[place]?.type;
    if (type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE || type === EVENT_ID.DOCUMENT) depth++;
    else if (type === EVENT_ID.POP) depth--;
    if (depth <= 0) return place + 1;
  }
  return events.length;
}

/** One entry of a mapping or a sequence: indexes of its events, and where it begins in the text. */
export interface Child {
  /** The key's text; null in a sequence, and for keys that are no text. */
  readonly key: string | null;
  /** Index of the value's event. */
  readonly value: number;
  /** Offset of the key, or of the entry of a sequence. */
  readonly offset: number;
}

/** Entries of the mapping or sequence at `index`; none for other nodes. */
export function childrenOf(events: readonly Event[], index: number, source: string): readonly Child[] {
  const node = events[index];
  const children: Child[] = [];
  if (node?.type !== EVENT_ID.MAPPING && node?.type !== EVENT_ID.SEQUENCE) return children;
  let place = index + 1;
  while (place < events.length) {
    const first = events[place];
    if (first === undefined || first.type === EVENT_ID.POP) break;
    if (node.type === EVENT_ID.SEQUENCE) {
      children.push({ key: null, value: place, offset: startOf(first) });
      place = skipNode(events, place);
      continue;
    }
    const key = first.type === EVENT_ID.SCALAR ? getScalarValue(source, first) : null;
    const value = skipNode(events, place);
    children.push({ key, value, offset: startOf(first) });
    place = skipNode(events, value);
  }
  return children;
}

/** Number of line ends before `offset`. */
export function linesBefore(source: string, offset: number): number {
  let lines = 0;
  for (let place = source.indexOf('\n'); place !== -1 && place < offset; place = source.indexOf('\n', place + 1)) lines++;
  return lines;
}
