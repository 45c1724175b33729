import type { Clock } from './clock.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | readonly (string | number)[]>>;

/** Sentences with fields. Values are data: nothing in them can forge a line, a terminal sequence or show a private key. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** Whether a line of that level would be written: for texts that cost something to make. */
  writes(level: LogLevel): boolean;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: 'text' | 'json';
  readonly clock: Clock;
  /** Takes one line with its line end. */
  readonly write: (line: string) => void;
  /** ANSI colours for the level's word; text format only. */
  readonly colour?: boolean;
}

const severity: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
const colours: Record<LogLevel, string> = { debug: '2', info: '32', warn: '33', error: '31' };

/** The end may be missing (a text cut short): then the rest of the text counts as key. */
const privateKey = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g;

/** The text without private keys. */
export function withoutKeys(text: string): string {
  return text.includes('PRIVATE KEY') ? text.replace(privateKey, '[private key]') : text;
}

/** Control characters (C0, DEL, C1, line and paragraph separators, bidirectional overrides) as escapes. */
export function visible(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    switch (character) {
      case '\n': return '\\n';
      case '\r': return '\\r';
      case '\t': return '\\t';
      default: return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    }
  });
}

function textValue(value: LogFields[string]): string {
  const text = visible(withoutKeys(Array.isArray(value) ? value.join(', ') : String(value)));
  return text === '' || /[\s"=]/.test(text) ? JSON.stringify(text) : text;
}

function cleaned(value: LogFields[string]): unknown {
  if (typeof value === 'string') return withoutKeys(value);
  return Array.isArray(value) ? value.map((item: string | number) => (typeof item === 'string' ? withoutKeys(item) : item)) : value;
}

export function createLogger(options: LoggerOptions): Logger {
  const least = severity[options.level];
  const line = (level: LogLevel, message: string, fields: LogFields): string => {
    const time = new Date(options.clock.now()).toISOString();
    const present = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (options.format === 'json') {
      // The fixed names come last: a field cannot pretend to be one of them.
      const parts = Object.fromEntries(present.map(([name, value]) => [name, cleaned(value)]));
      return `${JSON.stringify({ ...parts, time, level, message: withoutKeys(message) })}\n`;
    }
    const word = level.padEnd(5);
    const shown = options.colour === true ? `\x1b[${colours[level]}m${word}\x1b[0m` : word;
    const tail = present.map(([name, value]) => ` ${name}=${textValue(value)}`).join('');
    return `${time} ${shown} ${visible(withoutKeys(message))}${tail}\n`;
  };
  const log = (level: LogLevel) => (message: string, fields: LogFields = {}): void => {
    if (severity[level] >= least) options.write(line(level, message, fields));
  };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), writes: (level) => severity[level] >= least };
}

/** Says nothing: for tests and for callers that have nobody to tell. */
export const silentLogger: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, writes: () => false };
