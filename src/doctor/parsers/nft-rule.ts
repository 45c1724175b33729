import type { Action, Condition, Counter, Oddity, Step } from '../model/firewall/rule.ts';
import { compareOne, readAnonymous, readOneElement, takeNot } from './nft-compare.ts';
import { readSelector } from './nft-selectors.ts';
import type { Selector } from './nft-selectors.ts';
import { readElements } from './nft-sets.ts';
import { readStatement } from './nft-statements.ts';
import { numeric } from './nft-values.ts';
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
  while (!cursor.ended()) {
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
  while (!cursor.ended() && !['accept', 'drop', 'return', 'jump', 'goto', 'reject', 'counter', 'comment', 'dnat', 'snat', 'masquerade', 'redirect', 'log'].includes(cursor.peek())) cursor.next();
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

/** `meta mark set 0x1`, `meta mark set mark and 0xfffffffd xor 0x1`, `ct mark set mark`, `meta mark set ct mark`; the rest changes nothing that rules see. */
function readAssignment(cursor: NftCursor, selector: Selector): readonly Step[] | null {
  cursor.next();
  if (selector.sort !== 'field' || (selector.field !== 'mark' && selector.field !== 'connectionMark')) {
    const text: string[] = [];
    while (!cursor.ended() && !['accept', 'drop', 'return', 'jump', 'goto', 'counter', 'comment', 'log'].includes(cursor.peek())) text.push(cursor.next());
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
  while (!cursor.ended()) {
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
    if (cursor.take('(')) while (!cursor.ended() && cursor.next() !== ')');
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
