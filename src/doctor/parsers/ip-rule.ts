import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { prefix } from '../address.ts';
import type { Prefix } from '../address.ts';
import { after, numberOf, readLines, recognise } from './read-lines.ts';

/** One policy: `32765:	from 10.1.0.0/16 fwmark 0x1 lookup 100`. */
export interface IpRuleRecord {
  readonly kind: 'ip-rule';
  readonly source: SourceLine;
  readonly priority: number;
  readonly from: Prefix | null;
  readonly to: Prefix | null;
  readonly iif: string | null;
  readonly oif: string | null;
  readonly mark: string | null;
  readonly not: boolean;
  /** Table that is looked up, or null for `unreachable`, `blackhole`, `prohibit`. */
  readonly table: string | null;
  readonly action: string;
}

function parse(capture: Capture): Reading<IpRuleRecord> {
  return readLines<IpRuleRecord>(capture, 'ip-rule', (text, line) => {
    const found = /^(\d+):\s+(.*)$/.exec(text);
    if (!found) return null;
    const words = (found[2] ?? '').split(/\s+/);
    const table = after(words, 'lookup') ?? after(words, 'table');
    const action = table !== null ? 'lookup' : words.find((word) => ['unreachable', 'blackhole', 'prohibit', 'nop', 'goto'].includes(word));
    if (action === undefined) return null;
    const from = after(words, 'from');
    const to = after(words, 'to');
    return {
      kind: 'ip-rule', source: line, priority: numberOf(found[1]) ?? 0, from: from === null || from === 'all' ? null : prefix(from), to: to === null || to === 'all' ? null : prefix(to),
      iif: after(words, 'iif'), oif: after(words, 'oif'), mark: after(words, 'fwmark'), not: words.includes('not'), table, action,
    };
  });
}

export const ipRule: Parser<'ip-rule', IpRuleRecord> = {
  format: 'ip-rule',
  commands: ['ip rule show'],
  recognises: (capture) => recognise(capture, ({ program, operands }) => program === 'ip' && /^(?:ru|rul|rule)$/.test(operands[0] ?? ''), (text) => /^\d+:\s+(?:not )?from \S+.* lookup \S+/.test(text)),
  parse,
};
