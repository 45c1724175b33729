import { recognition, sourceLine, unreadLine } from '../evidence.ts';
import type { Capture, Reading, Recognition, RecordBase, SourceLine, Unread } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import type { CommandLine } from '../command-line.ts';

/** A line that the format knows and that says nothing of use (a header, statistics). */
export const skip = Symbol('skip');

/**
 * Reads a capture line by line. `each` returns the record(s) of a line, `skip`, or null for a line that is not of this format:
 * that one becomes unread. Blank lines are skipped; a line of dots means that somebody cut the output, and is unread for that reason.
 */
export function readLines<R extends RecordBase>(
  capture: Capture,
  format: string,
  each: (text: string, line: SourceLine) => R | readonly R[] | typeof skip | null,
): Reading<R> {
  const records: R[] = [];
  const unread: Unread[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const line = sourceLine(capture, index);
    const text = line.text.trim();
    if (text === '') continue;
    const refused = whyNoOutput(text);
    if (refused !== null) { unread.push(unreadLine(capture, line, format, refused)); continue; }
    const made = text.length > longest ? null : each(text, line);
    if (made === skip) continue;
    if (made === null) unread.push(unreadLine(capture, line, format, text.length > longest ? 'longer than any line of this format' : `not a line of ${format}`));
    else if (isMany(made)) records.push(...made);
    else records.push(made);
  }
  return { records, unread };
}

function isMany<R>(made: R | readonly R[]): made is readonly R[] {
  return Array.isArray(made);
}

/** No format here has longer lines of use; bounds what a regular expression may be given. */
const longest = 16_384;

/** Lines that any command may print instead of its output, and marks of people who cut it. */
export function whyNoOutput(text: string): string | null {
  if (/^(?:\.{3,}|…+|\[?(?:\.\.\.|…) ?(?:snip|omitted|truncated|省略)?.{0,20}\]?|<snip>|\[snip\]|-{2,} ?snip ?-{2,})$/i.test(text)) return 'somebody cut the output here';
  if (text.length > 300) return null;
  if (/^(?:-?(?:ba|da|a|k|z)?sh: |zsh: ).*(?:not found|No such file|Permission denied)/.test(text) || /: command not found$/.test(text)) return 'the command did not run';
  // `ip route get` needs no right: that is how the kernel says `prohibit` (EACCES).
  if (text === 'RTNETLINK answers: Permission denied') return null;
  if (/(?:Operation not permitted|Permission denied|you must be root|must be run as root)/i.test(text)) return 'the command was not allowed to look';
  return null;
}

/** Recognises by command where it is known, by content otherwise. `content` sees the first lines that are not blank. */
export function recognise(capture: Capture, command: (typed: CommandLine) => boolean, content: (text: string) => boolean): Recognition {
  const named = capture.command !== '' && command(commandLine(capture.command));
  const seen = firstLines(capture.lines).some((line) => content(line));
  if (named) return seen ? recognition.byCommandAndContent : recognition.byCommand;
  return seen ? recognition.byContent : recognition.no;
}

/** Up to forty trimmed lines with text, none of them long. */
export function firstLines(lines: readonly string[]): readonly string[] {
  const before = first.get(lines);
  if (before !== undefined) return before;
  const found = readFirst(lines);
  first.set(lines, found);
  return found;
}

/** Every parser asks for the same lines. */
const first = new WeakMap<readonly string[], readonly string[]>();

function readFirst(lines: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const line of lines) {
    const text = line.length > 2000 ? line.slice(0, 2000).trim() : line.trim();
    if (text === '') continue;
    found.push(text);
    if (found.length === 40) break;
  }
  return found;
}

/** Output of `-j`/`-o json`: the parsed value, or the reason why it cannot be read. Lines of single objects are found again by `lineHaving`. */
export function json(capture: Capture): { readonly value: unknown } | { readonly reason: string } {
  const text = capture.lines.join('\n').trim();
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { reason: `not JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'unreadable'}` };
  }
}

export function isJson(capture: Capture): boolean {
  const first = capture.lines.find((line) => line.trim() !== '')?.trimStart() ?? '';
  return first.startsWith('[{') || first.startsWith('{') || first.startsWith('[ {') || first === '[' || first === '[]';
}

/** Index of the first line at or after `from` that has all the words; `from` when none has. */
export function lineHaving(capture: Capture, from: number, ...words: readonly string[]): number {
  for (let index = from; index < capture.lines.length; index++) {
    const line = capture.lines[index] ?? '';
    if (words.every((word) => line.includes(word))) return index;
  }
  return from;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}

export function numberOf(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return typeof value === 'string' && /^-?\d{1,18}$/.test(value) ? Number(value) : null;
}

/** `word value` pairs of ip, conntrack and the like: the value after the word, or null. */
export function after(words: readonly string[], word: string): string | null {
  const at = words.indexOf(word);
  return at >= 0 ? words[at + 1] ?? null : null;
}
