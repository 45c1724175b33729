import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { readLines, recognise, skip } from './read-lines.ts';

export interface PingReply {
  readonly source: SourceLine;
  readonly from: Address;
  readonly ttl: number | null;
}

/** One run of ping. */
export interface PingRecord {
  readonly kind: 'ping';
  readonly source: SourceLine;
  readonly target: Address;
  readonly replies: readonly PingReply[];
  /** `From 10.0.0.9: icmp_seq=2 Redirect Host(New nexthop: 10.0.0.7)`: the box we send to is not the last one. */
  readonly redirects: readonly { readonly source: SourceLine; readonly from: Address; readonly to: Address | null }[];
  readonly errors: readonly { readonly source: SourceLine; readonly from: Address | null; readonly text: string }[];
  /** null when the summary is not there. */
  readonly sent: number | null;
  readonly received: number | null;
  /** `(DUP!)`: two answers to one request. */
  readonly duplicates: number;
}

function parse(capture: Capture): Reading<PingRecord> {
  const replies: PingReply[] = [];
  const redirects: PingRecord['redirects'][number][] = [];
  const errors: PingRecord['errors'][number][] = [];
  // In an object, because the function below assigns them.
  const head: { target: Address | null; begin: SourceLine | null } = { target: null, begin: null };
  let sent: number | null = null;
  let received: number | null = null;
  let duplicates = 0;
  const read = readLines<PingRecord>(capture, 'ping', (text, line) => {
    const first = /^PING\s+\S+\s*\(([^)\s]+)\)/.exec(text) ?? /^PING\s+([0-9a-fA-F:.*]+)\b/.exec(text);
    if (first) { head.target = address(first[1] ?? ''); head.begin = line; return skip; }
    const reply = /^\d+ bytes from (?:\S+ \()?([^\s():]+(?::[0-9a-f:]+)?)\)?:? .*?(?:ttl|hlim)=(\d+)/i.exec(text);
    if (reply) {
      const from = address((reply[1] ?? '').replace(/:$/, ''));
      if (from === null) return null;
      if (text.includes('DUP!')) duplicates++;
      replies.push({ source: line, from, ttl: Number(reply[2]) });
      return skip;
    }
    const redirect = /^From (\S+?):? .*Redirect.*?(?:New nexthop: (?:\S+ \()?([^\s()]+))?\)*$/i.exec(text);
    if (redirect && /Redirect/i.test(text)) {
      const from = address((redirect[1] ?? '').replace(/:$/, ''));
      if (from === null) return null;
      redirects.push({ source: line, from, to: address(redirect[2] ?? '') });
      return skip;
    }
    const error = /^From (\S+?):? icmp_seq=?\s*\d+ (.*)$/.exec(text) ?? /^From (\S+?):? (Destination .*|Packet filtered|Time to live exceeded|Frag needed.*)$/.exec(text);
    if (error) { errors.push({ source: line, from: address((error[1] ?? '').replace(/:$/, '')), text: error[2] ?? '' }); return skip; }
    const failed = /^ping6?: (.*)$/.exec(text);
    if (failed) { errors.push({ source: line, from: null, text: failed[1] ?? '' }); return skip; }
    const summary = /^(\d+) packets transmitted, (\d+) (?:packets )?received/.exec(text);
    if (summary) { sent = Number(summary[1]); received = Number(summary[2]); return skip; }
    return /^(?:---|rtt |round-trip|\^C|pipe |no answer yet|Warning: )/.test(text) || /packet loss/.test(text) ? skip : null;
  });
  const at = head.target ?? address(/(\S+)\s*$/.exec(capture.command)?.[1] ?? '');
  if (at === null) return read;
  return { records: [{ kind: 'ping', source: head.begin ?? sourceLine(capture, 0), target: at, replies, redirects, errors, sent, received, duplicates }], unread: read.unread };
}

export const ping: Parser<'ping', PingRecord> = {
  format: 'ping',
  commands: ['ping -c 3 -n ADDRESS'],
  recognises: (capture) => recognise(capture, ({ program }) => program === 'ping' || program === 'ping6', (text) => /^PING \S+ ?\(/.test(text)),
  parse,
};
