import { isMapping } from '../resources/fields.ts';
import type { RawObject } from '../resources/fields.ts';
import { own } from '../resources/own-text.ts';
import { code, isLetter, isSpecialWord, isWordPart, readInline, uncertain } from './plain-scalars.ts';
import { textFrom } from './plain-texts.ts';

/** The one object of a document. */
export interface PlainDocument {
  readonly value: RawObject;
  /** Line breaks between the beginning of the document and the object. */
  readonly lines: number;
}

/** Deeper than objects are; bounds the recursion. */
const deepest = 24;

/**
 * Reads the part of YAML that manifests are nearly always written in, six times as fast as a parser of all of it: block mappings and sequences,
 * scalars on one line, literal blocks, lists of words in brackets. Whatever it is not certain of (anchors, tags, escapes, folded text, comments
 * behind values, mistakes) it leaves alone: null, and the parser decides. What it reads, it reads as the parser does (a test compares them).
 * `source` is printable ASCII and line feeds only (tabs, carriage returns and everything beyond have rules of their own); `bytes` are the same. No text
 * of the value keeps another alive.
 */
export const readPlainYaml = (source: string, bytes: Buffer): PlainDocument | null => new Reader(source, bytes).document();

/**
 * Stands on one line at a time: blank lines and those of comments are passed over. Its members are private to the compiler only: V8 checks names with
 * `#` at each use, which takes a tenth of the time in which the files of a start are read.
 */
class Reader {
  private readonly text: string;
  private readonly bytes: Buffer;
  /** Of the line's first character, of its first that is no space, and of its end. */
  private start = 0;
  private from = 0;
  private end = -1;
  /** Column of `from`; -1 behind the last line, and from the first thing that is not certain. */
  private indent = -1;
  private certain = true;

  constructor(text: string, bytes: Buffer) {
    this.text = text;
    this.bytes = bytes;
  }

  document(): PlainDocument | null {
    if (this.text.startsWith('---\n')) this.end = 3;
    this.advance();
    const start = this.from;
    const value = this.indent < 0 ? null : this.node(0);
    return this.certain && this.indent === -1 && isMapping(value) ? { value, lines: this.linesBefore(start) } : null;
  }

  private linesBefore(start: number): number {
    let lines = 0;
    for (let at = this.text.indexOf('\n'); at !== -1 && at < start; at = this.text.indexOf('\n', at + 1)) lines += 1;
    return lines;
  }

  /** Ends the reading: every loop here stops at a column of -1. */
  private leave(): null {
    this.certain = false;
    this.indent = -1;
    return null;
  }

  private advance(): void {
    const text = this.text;
    for (let start = this.end + 1; start < text.length; ) {
      const found = text.indexOf('\n', start);
      const end = found === -1 ? text.length : found;
      let from = start;
      while (text.charCodeAt(from) === code.space) from += 1;
      if (from < end && text.charCodeAt(from) !== code.hash) {
        this.start = start;
        this.from = from;
        this.end = end;
        this.indent = this.certain ? from - start : -1;
        return;
      }
      start = end + 1;
    }
    this.end = text.length;
    this.indent = -1;
  }

  private isEntry(): boolean {
    const next = this.from + 1;
    return this.text.charCodeAt(this.from) === code.dash && (next === this.end || this.text.charCodeAt(next) === code.space);
  }

  private node(depth: number): unknown {
    if (depth > deepest) return this.leave();
    return this.isEntry() ? this.sequence(depth) : this.mapping(depth);
  }

  /** Where the colon of the key is that begins at `at`; -1: it is not certainly a key. */
  private keyEnd(at: number): number {
    const text = this.text;
    if (!isLetter(text.charCodeAt(at))) return -1;
    let end = at + 1;
    while (isWordPart(text.charCodeAt(end))) end += 1;
    if (text.charCodeAt(end) !== code.colon) return -1;
    return end + 1 === this.end || text.charCodeAt(end + 1) === code.space ? end : -1;
  }

  private mapping(depth: number): unknown {
    const indent = this.indent;
    const mapping: Record<string, unknown> = {};
    let seen = 0;
    while (this.indent === indent) {
      const end = this.keyEnd(this.from);
      if (end < 0) return this.leave();
      const key = textFrom(this.text, this.bytes, this.from, end);
      // Two keys that are the same have the same bit.
      const bit = 1 << (key.length + key.charCodeAt(0) + key.charCodeAt(key.length - 1));
      if (((seen & bit) !== 0 && Object.hasOwn(mapping, key)) || isSpecialWord(key)) return this.leave();
      seen |= bit;
      mapping[key] = this.valueOf(end + 1, indent, depth);
    }
    return this.indent > indent ? this.leave() : mapping;
  }

  /** What follows a key's colon, on its line or below; goes on to the line behind it. */
  private valueOf(behind: number, indent: number, depth: number): unknown {
    const text = this.text;
    let at = behind;
    while (text.charCodeAt(at) === code.space) at += 1;
    if (at < this.end) return text.charCodeAt(at) === code.bar ? this.literal(at, indent) : this.inline(at);
    this.advance();
    if (this.indent > indent) return this.node(depth + 1);
    // Entries of a sequence may stand as far left as the key.
    return this.indent === indent && this.isEntry() ? this.sequence(depth + 1) : null;
  }

  private sequence(depth: number): unknown {
    const indent = this.indent;
    const items: unknown[] = [];
    while (this.indent === indent && this.isEntry()) {
      let at = this.from + 1;
      while (this.text.charCodeAt(at) === code.space) at += 1;
      if (at >= this.end || depth >= deepest) return this.leave();
      if (this.keyEnd(at) < 0) {
        items.push(this.inline(at));
        continue;
      }
      // A mapping that begins behind the dash: its keys stand in this column.
      this.from = at;
      this.indent = at - this.start;
      items.push(this.mapping(depth + 1));
    }
    return this.indent > indent ? this.leave() : items;
  }

  private inline(at: number): unknown {
    const value = readInline(this.text, this.bytes, at, this.end);
    if (value === uncertain) return this.leave();
    this.advance();
    return value;
  }

  /** `|` or `|-`, and lines that are indented deeper than the key. */
  private literal(at: number, indent: number): unknown {
    const text = this.text;
    const header = text.slice(at, this.end);
    if (header !== '|' && header !== '|-') return this.leave();
    const first = this.end + 1;
    let column = 0;
    while (text.charCodeAt(first + column) === code.space) column += 1;
    if (column <= indent || text.charCodeAt(first + column) === code.newline) return this.leave();
    let last = -1;
    for (let start = first; start < text.length; ) {
      const end = text.indexOf('\n', start);
      // Whether a last line without a line break gets one is the parser's affair, as are lines of spaces only.
      if (end === -1) return this.leave();
      let from = start;
      while (text.charCodeAt(from) === code.space) from += 1;
      if (from === end && from > start) return this.leave();
      if (from < end && from - start < column) break;
      if (from < end) last = end;
      start = end + 1;
    }
    const value = text.slice(first + column, last).replaceAll(`\n${' '.repeat(column)}`, '\n');
    this.end = last;
    this.advance();
    return own(header === '|' ? `${value}\n` : value);
  }
}
