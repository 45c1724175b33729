import { names, numbers } from '../model/firewall/field.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import type { Action, Condition, Counter, Oddity, Step } from '../model/firewall/rule.ts';
import { readSelector } from './nft-selectors.ts';
import type { Selector } from './nft-selectors.ts';
import { readElements, readFlags, readValue } from './nft-sets.ts';
import { readStatement } from './nft-statements.ts';
import { numeric, union } from './nft-values.ts';
import type { NftCursor } from './nft-words.ts';

export interface NftRule {
  readonly steps: readonly Step[];
  readonly comment: string | null;
  readonly counter: Counter | null;
  readonly oddities: readonly Oddity[];
}

/** Reads a rule from left to right. A part that is not understood becomes an opaque condition, and the rest of the rule is still read where it can be. */
export function readNftRule(cursor: NftCursor): NftRule {
  const steps: Step[] = [];
  const oddities: Oddity[] = [];
  let comment: string | null = null;
  let counter: Counter | null = null;
  while (!cursor.done) {
    const before = cursor.at;
    if (cursor.take('comment')) comment = cursor.next();
    else if (cursor.take('counter')) {
      counter = readCounter(cursor) ?? counter;
      steps.push({ kind: 'count' });
    } else {
      const statement = readStatement(cursor);
      if (statement !== null) steps.push(...statement);
      else {
        const selectors = readSelectors(cursor);
        const compared = selectors === null ? null : readComparison(cursor, selectors);
        if (compared !== null) steps.push(...compared);
        else {
          const text = cursor.words.slice(before, cursor.at + 4).map((word) => word.text).join(' ');
          oddities.push({ code: 'unreadable-part', text });
          steps.push({ kind: 'opaque', what: `"${text}" cannot be read`, command: null });
          skipToVerdict(cursor, before);
        }
      }
    }
  }
  return { steps, comment, counter, oddities };
}

/** `counter packets 3 bytes 180`, `counter name "web"`, bare `counter`. */
function readCounter(cursor: NftCursor): Counter | null {
  if (cursor.take('name')) cursor.next();
  if (!cursor.take('packets')) return null;
  const packets = Number(cursor.next());
  cursor.take('bytes');
  return { packets, bytes: Number(cursor.next()), rounded: false };
}

function skipToVerdict(cursor: NftCursor, from: number): void {
  cursor.at = Math.max(cursor.at, from + 1);
  while (!cursor.done && !['accept', 'drop', 'return', 'jump', 'goto', 'reject', 'counter', 'comment', 'dnat', 'snat', 'masquerade', 'redirect', 'log'].includes(cursor.peek())) cursor.next();
}

/** `ip saddr`, or several joined with dots. */
export function readSelectors(cursor: NftCursor): readonly Selector[] | null {
  const first = readSelector(cursor);
  if (first === null) return null;
  const all = [first];
  while (cursor.take('.')) {
    const next = readSelector(cursor);
    if (next === null) return null;
    all.push(next);
  }
  return all;
}

function readComparison(cursor: NftCursor, selectors: readonly Selector[]): readonly Step[] | null {
  const [first] = selectors;
  if (first === undefined) return null;
  const lot = selectors.find((one) => one.sort === 'chance');
  if (cursor.peek() === 'set' && selectors.length === 1) return readAssignment(cursor, first);
  const unclear = selectors.find((one) => one.sort === 'opaque');
  if (unclear?.sort === 'opaque') return skipRight(cursor, { kind: 'opaque', what: unclear.text, command: unclear.command });
  if (lot?.sort === 'chance') return drawLot(cursor, lot.text);
  const fields = selectors.flatMap((one) => (one.sort === 'field' ? [one] : []));
  const implied: Step[] = fields.flatMap((one) => one.implies);
  if (cursor.take('vmap')) {
    const map = cursor.peek().startsWith('@') ? cursor.next().slice(1) : readAnonymous(cursor, fields);
    return map === null ? null : [...implied, { kind: 'verdict-map', fields: fields.map((one) => one.field), map }];
  }
  if (fields.length > 1) {
    const not = takeNot(cursor);
    const set = cursor.peek().startsWith('@') ? cursor.next().slice(1) : cursor.peek() === '{' ? readAnonymous(cursor, fields) : readOneElement(cursor, fields);
    return set === null ? null : [...implied, { kind: 'element', fields: fields.map((one) => one.field), set, not }];
  }
  const [only] = fields;
  return only === undefined ? null : withImplied(implied, compareOne(cursor, only));
}

function withImplied(implied: readonly Step[], steps: readonly Step[] | null): readonly Step[] | null {
  return steps === null ? null : [...implied, ...steps];
}

type FieldSelector = Extract<Selector, { sort: 'field' }>;

function takeNot(cursor: NftCursor): boolean {
  if (cursor.take('!=')) return true;
  cursor.take('==');
  return false;
}

