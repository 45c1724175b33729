import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPayloadPrompts, encodeCommand, escapeArgument } from './command.ts';
import { RuntimeSocketError } from './runtime-socket-error.ts';

const encode = (text: string, payload?: string): string => encodeCommand(payload === undefined ? { text } : { text, payload }, 32768);
function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof RuntimeSocketError) return error.code;
    throw error;
  }
  return 'sent';
}

describe('a command', () => {
  it('is one line, or a line with its payload and an empty line', () => {
    expect(encode('show info')).toBe('show info\n');
    expect(encode('add map /m', 'a 1\nb 2')).toBe('add map /m <<\na 1\nb 2\n\n');
    expect(encode('add map /m', 'a 1\nb 2\n')).toBe('add map /m <<\na 1\nb 2\n\n');
  });

  it.each([
    ['a newline', 'show info\nshutdown frontend f'], ['a carriage return', 'show info\r'], ['a NUL', 'show\0'], ['a second command', 'show info;shutdown frontend f'],
    ['a second command behind an escaped backslash', 'show map a\\\\;del map a'], ['an escape at its end', 'del map m a\\'], ['a payload mark', 'add map m <<'], ['nothing', ' '],
    ['the end of prompt mode', 'prompt'], ['the end of the connection', 'quit'],
  ])('with %s is refused', (_name, text) => {
    expect(codeOf(() => encode(text))).toBe('unsafe');
  });

  it.each([['an empty line', 'a 1\n\nshow info'], ['an empty line first', '\nshow info'], ['two newlines at its end', 'a 1\n\n'], ['a NUL', 'a\0 1'], ['nothing', '']])('with %s in its payload is refused', (_name, payload) => {
    expect(codeOf(() => encode('add map m', payload))).toBe('unsafe');
  });

  it('is never longer than the buffer of HAProxy allows, counted in bytes', () => {
    expect(codeOf(() => encode('add map m', `k ${'v'.repeat(31_725)}`))).toBe('sent');
    expect(codeOf(() => encode('add map m', `k ${'v'.repeat(31_745)}`))).toBe('too-long');
    expect(codeOf(() => encode('add map m', `k ${'é'.repeat(16_000)}`))).toBe('too-long');
    expect(codeOf(() => encode(`set map m k ${'v'.repeat(40_000)}`))).toBe('too-long');
  });

  it('never shows its payload in an error', () => {
    try {
      encode('set ssl cert x.pem', `-----BEGIN PRIVATE KEY-----\n${'S'.repeat(40_000)}`);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(RuntimeSocketError);
      expect(JSON.stringify([(error as RuntimeSocketError).message, (error as RuntimeSocketError).command])).not.toMatch(/SSS|BEGIN/);
    }
  });

  it('echoes one prompt for each line of its payload and one for the line before', () => {
    expect(countPayloadPrompts({ text: 'x' })).toBe(0);
    expect(countPayloadPrompts({ text: 'x', payload: 'a' })).toBe(2);
    expect(countPayloadPrompts({ text: 'x', payload: 'a\nb\n' })).toBe(3);
  });
});

describe('an escaped argument', () => {
  it('stays one argument of one command, whatever printable text it was', () => {
    fc.assert(fc.property(fc.string({ minLength: 1, unit: fc.constantFrom('a', ';', '\\', ' ', '<', '"', "'", '#', 'é') }), (value) => {
      const encoded = encode(`add map m ${escapeArgument(value)} v`);
      // The reverse of what HAProxy's parser does: split at bare white space, then drop the backslashes.
      const words = [...encoded.trimEnd().matchAll(/(?:\\.|[^\\ ])+/gu)].map((match) => match[0].replaceAll(/\\(.)/gu, '$1'));
      expect(words).toEqual(['add', 'map', 'm', value, 'v']);
    }));
  });

  it('cannot be empty', () => {
    expect(codeOf(() => escapeArgument(''))).toBe('unsafe');
  });
});
