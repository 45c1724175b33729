/** One document of a file, not parsed yet. */
export interface DocumentRange {
  /** Byte offsets; the document's own `---` line belongs to it. */
  readonly start: number;
  readonly end: number;
  /** 1-based line of `start`. */
  readonly line: number;
  /** true: nothing but printable ASCII and line feeds. false: something else, or nobody looked. */
  readonly isPrintable: boolean;
}

/** Splitting stops behind this many documents: a file of nothing but markers would cost gigabytes. */
export const mostDocuments = 100_000;

const newline = 10;
const carriageReturn = 13;
const dash = 45;
const dot = 46;
const percent = 37;

const isSpace = (byte: number | undefined): boolean => byte === undefined || byte === 32 || byte === 9 || byte === newline || byte === carriageReturn;

/** Offset of the next byte that is no printable ASCII, or the end. */
function printableEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte !== undefined && byte >= 32 && byte <= 126; byte = bytes[at]) at++;
  return at;
}

/** The character three times, then white space or the end. */
const isMark = (bytes: Buffer, at: number, character: number): boolean =>
  bytes[at] === character && bytes[at + 1] === character && bytes[at + 2] === character && isSpace(bytes[at + 3]);

/** Nothing but `%` directives, comments and blank lines, with at least one directive: they belong to the `---` below. */
function isDirectives(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > 4096) return false;
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
  const { length } = bytes;
  let start = 0;
  let startLine = 1;
  let line = 1;
  let isPrintable = true;
  let directives = false;
  let dots = false;
  const close = (end: number): void => {
    if (end > start) found.push({ start, end, line: startLine, isPrintable });
    start = end;
    startLine = line;
    isPrintable = true;
    directives = false;
    dots = false;
  };
  const beginLine = (at: number): void => {
    if (dots) close(at);
    const first = bytes[at];
    if (first === dash && isMark(bytes, at, dash) && !(directives && isDirectives(bytes, start, at))) close(at);
    else if (first === dot && isMark(bytes, at, dot)) dots = true;
    else if (first === percent) directives = true;
  };
  beginLine(0);
  for (let at = printableEnd(bytes, 0); at < length && found.length <= mostDocuments; at = printableEnd(bytes, at + 1)) {
    if (bytes[at] !== newline) isPrintable = false;
    else {
      line++;
      beginLine(at + 1);
    }
  }
  if (found.length > mostDocuments) isPrintable = false;
  close(length);
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
      found.push({ start, end: place + 1, line: startLine, isPrintable: false });
      [depth, blank] = [0, true];
    }
  }
  if (!blank) found.push({ start, end: bytes.length, line: startLine, isPrintable: false });
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
