import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** A message that HAProxy refused, as `show errors` keeps the last one of each proxy. What it says itself is not kept: it may hold secrets. */
export interface RefusedMessageRecord {
  readonly kind: 'haproxy-refused-message';
  readonly source: SourceLine;
  /** The frontend for a request, the backend for an answer. */
  readonly proxy: string;
  readonly direction: 'request' | 'response';
  readonly client: Address | null;
  readonly clientPort: number | null;
  /** Bytes of the message so far, and what was still free in the buffer; null in forms without them. */
  readonly length: number | null;
  readonly free: number | null;
  /** The line that gives the length. */
  readonly sizeSource: SourceLine | null;
  /** It begins like a PROXY header. */
  readonly proxyHeader: boolean;
}

type Draft = { -readonly [K in keyof RefusedMessageRecord]: RefusedMessageRecord[K] };

function parse(capture: Capture): Reading<RefusedMessageRecord> {
  const records: Draft[] = [];
  const read = readLines<RefusedMessageRecord>(capture, 'haproxy-errors', (text, line) => {
    const head = /^\[\d\d\/\w{3}\/\d{4}:[\d:.]+\] (?:frontend|backend|proxy) (\S+) \(#-?\d+\)\s*: invalid (request|response)/.exec(text);
    if (head) { records.push({ kind: 'haproxy-refused-message', source: line, proxy: head[1] ?? '', direction: head[2] === 'response' ? 'response' : 'request', client: null, clientPort: null, length: null, free: null, sizeSource: null, proxyHeader: false }); return skip; }
    const last = records[records.length - 1];
    if (last === undefined) return /^Total events captured/.test(text) ? skip : null;
    const from = /\bsrc (\S+):(\d{1,5})$/.exec(text) ?? /\bsrc ([\d.]+|[0-9a-f:]+),/.exec(text);
    if (from) { last.client = address(from[1] ?? ''); last.clientPort = from[2] === undefined ? null : Number(from[2]); return skip; }
    const free = /buffer starts at \d+ .*?(\d+) free/.exec(text);
    if (free) { last.free = Number(free[1]); return skip; }
    const length = /^len (\d+), wraps at (\d+)/.exec(text);
    if (length) { last.length = Number(length[1]); last.sizeSource = line; return skip; }
    if (/^00000\s+(?:PROXY (?:TCP|UNKNOWN)|\\r\\n\\r\\n\\x00\\r\\nQUIT)/.test(text)) last.proxyHeader = true;
    return skip;
  });
  return { records, unread: read.unread };
}

export const haproxyErrors: Parser<'haproxy-errors', RefusedMessageRecord> = {
  format: 'haproxy-errors',
  commands: ['echo "show errors" | socat stdio SOCKET'],
  recognises: (capture) => recognise(capture, () => /\bshow errors\b/.test(capture.command), (text) => /^Total events captured on \[/.test(text)),
  parse,
};
