import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { readLines, recognise, skip } from './read-lines.ts';

export interface SocketEnd {
  /** null: any address (`*`, `0.0.0.0`, `[::]`). */
  readonly address: Address | null;
  /** True for `[::]` and `*`, which also take IPv4 unless v6only. */
  readonly anyFamily: boolean;
  /** null for `*`, and for a service name that no table tells. */
  readonly port: number | null;
}

/** One socket of `ss` or `netstat`. */
export interface SocketRecord {
  readonly kind: 'socket';
  readonly source: SourceLine;
  readonly protocol: string;
  /** `LISTEN`, `ESTAB`, `SYN-RECV`, `CLOSE-WAIT`, `TIME-WAIT`, `UNCONN`...: as ss prints it, netstat's names turned into those. */
  readonly state: string;
  /** Of a listener: connections that wait to be accepted. Otherwise bytes not read by the program. */
  readonly recvQ: number;
  /** Of a listener: the limit of that queue. Otherwise bytes not acknowledged. */
  readonly sendQ: number;
  readonly local: SocketEnd;
  readonly peer: SocketEnd;
  readonly process: string | null;
  /** `-i`: mss, pmtu, unacked, retrans, sacked, backoff... as far as given. */
  readonly details: ReadonlyMap<string, string>;
  readonly detailsSource: SourceLine | null;
}

const states = 'LISTEN|ESTAB|SYN-SENT|SYN-RECV|FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT|CLOSE-WAIT|LAST-ACK|CLOSING|UNCONN|CLOSED';
const ofNetstat: Readonly<Record<string, string>> = { ESTABLISHED: 'ESTAB', SYN_SENT: 'SYN-SENT', SYN_RECV: 'SYN-RECV', FIN_WAIT1: 'FIN-WAIT-1', FIN_WAIT2: 'FIN-WAIT-2', TIME_WAIT: 'TIME-WAIT', CLOSE_WAIT: 'CLOSE-WAIT', LAST_ACK: 'LAST-ACK', CLOSING: 'CLOSING', LISTEN: 'LISTEN' };
const row = new RegExp(`^(?:(tcp|udp|raw|dccp|sctp|mptcp|icmp6|u_\\w+|nl|p_\\w+|v_\\w+|tipc|xdp|\\?\\?\\?)\\s+)?(${states})\\s+(\\d+)\\s+(\\d+)\\s+(\\S+?)\\s+(\\S+)(?:\\s+(.*))?$`);
const netstatRow = /^(tcp6?|udp6?)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(?:([A-Z_0-9]+)\s*)?(.*)$/;

function parse(capture: Capture): Reading<SocketRecord> {
  const records: SocketRecord[] = [];
  const listeners = /\bss\s+-\w*l/.test(capture.command);
  const read = readLines<SocketRecord>(capture, 'ss', (text, line) => {
    // iproute2 6.1 prints `Peer Address:PortProcess` without a blank.
    if (/^(?:Netid\s+)?State\s+Recv-Q|^Recv-Q\s+Send-Q|^Active Internet|^Proto\s+Recv-Q|^Active UNIX|^\(Not all processes|^\s*will not be shown/.test(text)) return skip;
    const found = row.exec(text);
    if (found) {
      const protocol = found[1] ?? (/\bss\s+\S*u/.test(capture.command) ? 'udp' : 'tcp');
      if (/^(?:u_|nl|p_|v_|tipc|xdp)/.test(protocol)) return skip;
      const local = end(found[5] ?? '');
      const peer = end(found[6] ?? '');
      if (local === null || peer === null) return null;
      const rest = found[7] ?? '';
      records.push({ kind: 'socket', source: line, protocol, state: found[2] ?? '', recvQ: Number(found[3]), sendQ: Number(found[4]), local, peer, process: /users:\(\("([^"]+)"/.exec(rest)?.[1] ?? null, details: details(rest), detailsSource: null });
      return skip;
    }
    const old = netstatRow.exec(text);
    if (old) {
      const local = end(old[4] ?? '');
      const peer = end(old[5] ?? '');
      if (local === null || peer === null) return null;
      const state = ofNetstat[old[6] ?? ''] ?? (old[6] === undefined || /^\d+$/.test(old[6]) ? 'UNCONN' : old[6]);
      // netstat shows 0 as the queue limit: a `-1` says that nothing is known about it.
      records.push({ kind: 'socket', source: line, protocol: (old[1] ?? '').replace('6', ''), state, recvQ: Number(old[2]), sendQ: state === 'LISTEN' ? -1 : Number(old[3]), local, peer, process: /(?:\d+\/)([^\s:]+)/.exec(`${old[6] ?? ''} ${old[7] ?? ''}`)?.[1] ?? null, details: new Map(), detailsSource: null });
      return skip;
    }
    const last = records[records.length - 1];
    if (last && /^(?:skmem:|ts |sack |cubic|bbr|reno|timer:|cgroup:|\w+ wscale|wscale|rto:|mss:|fallback|\S+ \S*rto:)/.test(text)) {
      records[records.length - 1] = { ...last, details: new Map([...last.details, ...details(text)]), detailsSource: line };
      return skip;
    }
    return listeners && /^\S+$/.test(text) ? skip : null;
  });
  return { records, unread: read.unread };
}

function details(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of text.matchAll(/\b([a-z_]{2,20}):([\w./,%-]+)/g)) found.set(pair[1] ?? '', pair[2] ?? '');
  const timer = /timer:\(([^)]*)\)/.exec(text);
  if (timer) found.set('timer', timer[1] ?? '');
  return found;
}

/** Well-known names that ss prints without `-n`; a name outside this table leaves the port unknown. */
const services: Readonly<Record<string, number>> = { http: 80, https: 443, ssh: 22, domain: 53, 'http-alt': 8080, 'zabbix-trapper': 10051, 'zabbix-agent': 10050, postgresql: 5432, mysql: 3306, ntp: 123, snmp: 161, sunrpc: 111, smtp: 25, ldap: 389, ldaps: 636, redis: 6379 };

/** A port as a number or one of the few service names that can be told. */
export function portNumber(text: string): number | null {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65_535 ? Number(text) : null;
  return services[text] ?? null;
}

/** `10.0.0.1:443`, `10.0.0.1%eth0:443`, `[::]:443`, `*:443`, `:::443` (netstat) */
function end(text: string): SocketEnd | null {
  const at = text.lastIndexOf(':');
  if (at < 0) return null;
  const host = text.slice(0, at).replace(/%[\w.@-]+(?=\]?$)/, '');
  const tail = text.slice(at + 1);
  const port = portNumber(tail);
  if (port === null && tail !== '*' && !/^[a-z][\w-]*$/i.test(tail)) return null;
  if (host === '*' || host === '[::]' || host === '::' || host === '') return { address: null, anyFamily: true, port };
  if (host === '0.0.0.0') return { address: null, anyFamily: false, port };
  const token = address(host);
  return token === null ? null : { address: token, anyFamily: false, port };
}

export const ss: Parser<'ss', SocketRecord> = {
  format: 'ss',
  commands: ['ss -ltnp', 'ss -tin'],
  recognises: (capture) => recognise(
    capture,
    ({ program }) => program === 'ss' || program === 'netstat',
    (text) => /^(?:Netid\s+)?State\s+Recv-Q\s+Send-Q/.test(text) || /^Proto\s+Recv-Q\s+Send-Q/.test(text) || /^(?:tcp\s+)?LISTEN\s+\d+\s+\d+\s+\S+:\d+\s/.test(text),
  ),
  parse,
};
