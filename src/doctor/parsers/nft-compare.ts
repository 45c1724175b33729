import { names, numbers } from '../model/firewall/field.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import type { Condition, Step } from '../model/firewall/rule.ts';
import type { Selector } from './nft-selectors.ts';
import { readElements, readFlags, readValue } from './nft-sets.ts';
import { numeric, union } from './nft-values.ts';
import type { NftCursor } from './nft-words.ts';

export type FieldSelector = Extract<Selector, { sort: 'field' }>;

export function takeNot(cursor: NftCursor): boolean {
  if (cursor.take('!=')) return true;
  cursor.take('==');
  return false;
}

/** What stands right of one field. */
export function compareOne(cursor: NftCursor, selector: FieldSelector): readonly Step[] | null {
  const { field } = selector;
  const test = (within: ValueSet, not: boolean): readonly Condition[] => [{ kind: 'field', field, within, not }];
  if (cursor.peek() === '&' || cursor.peek() === 'and') return compareMasked(cursor, selector);
  const relation = cursor.peek();
  if (['<', '<=', '>', '>=', 'lt', 'le', 'gt', 'ge'].includes(relation)) {
    cursor.next();
    const value = numeric(cursor.next());
    if (value === null) return null;
    const most = 0xffffffff;
    const ranges: Readonly<Record<string, readonly [number, number]>> = { '<': [0, value - 1], lt: [0, value - 1], '<=': [0, value], le: [0, value], '>': [value + 1, most], gt: [value + 1, most], '>=': [value, most], ge: [value, most] };
    return test({ type: 'numbers', ranges: [ranges[relation] ?? [0, most]] }, false);
  }
  const exact = relation === '==' || relation === '!=';
  const not = takeNot(cursor);
  if (cursor.peek().startsWith('@')) return [{ kind: 'element', fields: [field], set: cursor.next().slice(1), not }];
  if (cursor.take('{')) {
    const read = readElements(cursor.untilClosed(), [selector.values]);
    const set = read === null ? null : union(read.elements.flatMap((element) => element.values.slice(0, 1)));
    return set === null ? null : test(set, not);
  }
  if (selector.values === 'flags') return compareFlags(cursor, exact, not, test);
  const values: ValueSet[] = [];
  let joined = false;
  do {
    const value = readValue(cursor, selector.values);
    if (value === null) return null;
    values.push(value);
    joined ||= cursor.peek() === '|';
  } while (cursor.take(',') || cursor.take('|'));
  if (exact && (joined || selector.values === 'status')) return [wholeWord(selector, not)];
  const set = union(values);
  return set === null ? null : test(set, not);
}

/**
 * A relation compares the whole word: `ct state != established | related` asks whether the state is anything but both at once, which
 * every packet fulfils (nft 1.0.6 makes `cmp neq reg 1 0x6` of it), and a status always has further bits beside dnat.
 */
function wholeWord(selector: FieldSelector, not: boolean): Condition {
  if (!not) return { kind: 'never' };
  return { kind: 'field', field: selector.values === 'status' ? 'connectionDirection' : selector.field, within: { type: 'any' }, not: false };
}

/** `tcp flags syn` asks for any of the bits; `== syn` for exactly these; `syn / fin,syn,rst,ack` for these among the listed. */
function compareFlags(cursor: NftCursor, exact: boolean, not: boolean, test: (within: ValueSet, not: boolean) => readonly Condition[]): readonly Step[] | null {
  let value = readFlags(cursor);
  while (value !== null && cursor.take(',')) {
    const more = readFlags(cursor);
    value = more === null ? null : value | more;
  }
  if (value === null) return null;
  if (!cursor.take('/')) return test(exact ? numbers(value) : { type: 'any-bit', mask: value }, not);
  let mask = readFlags(cursor);
  while (mask !== null && cursor.take(',')) {
    const more = readFlags(cursor);
    mask = more === null ? null : mask | more;
  }
  return mask === null ? null : test({ type: 'bits', mask, value }, not);
}

/** `meta mark & 0xff == 0x1`, `tcp flags & (syn | ack) == syn`, `ip saddr & 255.255.255.0 == 10.0.0.0`, `ct status & dnat == dnat`. */
function compareMasked(cursor: NftCursor, selector: FieldSelector): readonly Step[] | null {
  cursor.next();
  const { field, values } = selector;
  if (values === 'state' || values === 'status') {
    const wanted = cursor.next().toUpperCase();
    const not = takeNot(cursor);
    cursor.next();
    return [{ kind: 'field', field, within: names(wanted), not }];
  }
  const read = (): number | null => {
    if (values === 'flags') return readFlags(cursor);
    const value = readValue(cursor, values);
    return value?.type === 'numbers' && value.ranges.length === 1 ? value.ranges[0]?.[0] ?? null : null;
  };
  const mask = read();
  const not = takeNot(cursor);
  const value = read();
  if (mask === null || value === null) return null;
  return [{ kind: 'field', field, within: { type: 'bits', mask: mask >>> 0, value: value >>> 0 }, not }];
}

export function readAnonymous(cursor: NftCursor, fields: readonly FieldSelector[]): { readonly name: string; readonly elements: NonNullable<ReturnType<typeof readElements>>['elements']; readonly steady: boolean; readonly source: null } | null {
  if (!cursor.take('{')) return null;
  const read = readElements(cursor.untilClosed(), fields.map((one) => one.values));
  return read === null ? null : { name: '{}', elements: read.elements, steady: true, source: null };
}

export function readOneElement(cursor: NftCursor, fields: readonly FieldSelector[]): ReturnType<typeof readAnonymous> {
  const values: ValueSet[] = [];
  for (const [index, field] of fields.entries()) {
    if (index > 0) cursor.take('.');
    const value = readValue(cursor, field.values);
    if (value === null) return null;
    values.push(value);
  }
  return { name: '{}', elements: [{ values, verdict: null, except: false }], steady: true, source: null };
}
