import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { hasLetter } from '../command-line.ts';
import type { CounterRecord } from './nstat.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** Sentences of net-tools (statistics.c) for the counters that matter here, older spellings included, by the names of nstat. */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^(\d+) forwarded$/, 'IpForwDatagrams'], [/^(\d+) incoming packets discarded$/, 'IpInDiscards'], [/^(\d+) outgoing packets dropped$/, 'IpOutDiscards'], [/^(\d+) dropped because of missing route$/, 'IpOutNoRoutes'],
  [/^(\d+) ICMP messages received$/, 'IcmpInMsgs'],
  [/^(\d+) active connections? openings$/, 'TcpActiveOpens'], [/^(\d+) passive connection openings$/, 'TcpPassiveOpens'], [/^(\d+) failed connection attempts$/, 'TcpAttemptFails'], [/^(\d+) connection resets received$/, 'TcpEstabResets'],
  [/^(\d+) connections established$/, 'TcpCurrEstab'], [/^(\d+) segments received$/, 'TcpInSegs'], [/^(\d+) segments sen[dt] out$/, 'TcpOutSegs'], [/^(\d+) segments retransmitt?ed$/, 'TcpRetransSegs'], [/^(\d+) resets sent$/, 'TcpOutRsts'],
  [/^(\d+) SYN cookies sent$/, 'TcpExtSyncookiesSent'], [/^(\d+) SYN cookies received$/, 'TcpExtSyncookiesRecv'], [/^(\d+) invalid SYN cookies received$/, 'TcpExtSyncookiesFailed'],
  [/^(\d+) times the listen queue of a socket overflowed$/, 'TcpExtListenOverflows'], [/^(\d+) SYNs to LISTEN sockets (?:dropped|ignored)$/, 'TcpExtListenDrops'],
  [/^(\d+) passive connections rejected because of time stamp$/, 'TcpExtPAWSPassive'], [/^(\d+) active connections rejected because of time stamp$/, 'TcpExtPAWSActive'],
  [/^(\d+) TCP sockets finished time wait in fast timer$/, 'TcpExtTW'], [/^(\d+) resets received for embryonic SYN_RECV sockets$/, 'TcpExtEmbryonicRsts'],
];

/** Rows of the two ICMP histograms: the same words mean received or sent, by the heading above. */
const histogram: Readonly<Record<string, string>> = { 'destination unreachable': 'DestUnreachs', redirect: 'Redirects', redirects: 'Redirects', 'timeout in transit': 'TimeExcds', 'time exceeded': 'TimeExcds' };

/**
 * `netstat -s`: sections, in them sentences with a number, and `Name: number` for counters that net-tools has no sentence for. It leaves
 * out sentences whose number is zero, so what it does not show is no counter that was not captured; nobody here says that it is absent.
 */
function parse(capture: Capture): Reading<CounterRecord> {
  let section = '';
  let direction: 'In' | 'Out' | null = null;
  const counter = (source: SourceLine, name: string, value: string | undefined): CounterRecord => ({ kind: 'counter', source, name, value: Number(value) });
  return readLines<CounterRecord>(capture, 'netstat-statistics', (text, line) => {
    const heading = /^([A-Z][A-Za-z0-9]*):$/.exec(text);
    if (heading) { section = heading[1] ?? ''; direction = null; return skip; }
    const rows = /^ICMP (in|out)put histogram:$/.exec(text);
    if (rows) { direction = rows[1] === 'in' ? 'In' : 'Out'; return skip; }
    const row = /^([A-Za-z][\w ]*): (\d{1,18})$/.exec(text);
    if (row) {
      const kind = histogram[row[1] ?? ''];
      if (direction !== null && kind !== undefined) return counter(line, `Icmp${direction}${kind}`, row[2]);
      // Output that was cut by grep has no section: these names are known from TcpExt.
      const owner = section !== '' ? section : /^(?:TCP|PAWS|Listen|IPReversePathFilter)/.test(row[1] ?? '') ? 'TcpExt' : null;
      return owner === null || !/^\w+$/.test(row[1] ?? '') ? skip : counter(line, `${owner}${row[1] ?? ''}`, row[2]);
    }
    for (const [pattern, name] of sentences) {
      const found = pattern.exec(text);
      if (found) return counter(line, name, found[1]);
    }
    return /\d/.test(text) && /^[\w ().,:'/-]+$/.test(text) ? skip : null;
  });
}

export const netstatStatistics: Parser<'netstat-statistics', CounterRecord> = {
  format: 'netstat-statistics',
  commands: ['netstat -s'],
  recognises: (capture) => recognise(
    capture,
    (command) => command.program === 'netstat' && (hasLetter(command, 's') || command.words.includes('--statistics')),
    (text) => /^\d+ (?:total packets received|active connections? openings|times the listen queue of a socket overflowed)$/.test(text),
  ),
  parse,
};
