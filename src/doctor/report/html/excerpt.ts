import type { Capture, SourceLine } from '../../evidence.ts';
import type { ReadCapture } from '../../reading.ts';

/** A line that the report points at, and why. */
export interface Pointed {
  readonly line: SourceLine;
  readonly shows: string;
}

/** A part of a captured file around the lines that matter. */
export interface Excerpt {
  readonly host: string;
  readonly command: string;
  readonly file: string;
  /** In order; `null` where lines were left out. */
  readonly rows: readonly (Row | null)[];
}

export interface Row {
  readonly line: number;
  readonly text: string;
  /** Why it is pointed at; null for lines that only stand around. */
  readonly shows: string | null;
}

/** Few before, so that the first line pointed at is in view without scrolling; more behind. */
const before = 3;
const behind = 6;

/** The captured files of some lines, cut to what stands around them: one excerpt for each capture, in the order of the lines. */
export function excerpts(lines: readonly Pointed[], captures: readonly ReadCapture[]): Excerpt[] {
  const groups = new Map<Capture | string, { readonly capture: Capture | null; readonly pointed: Pointed[] }>();
  for (const each of lines) {
    const capture = captureOf(each.line, captures);
    const key = capture ?? each.line.file;
    const group = groups.get(key) ?? { capture, pointed: [] };
    groups.set(key, group);
    group.pointed.push(each);
  }
  return [...groups.values()].map(({ capture, pointed }) => ({
    host: capture?.host ?? '', command: capture?.command ?? '', file: pointed[0]?.line.file ?? '', rows: rows(pointed, capture),
  }));
}

function captureOf({ file, line, text }: SourceLine, captures: readonly ReadCapture[]): Capture | null {
  // Of a live run two captures may have one name: the text decides.
  const found = captures.find(({ capture }) => capture.file === file && capture.lines[line - capture.firstLine] === text);
  return found?.capture ?? null;
}

function rows(pointed: readonly Pointed[], capture: Capture | null): (Row | null)[] {
  const shows = new Map<number, string>();
  const texts = new Map<number, string>();
  for (const { line, shows: why } of pointed) {
    shows.set(line.line, shows.has(line.line) ? `${shows.get(line.line) ?? ''}; ${why}` : why);
    texts.set(line.line, line.text);
    if (capture === null) continue;
    const first = Math.max(0, line.line - capture.firstLine - before);
    const last = Math.min(capture.lines.length - 1, line.line - capture.firstLine + behind);
    for (let at = first; at <= last; at++) texts.set(capture.firstLine + at, capture.lines[at] ?? '');
  }
  const out: (Row | null)[] = [];
  let previous: number | null = null;
  for (const [line, text] of [...texts].sort(([a], [b]) => a - b)) {
    if (previous !== null && line > previous + 1) out.push(null);
    out.push({ line, text, shows: shows.get(line) ?? null });
    previous = line;
  }
  return out;
}
