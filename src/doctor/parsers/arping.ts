import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine } from '../evidence.ts';
import { address, mac } from '../address.ts';
import type { Address, Mac } from '../address.ts';
import { after, readLines, recognise, skip } from './read-lines.ts';
import { commandLine } from '../command-line.ts';

/** One run of arping: who answers for an address on one network. */
export interface ArpingRecord {
  readonly kind: 'arping';
  readonly source: SourceLine;
  readonly target: Address;
  readonly dev: string | null;
  /** iputils' arping asks the first that answered alone from then on, unless `-b`: without it a second claimant shows in the first round only. */
  readonly broadcast: boolean;
  readonly replies: readonly { readonly source: SourceLine; readonly mac: Mac }[];
  readonly sent: number | null;
}

function parse(capture: Capture): Reading<ArpingRecord> {
  const command = commandLine(capture.command);
  const replies: ArpingRecord['replies'][number][] = [];
  // In an object, because the function below assigns them.
  const head: { target: Address | null; begin: SourceLine | null } = { target: null, begin: null };
  let dev = after(command.words, '-I') ?? after(command.words, '-i');
  let sent: number | null = null;
  const read = readLines<ArpingRecord>(capture, 'arping', (text, line) => {
    const first = /^ARPING (\S+)(?: from \S+ (\S+))?/.exec(text);
    if (first) { head.target = address(first[1] ?? ''); dev = first[2] ?? dev; head.begin = line; return skip; }
    // iputils prints upper case: `Unicast reply from 10.9.0.50 [02:00:00:00:00:0B]  0.6ms`
    const reply = /^(?:Unicast|Broadcast) reply from (\S+) \[([0-9A-Fa-f:]+)\](?: for \S+ \[[^\]]*\])?/.exec(text) ?? /^\d+ bytes from ()([0-9a-f:]{11,17}) \(([^)]+)\)/i.exec(text);
    if (reply) {
      const token = mac(reply[2] ?? '');
      if (token === null) return null;
      head.target ??= address(reply[1] === '' ? reply[3] ?? '' : reply[1] ?? '');
      replies.push({ source: line, mac: token });
      return skip;
    }
    const probes = /^Sent (\d+) probes/.exec(text) ?? /^(\d+) packets transmitted/.exec(text);
    if (probes) { sent = Number(probes[1]); return skip; }
    return /^(?:Received \d+|Timeout|---|rtt |\^C|$)/.test(text) ? skip : null;
  });
  const at = head.target ?? command.operands.map((word) => address(word)).find((token) => token !== null) ?? null;
  if (at === null) return read;
  const broadcast = command.words.some((word) => /^-[a-zA-Z]*b/.test(word)) || (replies[0]?.source.text.includes('bytes from') ?? false);
  return { records: [{ kind: 'arping', source: head.begin ?? sourceLine(capture, 0), target: at, dev, broadcast, replies, sent }], unread: read.unread };
}

export const arping: Parser<'arping', ArpingRecord> = {
  format: 'arping',
  commands: ['arping -b -c 3 -I DEVICE ADDRESS'],
  recognises: (capture) => recognise(capture, ({ program }) => program === 'arping', (text) => /^ARPING \S+/.test(text) || /^(?:Unicast|Broadcast) reply from /.test(text)),
  parse,
};
