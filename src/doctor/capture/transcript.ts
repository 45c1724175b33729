import type { Capture } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { prompt } from './prompt.ts';

/** Tells the format of some lines by their content alone, or by the command before them; null for prose. Comes from the parsers. */
export type Sniff = (lines: readonly string[], command?: string) => string | null;

/** What the file around a transcript says about it. */
export interface TranscriptOrigin {
  readonly file: string;
  /** Host for prompts that name none. */
  readonly host: string;
  /** Command of the text before the first prompt (from the file's name), `''` if nothing tells. */
  readonly command: string;
  readonly takenAt: number | null;
  readonly sample: number;
}

/**
 * Splits one pasted terminal session into captures: one for each prompt line, and one for each run of output that stands between prose
 * (a web page has `[Tue Nov 20 ...] nf_conntrack: table full` after three sentences that belong to no command).
 */
export function splitTranscript(lines: readonly string[], origin: TranscriptOrigin, sniff: Sniff): Capture[] {
  const captures: Capture[] = [];
  const samples = new Map<string, number>();
  let start = 0;
  let host = origin.host;
  let command = origin.command;
  const close = (end: number): void => {
    for (const part of ownBlocks(lines, start, end, command, sniff)) {
      const body = lines.slice(part.start, part.end);
      if (part.command === '' && body.every((line) => line.trim() === '')) continue;
      // A command that was run twice is two samples, in the order of the session.
      const key = `${host}\0${part.command}`;
      const sample = part.command === '' ? origin.sample : (samples.get(key) ?? origin.sample - 1) + 1;
      samples.set(key, sample);
      captures.push({ host, command: part.command, takenAt: origin.takenAt, sample, file: origin.file, firstLine: part.start + 1, lines: body, exitCode: null, big: null });
    }
  };
  for (let index = 0; index < lines.length; index++) {
    const found = prompt(lines[index] ?? '');
    if (found === null) continue;
    close(index);
    let typed = found.command;
    let next = index + 1;
    while (typed.endsWith('\\') && next < lines.length) typed = `${typed.slice(0, -1)} ${(lines[next++] ?? '').replace(/^>\s?/, '').trim()}`;
    command = withoutRemark(typed);
    host = commandLine(command).inside ?? found.host ?? origin.host;
    start = next;
    index = next - 1;
  }
  close(lines.length);
  return captures;
}

export function hasPrompt(lines: readonly string[]): boolean {
  return lines.some((line) => prompt(line) !== null);
}

/** `ip neigh   # on the client` */
function withoutRemark(command: string): string {
  return command.replace(/\s+#\s.*$/, '').trim();
}

interface Block { readonly start: number; readonly end: number; readonly command: string }

/**
 * After the first blank line of a command's output something else may begin: a later paragraph that is recognised as another
 * format becomes a capture of its own, prose stays where it is (and ends up among the unread lines of that command).
 */
function ownBlocks(lines: readonly string[], start: number, end: number, command: string, sniff: Sniff): Block[] {
  if (start >= end) return command === '' ? [] : [{ start, end, command }];
  const first = paragraphs(lines, start, end).next();
  // A file that somebody shows may begin with a paragraph that could be anything (`global` of haproxy.cfg): its name tells.
  const own = first.done === true ? null : sniff(lines.slice(first.value[0], first.value[1]), command);
  if (command === '' && own !== null && !hasForeign(lines, start, end, own, sniff)) return [{ start, end, command }];
  const blocks: Block[] = [];
  let current: Block = { start, end, command };
  for (const [from, to] of paragraphs(lines, start, end)) {
    const format = sniff(lines.slice(from, to));
    if (format === null || (from === start && command !== '')) continue;
    if (format === own && current.start === start && (command !== '' || from !== start)) continue;
    if (from > current.start) blocks.push({ ...current, end: from });
    current = { start: from, end, command: from === start ? command : '' };
    if (to < end) { blocks.push({ ...current, end: to }); current = { start: to, end, command: '' }; }
  }
  if (current.start < current.end) blocks.push(current);
  return blocks;
}

/** Whether a later paragraph is surely another format. */
function hasForeign(lines: readonly string[], start: number, end: number, own: string, sniff: Sniff): boolean {
  for (const [from, to] of paragraphs(lines, start, end)) {
    const format = sniff(lines.slice(from, to));
    if (format !== null && format !== own) return true;
  }
  return false;
}

function* paragraphs(lines: readonly string[], start: number, end: number): Generator<readonly [number, number], undefined> {
  let from = start;
  for (let index = start; index <= end; index++) {
    if (index < end && (lines[index] ?? '').trim() !== '') continue;
    if (index > from) yield [from, index];
    from = index + 1;
  }
  return undefined;
}
