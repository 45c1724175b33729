import type { Resource } from '../resources/kinds.ts';
import type { FieldLines, Origin } from '../resources/metadata.ts';
import { refusals } from './refusals.ts';
import type { RefusalCode } from './refusals.ts';
import type { Refusal, Warning } from './verdict.ts';
import { warnings } from './warnings.ts';
import type { WarningCode } from './warnings.ts';

/** What a rule says about an object, before the line is looked up: looking up lines costs, and most objects have no notes. */
export type Note = RefusalNote | WarningNote;

export interface RefusalNote {
  readonly severity: 'refusal';
  readonly code: RefusalCode;
  /** Field inside the object; empty where none can be named. */
  readonly path: string;
  readonly message: string;
  readonly hint: string;
  readonly winner?: Resource;
  /** The field's line where the decoder already knows it. */
  readonly line?: number;
}

export interface WarningNote {
  readonly severity: 'warning';
  readonly code: WarningCode;
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

export const refuse = (code: RefusalCode, path: string, message: string, hint: string = refusals[code].fix): RefusalNote =>
  ({ severity: 'refusal', code, path, message, hint });

export const warn = (code: WarningCode, path: string, message: string, hint: string = warnings[code].fix): WarningNote =>
  ({ severity: 'warning', code, path, message, hint });

export const isRefusal = (note: Note): note is RefusalNote => note.severity === 'refusal';
export const isWarning = (note: Note): note is WarningNote => note.severity === 'warning';

export const toRefusal = (note: RefusalNote, origin: Origin, lineOf: FieldLines): Refusal => ({
  code: note.code,
  reason: refusals[note.code].reason,
  message: note.message,
  hint: note.hint,
  ...(note.path === '' ? {} : { path: note.path }),
  line: note.line ?? (note.path === '' ? origin.line : lineOf(origin, note.path)),
  ...(note.winner === undefined ? {} : { winner: note.winner }),
});

export const toWarning = (note: WarningNote, origin: Origin, lineOf: FieldLines): Warning => ({
  code: note.code,
  path: note.path,
  message: note.message,
  hint: note.hint,
  line: note.path === '' ? origin.line : lineOf(origin, note.path),
});

/**
 * Text of a manifest inside a message: short, on one line, without control characters, so that a hostile value can
 * neither forge a log line nor fill the terminal.
 */
export const quoted = (text: string): string => {
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return `"${shown.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;
};
