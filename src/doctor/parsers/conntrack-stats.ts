import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** Counters of the connection table since boot, summed over processors. */
export interface ConntrackStatsRecord {
  readonly kind: 'conntrack-stats';
  readonly source: SourceLine;
  /** `insert_failed`, `drop`, `early_drop`, `invalid`, `chaintoolong`, `clash_resolve`, ... as far as this generation has them. */
  readonly counters: Readonly<Record<string, number>>;
}

/** The number of entries: `conntrack -C`. (The sysctl of the same meaning is a sysctl.) */
export interface ConntrackCountRecord {
  readonly kind: 'conntrack-count';
  readonly source: SourceLine;
  readonly entries: number;
}

type R = ConntrackStatsRecord | ConntrackCountRecord;

/**
 * `conntrack -S` has three generations: plain `name  value` for users without rights, `cpu=0 searched= found= new= ...`, and
 * `cpu=0 found= invalid= insert= insert_failed= drop= early_drop= ...`. `/proc/net/stat/nf_conntrack` is hexadecimal, a line for each processor.
 */
function parse(capture: Capture): Reading<R> {
  const sums: Record<string, number> = {};
  // In an object, because the functions below assign it.
  const found: { first: SourceLine | null } = { first: null };
  let columns: readonly string[] | null = null;
  const add = (name: string, value: number, line: SourceLine): void => {
    found.first ??= line;
    sums[name] = (sums[name] ?? 0) + value;
  };
  const counting = /(?:^|\s)-C\b|--count/.test(capture.command);
  const read = readLines<R>(capture, 'conntrack-stats', (text, line) => {
    if (counting && /^\d+$/.test(text)) return { kind: 'conntrack-count', source: line, entries: Number(text) };
    if (/^cpu=\d+/.test(text)) {
      for (const pair of text.matchAll(/([a-z_]+)=(\d+)/g)) if (pair[1] !== 'cpu') add(pair[1] ?? '', Number(pair[2]), line);
      return skip;
    }
    if (/^entries\s+(?:searched|clashres|found)\b/.test(text)) { columns = text.split(/\s+/); found.first ??= line; return skip; }
    const hex = columns !== null && /^[0-9a-f]{8,16}(?:\s+[0-9a-f]{8,16})+$/.test(text) ? text.split(/\s+/) : null;
    if (hex !== null && columns !== null) {
      // `entries` is the same figure on every line, not a share of it.
      columns.forEach((name, index) => {
        const value = Number.parseInt(hex[index] ?? '0', 16);
        if (name === 'entries') sums[name] = value; else add(name, value, line);
      });
      return skip;
    }
    const plain = /^([a-z_]+)\s+(\d+)$/.exec(text);
    if (plain) { add(plain[1] ?? '', Number(plain[2]), line); return skip; }
    return /^conntrack v/.test(text) ? skip : null;
  });
  // The line shown is the first that has counters; a reader sees the others below it.
  return found.first === null ? read : { records: [...read.records, { kind: 'conntrack-stats', source: found.first, counters: sums }], unread: read.unread };
}

export const conntrackStats: Parser<'conntrack-stats', R> = {
  format: 'conntrack-stats',
  commands: ['conntrack -S', 'cat /proc/net/stat/nf_conntrack'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => /^\/proc\/net\/stat\/(?:nf|ip)_conntrack$/.test(program) || (program === 'conntrack' && words.some((word) => /^-(?:S|C)$|^--(?:stats|count)$/.test(word))),
    (text) => /^cpu=\d+\s+(?:searched|found|invalid)=/.test(text) || /^entries\s+(?:searched|clashres)\s+found\b/.test(text),
  ),
  parse,
};
