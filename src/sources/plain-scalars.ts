import { textFrom } from './plain-texts.ts';

/** Not certainly what it looks like: the parser of all of YAML decides. */
export const uncertain = Symbol('uncertain');

/** Words that YAML 1.2's core schema (section 10.3.2) reads as null or a boolean. */
const words = new Map<string, boolean | null>([['true', true], ['false', false], ['null', null]]);
const otherSpellings = new Set(['True', 'TRUE', 'False', 'FALSE', 'Null', 'NULL']);
/** Of a whole number that JavaScript holds exactly. */
const mostDigits = 15;
/** Whatever else could be a number. */
const numeric = /^(?:0[box][0-9a-fA-F]*|[0-9]*\.?[0-9]*(?:[eE][-+]?[0-9]*)?|\.(?:inf|nan))$/i;

export const code = {
  newline: 10, space: 32, quote: 34, hash: 35, apostrophe: 39, comma: 44, dash: 45, dot: 46, slash: 47, zero: 48, colon: 58, bracket: 91, backslash: 92, bracketEnd: 93, f: 102, n: 110, t: 116, brace: 123, bar: 124, braceEnd: 125,
} as const;

export const isLetter = (char: number): boolean => (char >= 97 && char <= 122) || (char >= 65 && char <= 90);
const isDigit = (char: number): boolean => char >= 48 && char <= 57;
/** Letters, digits, `_`, `-`, `.`, `/`. */
export const isWordPart = (char: number): boolean => isLetter(char) || (char >= code.dash && char <= 57) || char === 95;

/** true: perhaps one of the words, which have 4 or 5 letters and begin with one of six. */
const mayBeSpecial = (text: string): boolean => {
  if (text.length !== 4 && text.length !== 5) return false;
  const first = text.charCodeAt(0) | 32;
  return first === code.n || first === code.t || first === code.f;
};

/** true: as a key or a value it is not simply this text. */
export const isSpecialWord = (text: string): boolean => mayBeSpecial(text) && (words.has(text) || otherSpellings.has(text));

/** The scalar, or the list in brackets, that fills `text` from `at` to `end`, where its line ends. ASCII only. */
export const readInline = (text: string, bytes: Buffer, at: number, end: number): unknown => {
  switch (text.charCodeAt(at)) {
    case code.quote:
    case code.apostrophe:
      return readQuoted(text, bytes, at, end);
    case code.bracket:
      return readList(text, bytes, at, end);
    case code.brace:
      return text.charCodeAt(at + 1) === code.braceEnd && at + 2 === end ? {} : uncertain;
    default:
      return isPlain(text, at, end) ? resolve(text, bytes, at, end) : uncertain;
  }
};

/** Neither `: ` (a key) nor ` #` (a comment) in it, no space behind it. */
const isPlain = (text: string, at: number, end: number): boolean => {
  for (let place = at; place < end; place += 1) {
    const char = text.charCodeAt(place);
    if (char === code.colon && (place + 1 === end || text.charCodeAt(place + 1) === code.space)) return false;
    if (char === code.hash && text.charCodeAt(place - 1) === code.space) return false;
  }
  return text.charCodeAt(end - 1) !== code.space;
};

/** From quote to quote, without the escapes that either kind has. */
const readQuoted = (text: string, bytes: Buffer, at: number, end: number): unknown => {
  const isDouble = text.charCodeAt(at) === code.quote;
  const close = text.indexOf(isDouble ? '"' : "'", at + 1);
  if (close !== end - 1) return uncertain;
  if (isDouble) for (let place = at + 1; place < close; place += 1) if (text.charCodeAt(place) === code.backslash) return uncertain;
  return textFrom(text, bytes, at + 1, close);
};

/** `[10.0.0.1, "10.0.0.2"]` */
const readList = (text: string, bytes: Buffer, open: number, end: number): unknown => {
  const last = end - 1;
  const items: unknown[] = [];
  let at = open + 1;
  if (at === last && text.charCodeAt(last) === code.bracketEnd) return items;
  for (;;) {
    while (text.charCodeAt(at) === code.space) at += 1;
    const quoted = text.charCodeAt(at) === code.quote;
    let stop = quoted ? text.indexOf('"', at + 1) + 1 : at;
    while (!quoted && isWordPart(text.charCodeAt(stop))) stop += 1;
    if (stop <= at || stop > last) return uncertain;
    const item = quoted ? readQuoted(text, bytes, at, stop) : resolve(text, bytes, at, stop);
    if (item === uncertain) return uncertain;
    items.push(item);
    while (text.charCodeAt(stop) === code.space) stop += 1;
    if (stop === last) return text.charCodeAt(last) === code.bracketEnd ? items : uncertain;
    if (text.charCodeAt(stop) !== code.comma) return uncertain;
    at = stop + 1;
  }
};

/** A plain scalar's value. Those that begin with a sign are left alone. */
const resolve = (text: string, bytes: Buffer, at: number, end: number): unknown => {
  const first = text.charCodeAt(at);
  if (isDigit(first) || first === code.dot) return resolveDigits(text, bytes, at, end);
  if (!isLetter(first) && first !== code.slash) return uncertain;
  const value = textFrom(text, bytes, at, end);
  if (!mayBeSpecial(value)) return value;
  const word = words.get(value);
  return word !== undefined ? word : otherSpellings.has(value) ? uncertain : value;
};

/** `8080`, `10.0.0.1`, `5s` */
const resolveDigits = (text: string, bytes: Buffer, at: number, end: number): unknown => {
  let number = 0;
  let place = at;
  for (; place < end && isDigit(text.charCodeAt(place)); place += 1) number = number * 10 + text.charCodeAt(place) - code.zero;
  const digits = place - at;
  if (place === end && digits <= mostDigits && (digits === 1 || text.charCodeAt(at) !== code.zero)) return number;
  const value = textFrom(text, bytes, at, end);
  return numeric.test(value) ? uncertain : value;
};
