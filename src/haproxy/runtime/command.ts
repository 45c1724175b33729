import { RuntimeSocketError } from './runtime-socket-error.ts';

/** One command of HAProxy's CLI. `payload`, without empty lines, is sent as `<text> <<`, its lines, and an empty line. */
export interface Command {
  readonly text: string;
  readonly payload?: string;
}

/**
 * Bytes kept free below tune.bufsize. A command longer than the buffer makes HAProxy 2.6.12 close the connection; a payload
 * that fills it to the byte makes the CLI applet spin until HAProxy's own watch kills the process ("A bogus APPCTX ... is
 * spinning ... and refuses to die, aborting now"), and with it every connection. So the limit stays well away from the edge.
 */
const margin = 1024;

/**
 * Makes one argument of a command out of any printable text. White space separates arguments, `;` commands, `\` escapes
 * (management.txt 9.3); quotes and `#` mean nothing to this parser. `<<` would open a payload.
 */
export function escapeArgument(value: string): string {
  if (value === '') throw new RuntimeSocketError('unsafe', '', 'an argument of a HAProxy command cannot be empty');
  return value.replaceAll(/[\\; <]/g, '\\$&');
}

/** The bytes that carry a command, with the newline that ends it. Throws `unsafe` or `too-long`, see RuntimeSocketError. */
export function encodeCommand(command: Command, bufferSize: number): string {
  const { text, payload } = command;
  const label = commandLabel(command);
  const problem = findTextProblem(text) ?? (payload === undefined ? null : findPayloadProblem(payload));
  if (problem !== null) throw new RuntimeSocketError('unsafe', label, `refused to send "${label}" to HAProxy: ${problem}`);
  const line = payload === undefined ? `${text}\n` : `${text} <<\n${payload.endsWith('\n') ? payload : `${payload}\n`}\n`;
  const limit = longestCommand(bufferSize);
  // Three bytes are the most that UTF-8 makes of one UTF-16 unit: most commands need no counting.
  if (line.length * 3 > limit && Buffer.byteLength(line) > limit) {
    throw new RuntimeSocketError('too-long', label, `refused to send "${label}" to HAProxy: ${Buffer.byteLength(line)} bytes, the limit is ${limit} (tune.bufsize ${bufferSize})`);
  }
  return line;
}

/** Bytes that one command may have, payload, ` <<` and newlines included. For whoever cuts a long payload into several. */
export function longestCommand(bufferSize: number): number {
  return bufferSize - margin;
}

/** The command's beginning for messages: short, one line, without its payload. */
export function commandLabel(command: Command): string {
  const clean = command.text.replaceAll(/[\x00-\x1f\x7f]/g, '?');
  return clean.length > 120 ? `${clean.slice(0, 117)}...` : clean;
}

/** Lines that HAProxy echoes as `+ `: one for the line that opens the payload, one for each of its lines. */
export function countPayloadPrompts(command: Command): number {
  if (command.payload === undefined) return 0;
  let lines = command.payload.endsWith('\n') ? 1 : 2;
  for (let at = command.payload.indexOf('\n'); at >= 0; at = command.payload.indexOf('\n', at + 1)) lines++;
  return lines;
}

function findTextProblem(text: string): string | null {
  if (/[\x00-\x1f\x7f]/.test(text)) return 'it holds a control character';
  if (text.trim() === '') return 'it is empty';
  if (text.includes('<<')) return 'it holds "<<", which opens a payload';
  // A `;` behind an even number of backslashes ends the command and starts another: one reply too many.
  if (text.includes(';') && /(?:^|[^\\])(?:\\\\)*;/.test(text)) return 'it holds an unescaped ";"';
  if (/(?:^|[^\\])(?:\\\\)*\\$/.test(text)) return 'it ends in a backslash';
  // `prompt` leaves the mode in which replies can be told apart; `quit` ends the connection.
  if (/^\s*(?:prompt|quit)\b/.test(text)) return 'it would end the connection';
  return null;
}

function findPayloadProblem(payload: string): string | null {
  if (payload === '') return 'its payload is empty';
  if (payload.includes('\0')) return 'its payload holds a NUL byte';
  if (payload.startsWith('\n') || payload.includes('\n\n')) return 'its payload holds an empty line';
  return null;
}
