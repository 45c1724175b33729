import { stripVTControlCharacters } from 'node:util';

/** Where a command's words go. */
export interface Terminal {
  /** Standard output: the answer. */
  out(text: string): void;
  /** Standard error: everything that is not the answer. */
  err(text: string): void;
  /** Columns that a line may take; Infinity with `--plain`. */
  readonly width: number;
  /** Whether colours may be used. They only repeat what a word says. */
  readonly colour: boolean;
}

/** Used where the output is no terminal: wide enough for a mail, narrow enough for a window. */
const widthOfFiles = 100;

/** The process's own streams. `plain`: no colours, no line breaks inside a paragraph. */
export function processTerminal(plain: boolean): Terminal {
  const { stdout, stderr } = process;
  return {
    out: (text) => { stdout.write(text); },
    err: (text) => { stderr.write(text); },
    width: plain ? Infinity : Math.max(40, stdout.isTTY ? stdout.columns : widthOfFiles),
    // hasColors() heeds NO_COLOR, FORCE_COLOR and TERM=dumb.
    colour: !plain && stdout.isTTY && stdout.hasColors(),
  };
}

export type Tone = 'good' | 'bad' | 'warn' | 'dim' | 'bold';
const codes: Record<Tone, string> = { good: '32', bad: '31', warn: '33', dim: '2', bold: '1' };

/** The text in a colour, where colours are allowed. Its words must say the same without it. */
export function toned(terminal: Pick<Terminal, 'colour'>, tone: Tone, text: string): string {
  return terminal.colour ? `\x1b[${codes[tone]}m${text}\x1b[0m` : text;
}

/** Text from manifests or from HAProxy, safe to show: without escape sequences and control characters. */
export function safe(text: string): string {
  return stripVTControlCharacters(text).replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, ' ');
}
