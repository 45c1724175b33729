import type { Capture, Parser, RecordBase, SourceLine, Unread } from './evidence.ts';
import { recognition, sourceLine, unreadLine } from './evidence.ts';
import { commandLine } from './command-line.ts';
import { parsers } from './parsers/parsers.ts';
import type { AnyRecord, Format } from './parsers/parsers.ts';

/** A capture after the parsers had it. */
export interface ReadCapture {
  readonly capture: Capture;
  /** Formats that read it; empty when nobody recognised it. Several only for logs. */
  readonly formats: readonly Format[];
  readonly records: readonly AnyRecord[];
  readonly unread: readonly Unread[];
  /** False when something may be missing from it (cut, filtered, failed, unread lines): then what it does not show may still be there. */
  readonly complete: boolean;
}

type AnyParser = Parser<Format, RecordBase & AnyRecord>;
const all = parsers as readonly AnyParser[];

/** Gives every capture to the parser that recognises it best. Never throws: a parser's failure becomes an unread capture with the reason. */
export async function readCaptures(captures: readonly Capture[]): Promise<ReadCapture[]> {
  const read: ReadCapture[] = [];
  for (const capture of captures) read.push(await readCapture(capture));
  return read;
}

export async function readCapture(capture: Capture): Promise<ReadCapture> {
  const chosen = choose(capture);
  if (chosen.length === 0) return { capture, formats: [], records: [], unread: unrecognised(capture), complete: false };
  const records: AnyRecord[] = [];
  const unread: Unread[] = [];
  for (const parser of chosen) {
    try {
      if (capture.big !== null && parser.parseBig === undefined && capture.big.bytes > largestWithoutStream) {
        unread.push(unreadLine(capture, sourceLine(capture, 0), parser.format, `larger than ${String(largestWithoutStream / 1024 / 1024)} MiB`));
        continue;
      }
      const reading = capture.big === null ? parser.parse(capture) : parser.parseBig === undefined ? parser.parse(await whole(capture)) : await parser.parseBig(capture, capture.big);
      for (const record of reading.records) records.push(record);
      for (const line of reading.unread) unread.push(line);
    } catch (error) {
      unread.push(unreadLine(capture, sourceLine(capture, 0), parser.format, `the parser failed: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown reason'}`));
    }
  }
  const complete = unread.length === 0 && !commandLine(capture.command).filtered && (capture.exitCode === null || capture.exitCode === 0);
  return { capture, formats: chosen.map((parser) => parser.format), records, unread, complete };
}

/** The parser that is surest; every log parser when that is one. */
function choose(capture: Capture): AnyParser[] {
  let best: AnyParser | null = null;
  let sure: number = recognition.no;
  for (const parser of all) {
    const answer = parser.recognises(capture);
    if (answer > sure) { best = parser; sure = answer; }
    if (sure === recognition.byCommandAndContent) break;
  }
  if (best === null) return [];
  return best.log === true ? all.filter((parser) => parser.log === true) : [best];
}

/** Format of some lines by their content alone, or with the command that printed them: lets a transcript be split where prose and output alternate. */
export function sniff(lines: readonly string[], command = ''): string | null {
  const [best] = choose({ host: '', command, takenAt: null, sample: 1, file: '', firstLine: 1, lines, exitCode: null, big: null });
  return best?.format ?? null;
}

/** One entry for a text that nobody recognised: a web page would otherwise fill the report with its prose. */
function unrecognised(capture: Capture): Unread[] {
  const first = capture.lines.findIndex((line) => line.trim() !== '');
  if (first < 0) return capture.command === '' ? [] : [unreadLine(capture, sourceLine(capture, 0), null, `no output of ${capture.command}`)];
  const count = capture.lines.filter((line) => line.trim() !== '').length;
  const what = capture.command === '' ? 'text that no format fits' : `output of a command that is not read: ${capture.command}`;
  return [unreadLine(capture, shortened(sourceLine(capture, first)), null, count > 1 ? `${what} (${String(count)} lines)` : what)];
}

function shortened(line: SourceLine): SourceLine {
  return line.text.length > 300 ? { ...line, text: `${line.text.slice(0, 300)}...` } : line;
}

const largestWithoutStream = 64 * 1024 * 1024;

async function whole(capture: Capture): Promise<Capture> {
  if (capture.big === null) return capture;
  const parts: Uint8Array[] = [];
  for await (const chunk of capture.big.chunks()) parts.push(chunk);
  const lines = Buffer.concat(parts).toString('utf8').split(/\r?\n/);
  if (lines[lines.length - 1] === '') lines.pop();
  return { ...capture, lines, big: null };
}
