import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** One counter of the network stack of one namespace, since boot. */
export interface CounterRecord {
  readonly kind: 'counter';
  readonly source: SourceLine;
  /** As nstat spells it: `TcpExtListenOverflows`, `IcmpInDestUnreachs`, `TcpRetransSegs`. */
  readonly name: string;
  readonly value: number;
}

/** `nstat -az` (name, value, rate), `/proc/net/snmp` and `/proc/net/netstat` (a line of names, a line of values). Not `nstat` alone: that prints differences since somebody's last call. */
function parse(capture: Capture): Reading<CounterRecord> {
  let names: readonly string[] = [];
  const sinceLast = /\bnstat\b/.test(capture.command) && !/\bnstat\s+-\w*[as]/.test(capture.command);
  return readLines<CounterRecord>(capture, 'nstat', (text, line) => {
    if (text.startsWith('#')) return skip;
    const row = /^([A-Z][A-Za-z0-9]+)\s+(\d+)\s+[\d.]+$/.exec(text);
    if (row) return sinceLast ? null : { kind: 'counter', source: line, name: row[1] ?? '', value: Number(row[2]) };
    const group = /^(\w+):\s+(.*)$/.exec(text);
    if (!group) {
      const six = /^((?:Ip6|Icmp6|Udp6|UdpLite6)\w+)\s+(\d+)$/.exec(text);
      return six ? { kind: 'counter', source: line, name: six[1] ?? '', value: Number(six[2]) } : null;
    }
    const words = (group[2] ?? '').split(/\s+/);
    if (/[A-Za-z]/.test(words[0] ?? '')) { names = words.map((word) => `${group[1] ?? ''}${word}`); return skip; }
    return words.flatMap((word, index): CounterRecord[] => {
      const name = names[index];
      return name !== undefined && name.startsWith(group[1] ?? '') && /^-?\d+$/.test(word) ? [{ kind: 'counter', source: line, name, value: Number(word) }] : [];
    });
  });
}

export const nstat: Parser<'nstat', CounterRecord> = {
  format: 'nstat',
  commands: ['nstat -az', 'cat /proc/net/netstat /proc/net/snmp'],
  recognises: (capture) => recognise(
    capture,
    ({ program }) => program === 'nstat' || /^\/proc\/net\/(?:netstat|snmp6?)$/.test(program),
    (text) => /^(?:Ip|Tcp|TcpExt|Icmp|Udp)[A-Z]\w+\s+\d+\s+\d+\.\d$/.test(text) || /^(?:TcpExt|Ip|Tcp): [A-Z]\w+ [A-Z]\w+/.test(text),
  ),
  parse,
};
