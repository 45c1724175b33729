import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { after, isJson, isObject, json, lineHaving, numberOf, readLines, recognise, textOf } from './read-lines.ts';

/** A next hop object of the kernel: one hop, or a group of them. */
export interface NexthopRecord {
  readonly kind: 'nexthop';
  readonly source: SourceLine;
  readonly id: number;
  readonly via: Address | null;
  readonly dev: string | null;
  /** Numbers of the members; empty for a single hop. */
  readonly group: readonly number[];
  /** A resilient group leaves connections where they are when a member goes (Linux 5.13). */
  readonly resilient: boolean;
}

/** `id 1 via 10.1.0.2 dev eth1 scope link`, `id 10 group 1/2,3 type resilient buckets 64 idle_timer 60 unbalanced_timer 0` */
function parse(capture: Capture): Reading<NexthopRecord> {
  if (isJson(capture)) return parseJson(capture);
  return readLines<NexthopRecord>(capture, 'ip-nexthop', (text, line) => {
    const words = text.split(/\s+/);
    const id = words[0] === 'id' ? numberOf(words[1]) : null;
    if (id === null) return null;
    const via = after(words, 'via');
    // Members are separated by slashes, each with its weight after a comma.
    const group = (after(words, 'group') ?? '').split('/').flatMap((member) => numberOf(member.split(',')[0]) ?? []);
    return { kind: 'nexthop', source: line, id, via: address(via === 'inet6' || via === 'inet' ? words[words.indexOf('via') + 2] ?? '' : via ?? ''), dev: after(words, 'dev'), group, resilient: after(words, 'type') === 'resilient' };
  });
}

function parseJson(capture: Capture): Reading<NexthopRecord> {
  const read = json(capture);
  if ('reason' in read) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'ip-nexthop', read.reason)] };
  const records: NexthopRecord[] = [];
  let at = 0;
  for (const item of Array.isArray(read.value) ? read.value : []) {
    const id = isObject(item) ? numberOf(item['id']) : null;
    if (!isObject(item) || id === null) continue;
    at = lineHaving(capture, at, `"id":${String(id)}`);
    records.push({ kind: 'nexthop', source: sourceLine(capture, at), id, via: address(textOf(item['gateway']) ?? ''), dev: textOf(item['dev']), group: (Array.isArray(item['group']) ? item['group'] : []).flatMap((member: unknown) => (isObject(member) ? numberOf(member['id']) ?? [] : [])), resilient: item['type'] === 'resilient' });
  }
  return { records, unread: [] };
}

export const ipNexthop: Parser<'ip-nexthop', NexthopRecord> = {
  format: 'ip-nexthop',
  commands: ['ip nexthop show'],
  recognises: (capture) => recognise(capture, ({ program, operands }) => program === 'ip' && /^(?:nexth\w*|nh)$/.test(operands[0] ?? ''), (text) => /^id \d+ (?:via \S+ dev |group [\d/,]+|dev \S+ scope|blackhole)/.test(text)),
  parse,
};
