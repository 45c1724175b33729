import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { readLines, recognise, skip } from './read-lines.ts';
import { endpoint, hexAddress } from './ipvs-services.ts';

/** One connection in IPVS' own table. */
export interface IpvsConnectionRecord {
  readonly kind: 'ipvs-connection';
  readonly source: SourceLine;
  readonly protocol: string;
  /** Seconds until it is forgotten; null when it cannot be read. */
  readonly expires: number | null;
  /** As printed. */
  readonly stateText: string;
  /** `unknown` for a name no kernel has (`SYN_REVV`): `nearest` says which was meant, perhaps. */
  readonly state: string;
  readonly nearest: string | null;
  readonly client: Address | null;
  /** Port 0 is a persistence template, not a connection. */
  readonly clientPort: number | null;
  readonly template: boolean;
  readonly vip: Address | null;
  readonly vipPort: number | null;
  readonly realServer: Address | null;
  readonly realServerPort: number | null;
  /** From ip_vs_conn_sync: learned from the other director. */
  readonly synced: boolean;
}

const states = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK', 'ASSURED', 'UDP', 'ICMP', 'INIT', 'INIT1', 'COOKIE_WAIT', 'COOKIE_REPLIED', 'COOKIE', 'COOKIE_ECHOED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECEIVED', 'SHUTDOWN_ACK_SENT', 'REJECTED', 'CLOSED'];

/** `ipvsadm -lnc` (`MM:SS`, minutes may exceed 59), DPVS (`[3]tcp 30s ...` with five addresses), `/proc/net/ip_vs_conn` (hexadecimal, seconds). */
function parse(capture: Capture): Reading<IpvsConnectionRecord> {
  return readLines<IpvsConnectionRecord>(capture, 'ipvs-connections', (text, line) => {
    if (/^(?:IPVS connection entries|pro expire|Pro FromIP)/i.test(text)) return skip;
    const words = text.split(/\s+/);
    const proc = /^(TCP|UDP|SCTP|ICMP)\s+([0-9A-F]{8}|[0-9a-f:]{8,39})\s+([0-9A-F]{4})\s+([0-9A-F]{8}|[0-9a-f:]{8,39})\s+([0-9A-F]{4})\s+(?:[0-9A-F]{8}\s+[0-9A-F]{4}\s+(?=[0-9A-F]{8}\s))?([0-9A-F]{8}|[0-9a-f:]{8,39})\s+([0-9A-F]{4})\s+(\S+)\s+(?:(LOCAL|SYNC)\s+)?(\d+)/.exec(text);
    if (proc) {
      const at = (token: string | undefined): Address | null => (token === undefined ? null : /^[0-9A-F]{8}$/.test(token) ? hexAddress(token) : address(token));
      const port = (token: string | undefined): number => Number.parseInt(token ?? '0', 16);
      return made(line, proc[1] ?? '', Number(proc[10]), proc[8] ?? '', at(proc[2]), port(proc[3]), at(proc[4]), port(proc[5]), at(proc[6]), port(proc[7]), proc[9] === 'SYNC');
    }
    const protocol = /^(?:\[\d+\])?(TCP|UDP|SCTP|ICMP|IP)$/i.exec(words[0] ?? '')?.[1];
    if (protocol === undefined || words.length < 6) return null;
    const client = endpoint(words[3] ?? '');
    const virtual = endpoint(words[4] ?? '');
    const real = endpoint(words[words.length > 6 && endpoint(words[6] ?? '') !== null ? 6 : 5] ?? '');
    if (client === null || virtual === null || real === null) return null;
    return made(line, protocol.toUpperCase(), seconds(words[1] ?? ''), words[2] ?? '', client.address, client.port, virtual.address, virtual.port, real.address, real.port, false);
  });
}

function made(source: SourceLine, protocol: string, expires: number | null, stateText: string, client: Address | null, clientPort: number | null, vip: Address | null, vipPort: number | null, realServer: Address | null, realServerPort: number | null, synced: boolean): IpvsConnectionRecord {
  const recognised = states.includes(stateText);
  return {
    kind: 'ipvs-connection', source, protocol, expires, stateText, state: recognised ? stateText : 'unknown', nearest: recognised ? null : nearestState(stateText),
    client, clientPort, template: clientPort === 0, vip, vipPort, realServer, realServerPort, synced,
  };
}

function seconds(text: string): number | null {
  const clock = /^(\d+):(\d\d)$/.exec(text);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const plain = /^(\d+)s?$/.exec(text);
  return plain ? Number(plain[1]) : null;
}

/** The one state that differs in at most two letters. */
function nearestState(text: string): string | null {
  const close = states.filter((state) => state.length === text.length && differing(state, text) <= 2);
  return close.length === 1 ? close[0] ?? null : null;
}

function differing(a: string, b: string): number {
  let count = 0;
  for (let index = 0; index < a.length; index++) if (a.charCodeAt(index) !== b.charCodeAt(index)) count++;
  return count;
}

export const ipvsConnections: Parser<'ipvs-connections', IpvsConnectionRecord> = {
  format: 'ipvs-connections',
  commands: ['ipvsadm -lnc', 'cat /proc/net/ip_vs_conn'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => (program === 'ipvsadm' && words.some((word) => /^-\w*c|^--connection/.test(word)) && words.some((word) => /^-\w*[lL]|^--list/.test(word))) || /^\/proc\/net\/ip_vs_conn(?:_sync)?$/.test(program),
    (text) => /^IPVS connection entries|^pro expire state|^Pro FromIP/.test(text),
  ),
  parse,
};
