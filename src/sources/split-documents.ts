/** One document of a file, not parsed yet. */
export interface DocumentRange {
  /** Byte offsets; the document's own `---` line belongs to it. */
  readonly start: number;
  readonly end: number;
  /** 1-based line of `start`. */
  readonly line: number;
}

/** Splitting stops behind this many documents: a file of nothing but markers would cost gigabytes. */
export const mostDocuments = 100_000;

const newline = 10;
const carriageReturn = 13;

const isSpace = (byte: number | undefined): boolean => byte === undefined || byte === 32 || byte === 9 || byte === newline || byte === carriageReturn;

function countLines(bytes: Buffer, from: number, to: number): number {
  let lines = 0;
  for (let place = from; place < to; place++) if (bytes[place] === newline) lines++;
  return lines;
}

/** Offset of the next line that begins with `mark` (three characters) followed by white space or the end; or the end. */
function nextMark(bytes: Buffer, from: number, mark: '---' | '...'): number {
  if (from === 0 && bytes.subarray(0, 3).toString('latin1') === mark && isSpace(bytes[3])) return 0;
  for (let place = bytes.indexOf(`\n${mark}`, Math.max(0, from - 1)); place !== -1; place = bytes.indexOf(`\n${mark}`, place + 1)) {
    if (isSpace(bytes[place + 4])) return place + 1;
  }
  return bytes.length;
}

/** Nothing but `%` directives, comments and blank lines, with at least one directive: they belong to the `---` below. */
function isDirectives(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 4096 || !bytes.subarray(start, end).includes('%')) return false;
  const lines = bytes.toString('latin1', start, end).split('\n');
  return lines.some((line) => line.startsWith('%')) && lines.every((line) => line.startsWith('%') || /^[\s]*(#.*)?$/.test(line));
}

/**
 * The documents of a YAML file, found before anything is parsed, so that a broken one cannot take its neighbours with it.
 * YAML 1.2.2 section 9.1: `---` and `...` at the beginning of a line, followed by white space or the end, end a document
 * wherever they stand, even inside a block scalar or quotes; indented they are text. Lines end with LF or CRLF here
 * (`normalizeBytes`).
 */
export function splitDocuments(bytes: Buffer): readonly DocumentRange[] {
  const found: DocumentRange[] = [];
  let start = 0;
  let line = 1;
  const close = (end: number): void => {
    if (end > start) found.push({ start, end, line });
    line += countLines(bytes, start, end);
    start = end;
  };
  let dashes = nextMark(bytes, 0, '---');
  let dots = nextMark(bytes, 0, '...');
  while (found.length <= mostDocuments && (dashes < bytes.length || dots < bytes.length)) {
    if (dashes < dots) {
      if (!isDirectives(bytes, start, dashes)) close(dashes);
      dashes = nextMark(bytes, dashes + 3, '---');
    } else {
      const end = bytes.indexOf(newline, dots);
      close(end === -1 ? bytes.length : end + 1);
      dots = nextMark(bytes, dots + 3, '...');
    }
  }
  close(bytes.length);
  return found;
}

const quote = 34;
const backslash = 92;

/**
 * The values of a file of JSON texts, one after the other with or without white space between (`kubectl` reads such files).
 * Only brackets and strings are looked at: what stands between them is the parser's.
 */
export function splitJson(bytes: Buffer): readonly DocumentRange[] {
  const found: DocumentRange[] = [];
  let start = 0;
  let line = 1;
  let startLine = 1;
  let depth = 0;
  let inString = false;
  let blank = true;
  for (let place = 0; place < bytes.length && found.length <= mostDocuments; place++) {
    const byte = bytes[place];
    if (byte === newline) line++;
    if (inString) {
      if (byte === backslash) place++;
      else if (byte === quote) inString = false;
      continue;
    }
    if (blank && isSpace(byte)) continue;
    if (blank) [start, startLine, blank] = [place, line, false];
    if (byte === quote) inString = true;
    else if (byte === 123 || byte === 91) depth++;
    else if ((byte === 125 || byte === 93) && --depth <= 0) {
      found.push({ start, end: place + 1, line: startLine });
      [depth, blank] = [0, true];
    }
  }
  if (!blank) found.push({ start, end: bytes.length, line: startLine });
  return found;
}

const isUtf8Mark = (bytes: Buffer): boolean => bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/**
 * Bytes as the functions here expect them: no byte order mark, and no line that ends with a lone carriage return (a line
 * break to YAML and to old editors, but to nobody who counts lines by newlines). Line numbers stay what an editor shows.
 */
export function normalizeBytes(bytes: Buffer): Buffer {
  const text = isUtf8Mark(bytes) ? bytes.subarray(3) : bytes;
  let own: Buffer | null = null;
  for (let place = text.indexOf(carriageReturn); place !== -1; place = text.indexOf(carriageReturn, place + 1)) {
    if (text[place + 1] === newline) continue;
    own ??= Buffer.from(text);
    own[place] = newline;
  }
  return own ?? text;
}

/** The documents of a file, by what it is: a `.json` file that begins like JSON, else YAML (of which JSON is a part). */
export function splitFile(file: string, bytes: Buffer): readonly DocumentRange[] {
  const isJson = /\.json$/i.test(file) && /^\s*[[{]/.test(bytes.toString('latin1', 0, 1000));
  return isJson ? splitJson(bytes) : splitDocuments(bytes);
}