function compareOne(cursor: NftCursor, selector: FieldSelector): readonly Step[] | null {
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

function readAnonymous(cursor: NftCursor, fields: readonly FieldSelector[]): { readonly name: string; readonly elements: NonNullable<ReturnType<typeof readElements>>['elements']; readonly steady: boolean; readonly source: null } | null {
  if (!cursor.take('{')) return null;
  const read = readElements(cursor.untilClosed(), fields.map((one) => one.values));
  return read === null ? null : { name: '{}', elements: read.elements, steady: true, source: null };
}

function readOneElement(cursor: NftCursor, fields: readonly FieldSelector[]): ReturnType<typeof readAnonymous> {
  const values: ValueSet[] = [];
  for (const [index, field] of fields.entries()) {
    if (index > 0) cursor.take('.');
    const value = readValue(cursor, field.values);
    if (value === null) return null;
    values.push(value);
  }
  return { name: '{}', elements: [{ values, verdict: null, except: false }], steady: true, source: null };
}

/** `meta mark set 0x1`, `meta mark set mark and 0xfffffffd xor 0x1`, `ct mark set mark`, `meta mark set ct mark`; the rest changes nothing that rules see. */
function readAssignment(cursor: NftCursor, selector: Selector): readonly Step[] | null {
  cursor.next();
  if (selector.sort !== 'field' || (selector.field !== 'mark' && selector.field !== 'connectionMark')) {
    const text: string[] = [];
    while (!cursor.done && !['accept', 'drop', 'return', 'jump', 'goto', 'counter', 'comment', 'log'].includes(cursor.peek())) text.push(cursor.next());
    return [{ kind: 'pass', text: `set ${text.join(' ')}` }];
  }
  const of = selector.field === 'mark' ? 'packet' : 'connection';
  const constant = numeric(cursor.peek());
  if (constant !== null) {
    cursor.next();
    return [{ kind: 'mark', of, clear: 0xffffffff, flip: constant }];
  }
  const bracketed = cursor.take('(');
  const from = readSelector(cursor);
  if (from?.sort !== 'field' || (from.field !== 'mark' && from.field !== 'connectionMark')) return null;
  let keep = 0xffffffff;
  let flip = 0;
  while (!cursor.done) {
    const operator = cursor.peek();
    const value = numeric(cursor.peek(1));
    if (value === null || !['&', 'and', '|', 'or', '^', 'xor'].includes(operator)) break;
    cursor.next();
    cursor.next();
    if (operator === '&' || operator === 'and') { keep &= value; flip &= value; }
    else if (operator === '^' || operator === 'xor') flip ^= value;
    else { keep &= ~value; flip |= value; }
    if (bracketed) cursor.take(')');
  }
  const source = from.field === 'mark' ? 'packet' : 'connection';
  // Reading the mark of a connection that is not there ends the rule (nft_ct_get_eval breaks); only setting it does not.
  const there: readonly Step[] = source === 'connection' ? [{ kind: 'field', field: 'connectionMark', within: { type: 'any' }, not: false }] : [];
  if (source === of) return [...there, { kind: 'mark', of, clear: ~keep >>> 0, flip: flip >>> 0 } satisfies Action];
  const copied: Action = { kind: 'copy-mark', from: source, fromMask: keep >>> 0, toMask: 0xffffffff };
  return flip === 0 ? [...there, copied] : [...there, copied, { kind: 'mark', of, clear: 0, flip: flip >>> 0 }];
}

/** `numgen random mod 3 vmap { 0 : goto a, 1 : goto b }`, `numgen inc mod 2 == 0`. */
function drawLot(cursor: NftCursor, what: string): readonly Step[] | null {
  if (!cursor.take('vmap')) return skipRight(cursor, { kind: 'sometimes', what });
  if (!cursor.take('{')) return [{ kind: 'opaque-target', what: `${what} vmap ${cursor.next()}`, command: 'nft list ruleset' }];
  const read = readElements(cursor.untilClosed(), ['number']);
  if (read === null) return null;
  return [{ kind: 'lot', what, verdicts: read.elements.flatMap((element) => (element.verdict === null ? [] : [element.verdict])) }];
}

/** Takes what stands right of a selector that cannot be evaluated. */
function skipRight(cursor: NftCursor, condition: Condition): readonly Step[] {
  while (['&', 'and', '|', 'or', '^', 'xor', '<', '<=', '>', '>=', '==', '!=', 'lt', 'le', 'gt', 'ge', 'missing', 'exists'].includes(cursor.peek())) {
    if (['missing', 'exists'].includes(cursor.next())) return [condition];
    if (cursor.take('(')) while (!cursor.done && cursor.next() !== ')');
    else if (cursor.peek() !== '{') {
      cursor.next();
      while (cursor.take(',') || cursor.take('|')) cursor.next();
    }
    if (!['==', '!=', '<', '>', '<=', '>=', '&', '|', '^', 'and', 'or', 'xor', '{'].includes(cursor.peek())) return [condition];
  }
  if (cursor.take('{')) cursor.untilClosed();
  else {
    cursor.next();
    while (cursor.take(',')) cursor.next();
  }
  return [condition];
}
