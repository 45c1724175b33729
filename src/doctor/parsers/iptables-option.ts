import { numbers } from '../model/firewall/field.ts';
import type { ValueSet } from '../model/firewall/field.ts';
import type { Oddity, Step } from '../model/firewall/rule.ts';

/** A cursor over the words of one rule. */
export class RuleWords {
  private at = 0;
  private readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
  }

  ended(): boolean {
    return this.at >= this.words.length;
  }

  peek(): string {
    return this.words[this.at] ?? '';
  }

  next(): string {
    const word = this.words[this.at] ?? '';
    this.at += 1;
    return word;
  }

  /** Everything up to the next option or `!`: the arguments of an option nobody knows. */
  arguments(): string {
    const taken: string[] = [];
    while (!this.ended() && !(this.peek().startsWith('-') && this.peek().length > 1) && this.peek() !== '!') taken.push(this.next());
    return taken.join(' ');
  }
}

/** A rule while it is read. */
export interface RuleDraft {
  readonly steps: Step[];
  readonly oddities: Oddity[];
  readonly family: 4 | 6;
  comment: string | null;
  /** Module named by the last `-m`. */
  module: string;
  protocol: string;
}

/** `80`, `80:443`, `:1023`, `1024:` as iptables writes port ranges. Null when a service name is not known. */
export function portRange(text: string, portOf: (name: string) => number | null): readonly [number, number] | null {
  const colon = text.indexOf(':');
  if (colon < 0) {
    const port = /^\d{1,5}$/.test(text) ? Number(text) : portOf(text);
    return port === null ? null : [port, port];
  }
  const low = text.slice(0, colon);
  const high = text.slice(colon + 1);
  const from = low === '' ? 0 : /^\d{1,5}$/.test(low) ? Number(low) : portOf(low);
  const to = high === '' ? 65_535 : /^\d{1,5}$/.test(high) ? Number(high) : portOf(high);
  return from === null || to === null ? null : [from, to];
}

export function numberRange(text: string): readonly [number, number] | null {
  const found = /^(\d{1,9})?(:)?(\d{1,9})?$/.exec(text);
  if (!found || text === '' || text === ':') return null;
  const low = found[1] === undefined ? 0 : Number(found[1]);
  return [low, found[2] === undefined ? low : found[3] === undefined ? 0xffffffff : Number(found[3])];
}

/** `0x1/0xff`, `1`: value and mask. */
export function valueAndMask(text: string): { readonly value: number; readonly mask: number } | null {
  const found = /^(0x[0-9a-f]{1,8}|\d{1,10})(?:\/(0x[0-9a-f]{1,8}|\d{1,10}))?$/i.exec(text);
  if (!found) return null;
  return { value: Number(found[1]) >>> 0, mask: found[2] === undefined ? 0xffffffff : Number(found[2]) >>> 0 };
}

/** A mark condition: the whole word or some of its bits. */
export function maskedValue(value: number, mask: number): ValueSet {
  return mask === 0xffffffff ? numbers(value) : { type: 'bits', mask, value };
}

/** iptables' trailing `+` is the model's trailing `*`. */
export function deviceName(text: string): string {
  return text.endsWith('+') ? `${text.slice(0, -1)}*` : text;
}

/** Steps that thousands of rules share are one object: a large rule set is mostly the same few words. */
export const countStep = { kind: 'count' } as const satisfies Step;
