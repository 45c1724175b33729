import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { parseHaproxyTime } from '../net/haproxy-time.ts';

/** A value, or what is wrong with the text: `expected` completes the sentence "write ...". */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** A kind of setting: how its text is read, and how the kind is shown in `--help`. */
export interface ValueKind<T> {
  /** `<port>` in `--http-port <port>`; empty for a switch, which takes no value. */
  readonly placeholder: string;
  /** Reads the text of a flag, an environment variable or a configuration file's value (numbers and booleans as text, lists joined by commas). */
  readonly read: (text: string) => Read<T>;
}

const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (expected: string): Read<never> => ({ ok: false, expected });

/** Go's strconv.ParseBool, which the OpenShift router's variables follow, plus yes/no/on/off. */
const trueWords = ['1', 't', 'true', 'yes', 'on'];
const falseWords = ['0', 'f', 'false', 'no', 'off'];

export const flag: ValueKind<boolean> = {
  placeholder: '',
  read(text) {
    const word = text.toLowerCase();
    if (trueWords.includes(word)) return good(true);
    if (falseWords.includes(word)) return good(false);
    return bad('true or false');
  },
};

export function integer(min: number, max: number, placeholder: string): ValueKind<number> {
  return {
    placeholder,
    read(text) {
      const number = /^(0|[1-9][0-9]*)$/.test(text) ? Number(text) : NaN;
      return number >= min && number <= max ? good(number) : bad(`a whole number from ${min} to ${max}`);
    },
  };
}

/** 0 asks the kernel for a free port. */
export const port = integer(0, 65_535, '<port>');

/** Milliseconds. */
export const time: ValueKind<number> = {
  placeholder: '<time>',
  read(text) {
    const milliseconds = parseHaproxyTime(text);
    return milliseconds === null ? bad('a whole number with us, ms, s, m, h or d, such as 500ms, 30s or 1h') : good(milliseconds);
  },
};

/** Any text without control characters, which no setting can mean. */
export function text(placeholder: string): ValueKind<string> {
  return { placeholder, read: (value) => (/[\x00-\x1f\x7f]/.test(value) ? bad('a text without control characters') : good(value)) };
}

export function pattern(expression: RegExp, expected: string, placeholder: string): ValueKind<string> {
  return { placeholder, read: (value) => (expression.test(value) ? good(value) : bad(expected)) };
}

export function choice<const T extends string>(values: readonly T[]): ValueKind<T> {
  return {
    placeholder: `<${values.join('|')}>`,
    read: (value) => {
      const found = values.find((candidate) => candidate === value);
      return found === undefined ? bad(`one of ${values.join(', ')}`) : good(found);
    },
  };
}

/** Items separated by `separator` (comma where not said); white space around them and empty items do not count. */
export function list<T>(item: ValueKind<T>, placeholder: string, separator: RegExp = /,/): ValueKind<readonly T[]> {
  return {
    placeholder,
    read(value) {
      const items: T[] = [];
      for (const part of value.split(separator).map((piece) => piece.trim()).filter((piece) => piece !== '')) {
        const read = item.read(part);
        if (!read.ok) return bad(`a list in which each entry is ${read.expected} (${JSON.stringify(part)} is not)`);
        items.push(read.value);
      }
      return good(items);
    },
  };
}

/** `null` where the text is empty or one of `words`. */
export function optional<T>(kind: ValueKind<T>, ...words: readonly string[]): ValueKind<T | null> {
  return { placeholder: kind.placeholder, read: (value) => (value === '' || words.includes(value) ? good(null) : kind.read(value)) };
}

export const ipAddress: ValueKind<string> = {
  placeholder: '<address>',
  read: (value) => (isIP(value) !== 0 ? good(value) : bad('an IPv4 or IPv6 address, such as 127.0.0.1 or ::')),
};

/** Canonical text; a single address becomes /32 or /128. */
export const cidr: ValueKind<string> = {
  placeholder: '<cidr>',
  read(value) {
    const withMask = value.includes('/') ? value : `${value}/${isIP(value) === 6 ? 128 : 32}`;
    if (isIP(withMask.split('/')[0] ?? '') === 0 || !ipaddr.isValidCIDR(withMask)) return bad('an address or network, such as 10.0.0.0/8 or 192.0.2.10');
    const [address, bits] = ipaddr.parseCIDR(withMask);
    return good(`${address.toString()}/${bits}`);
  },
};

/** A domain without wildcard: what host names may be equal to or end in. */
export const domain = pattern(
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/,
  'a lower-case domain name, such as apps.example.com', '<domain>',
);
