/**
 * What the doctor looks at, before anybody understands it: the output of one command (or one file) of one host.
 * Everything that is later said about a network points back at these lines.
 */

/** One line of a captured file, verbatim. Carried by every record, so that a finding can show the line that proves it. */
export interface SourceLine {
  /** Path as a person may open it: relative to what was named on the command line; `archive.tar.gz!host/file` inside an archive. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  readonly text: string;
}

/** A line (or a whole capture) that nobody could read. It never counts as absent: whoever asks for what it may have held gets `unknown`. */
export interface Unread extends SourceLine {
  readonly reason: string;
  /** Format of the parser that gave up, or null when no parser recognised the capture. */
  readonly format: string | null;
  readonly host: string;
}

/** One command's output on one host. */
export interface Capture {
  /** Name of the host as the evidence gives it (directory, prompt, manifest). `''` when nothing says. */
  readonly host: string;
  /** Command line as typed (`ip -s neigh show`), or the path of a copied file (`/proc/net/arp`). `''` when only the content tells. */
  readonly command: string;
  /** Milliseconds since the epoch; null when the evidence does not say. */
  readonly takenAt: number | null;
  /** 1 for the first sample, 2 for the second, where a collector took counters twice. */
  readonly sample: number;
  readonly file: string;
  /** Number that `lines[0]` has in `file` (a transcript holds several captures in one file). 1-based. */
  readonly firstLine: number;
  /** Text without line ends. Of a capture with `big`, only its beginning. */
  readonly lines: readonly string[];
  /** Exit code of the command; null when unknown. */
  readonly exitCode: number | null;
  /** Set when the text is too large to be held as lines; only a parser with `parseBig` reads it. */
  readonly big: BigText | null;
}

/** A text that is read as a stream of bytes, afresh each time it is asked for. */
export interface BigText {
  readonly bytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What a parser makes of one capture. */
export interface Reading<R> {
  readonly records: readonly R[];
  readonly unread: readonly Unread[];
}

/** Every record of every parser has at least this. Two formats that say the same thing (`ip neigh`, `arp -an`) make records of one kind. */
export interface RecordBase {
  /** Name of the kind, unique over all parsers: the model asks for records by it. */
  readonly kind: string;
  /** The line (the first, when it took several) that says so. */
  readonly source: SourceLine;
}

/**
 * One text format. `recognises` answers by command first and by content where no command is known; it must be cheap and
 * must not throw. `parse` must accept any text: what it does not understand goes to `unread`, nothing is thrown, time is linear.
 */
export interface Parser<Format extends string, R extends RecordBase> {
  readonly format: Format;
  /** Commands or files a person may capture to get it, the best first: used in "run this to settle it". */
  readonly commands: readonly string[];
  /** A log: any line may be about something else, so a text that is one log is offered to every log parser. */
  readonly log?: true;
  recognises(capture: Capture): Recognition;
  parse(capture: Capture): Reading<R>;
  /** Only for formats that may have a million lines. */
  parseBig?(capture: Capture, text: BigText): Promise<Reading<R>>;
}

/** How sure a parser is that a capture is its own. The highest wins; equal ones go by order in parsers.ts. */
export const recognition = { no: 0, byContent: 1, byCommand: 2, byCommandAndContent: 3 } as const;
export type Recognition = (typeof recognition)[keyof typeof recognition];

/** A command on a host that would settle what is not known. */
export interface Settle {
  /** `''` when it is not known which host. */
  readonly host: string;
  readonly command: string;
}

/** Three-valued answer to a question about the evidence. `absent` is said only by a capture that would have shown it. */
export type Known<T> =
  | { readonly state: 'known'; readonly value: T; readonly lines: readonly SourceLine[] }
  | { readonly state: 'absent'; readonly lines: readonly SourceLine[] }
  | { readonly state: 'unknown'; readonly because: string; readonly settle: readonly Settle[] };

export function known<T>(value: T, lines: readonly SourceLine[]): Known<T> {
  return { state: 'known', value, lines };
}

export function absent(lines: readonly SourceLine[]): Known<never> {
  return { state: 'absent', lines };
}

export function unknown(because: string, settle: readonly Settle[]): Known<never> {
  return { state: 'unknown', because, settle };
}

/** The i-th (0-based) line of a capture with its place. */
export function sourceLine(capture: Capture, index: number): SourceLine {
  return { file: capture.file, line: capture.firstLine + index, text: capture.lines[index] ?? '' };
}

/** Every line of a capture with its place, in order. */
export function* sourceLines(capture: Capture): Generator<SourceLine> {
  for (let index = 0; index < capture.lines.length; index++) yield sourceLine(capture, index);
}

export function unreadLine(capture: Capture, line: SourceLine, format: string | null, reason: string): Unread {
  return { ...line, reason, format, host: capture.host };
}
