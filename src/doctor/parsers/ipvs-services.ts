import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { firstLines, readLines, recognise, skip } from './read-lines.ts';
import { portNumber } from './ss.ts';

/** `TCP  10.1.26.252:10051 sh persistent 50 mask 255.255.255.0` */
export interface VirtualServerRecord {
  readonly kind: 'virtual-server';
  readonly source: SourceLine;
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'fwm';
  readonly vip: Address | null;
  /** As printed when it is no plain port: a service name outside the small table leaves `port` null. */
  readonly portText: string;
  readonly port: number | null;
  /** Firewall mark, for `FWM  3`. */
  readonly mark: number | null;
  readonly scheduler: string;
  /** Seconds; null without persistence. */
  readonly persistent: number | null;
  readonly persistenceMask: string | null;
  readonly onePacket: boolean;
  readonly flags: readonly string[];
  readonly realServers: readonly RealServerRecord[];
}

/** `  -> 10.1.26.136:10051            Route   100    0          0` */
export interface RealServerRecord {
  readonly source: SourceLine;
  readonly address: Address | null;
  readonly portText: string;
  readonly port: number | null;
  readonly forward: 'route' | 'masq' | 'tunnel' | 'local' | 'fullnat' | 'unknown';
  readonly weight: number | null;
  readonly active: number | null;
  readonly inactive: number | null;
}

/** IPVS is not in this kernel: an answer, not a failure to look. */
export interface IpvsMissingRecord {
  readonly kind: 'ipvs-missing';
  readonly source: SourceLine;
}

/** `Timeout (tcp tcpfin udp): 900 120 300`, seconds */
export interface IpvsTimeoutsRecord {
  readonly kind: 'ipvs-timeouts';
  readonly source: SourceLine;
  readonly tcp: number;
  readonly tcpFin: number;
  readonly udp: number;
}

type R = VirtualServerRecord | IpvsMissingRecord | IpvsTimeoutsRecord;

const forwards: Readonly<Record<string, RealServerRecord['forward']>> = { Route: 'route', Masq: 'masq', Tunnel: 'tunnel', Tunneling: 'tunnel', Local: 'local', FullNat: 'fullnat', FULLNAT: 'fullnat' };

type Building = { -readonly [K in keyof VirtualServerRecord]: K extends 'realServers' ? RealServerRecord[] : VirtualServerRecord[K] };

/** `ipvsadm -l`, `-ln`, `--stats` (no forward column there), and `/proc/net/ip_vs`, whose addresses are hexadecimal as printed. */
function parse(capture: Capture): Reading<R> {
  const services: Building[] = [];
  const read = readLines<R>(capture, 'ipvs-services', (text, line) => {
    if (/^(?:IP Virtual Server version|Prot LocalAddress|->\s*RemoteAddress|Are you sure that IP Virtual Server)/.test(text)) return skip;
    if (/Can't initialize ipvs|Protocol not available/.test(text)) return { kind: 'ipvs-missing', source: line };
    const timeouts = /^Timeout \(tcp tcpfin udp\):\s*(\d+)\s+(\d+)\s+(\d+)/.exec(text);
    if (timeouts) return { kind: 'ipvs-timeouts', source: line, tcp: Number(timeouts[1]), tcpFin: Number(timeouts[2]), udp: Number(timeouts[3]) };
    const service = /^(TCP|UDP|SCTP|FWM)\s+(\S+)\s*(.*)$/i.exec(text);
    if (service) {
      const made = virtualServer(service, line);
      if (made === null) return null;
      services.push(made);
      return skip;
    }
    // Pasted text often loses the blanks before the arrow.
    const server = /^->\s*(\S+)\s+(\S+)\s*(.*)$/.exec(text);
    const last = services[services.length - 1];
    if (!server || last === undefined) return null;
    const made = realServer(server, line);
    if (made === null) return null;
    last.realServers.push(made);
    return skip;
  });
  // A rule form (`ipvsadm -Sn`) would be another reading; its lines are unread above.
  return { records: [...services, ...read.records], unread: read.unread };
}

function virtualServer(found: RegExpExecArray, source: SourceLine): Building | null {
  const words = (found[3] ?? '').split(/\s+/).filter((word) => word !== '');
  const flags = words.slice(1);
  const numbers = /^[\d.]+[KMGT]?$/;
  const counters = words.length > 0 && words.every((word) => numbers.test(word));
  const value = (name: string): string | null => { const at = flags.indexOf(name); return at >= 0 ? flags[at + 1] ?? null : null; };
  const base = { kind: 'virtual-server', source, scheduler: counters ? '' : words[0] ?? '', persistent: value('persistent') === null ? null : Number(value('persistent')), persistenceMask: value('mask'), onePacket: flags.includes('ops'), flags: counters ? [] : flags, realServers: [] } as const;
  if ((found[1] ?? '').toUpperCase() === 'FWM') {
    const text = found[2] ?? '';
    // Older ipvsadm prints large marks as negative numbers; /proc prints them in hexadecimal with eight digits.
    const mark = /^-?\d{1,10}$/.test(text) ? Number(text) >>> 0 : /^[0-9A-F]{8}$/i.test(text) ? Number.parseInt(text, 16) : null;
    return mark === null ? null : { ...base, realServers: [], protocol: 'fwm', vip: null, portText: '', port: null, mark };
  }
  const end = endpoint(found[2] ?? '');
  if (end === null) return null;
  return { ...base, realServers: [], protocol: (found[1] ?? '').toLowerCase() === 'udp' ? 'udp' : (found[1] ?? '').toLowerCase() === 'sctp' ? 'sctp' : 'tcp', vip: end.address, portText: end.portText, port: end.port, mark: null };
}

function realServer(found: RegExpExecArray, source: SourceLine): RealServerRecord | null {
  const end = endpoint(found[1] ?? '');
  if (end === null) return null;
  const forward = forwards[found[2] ?? ''];
  const figures = (found[3] ?? '').split(/\s+/).filter((word) => /^-?[\d.]+[KMGT]?$/.test(word)).map(scaled);
  if (forward === undefined && !/^[\d.]+[KMGT]?$/.test(found[2] ?? '')) return null;
  const shown = forward !== undefined;
  return { source, ...end, forward: forward ?? 'unknown', weight: shown ? figures[0] ?? null : null, active: shown ? figures[1] ?? null : null, inactive: shown ? figures[2] ?? null : null };
}

/** `10.1.26.252:10051`, `[2001:db8::1]:443`, `10.1.26.252:zabbix-trapper`, `abc.my.host.net.:http` (cut to the column), `0A011AFC:2743` */
export function endpoint(text: string): { readonly address: Address | null; readonly portText: string; readonly port: number | null } | null {
  const hex = /^([0-9A-F]{8}):([0-9A-F]{4})$/i.exec(text);
  if (hex) return { address: hexAddress(hex[1] ?? ''), portText: String(Number.parseInt(hex[2] ?? '', 16)), port: Number.parseInt(hex[2] ?? '', 16) };
  const six = /^(\[[0-9A-Fa-f:.]+\]):([0-9A-Za-z-]+)$/.exec(text);
  if (six) {
    // /proc/net/ip_vs writes the port in hexadecimal, with four digits, behind an uncompressed address.
    const long = /^\[(?:[0-9a-f]{4}:){7}[0-9a-f]{4}\]$/i.test(six[1] ?? '') && /^[0-9A-F]{4}$/.test(six[2] ?? '');
    const port = long ? Number.parseInt(six[2] ?? '', 16) : portNumber(six[2] ?? '');
    return { address: address(six[1] ?? ''), portText: long ? String(port) : six[2] ?? '', port };
  }
  const at = text.lastIndexOf(':');
  if (at <= 0) return null;
  const tail = text.slice(at + 1);
  if (!/^[\w-]+$/.test(tail) || !/^[\w.*-]+$/.test(text.slice(0, at))) return null;
  return { address: address(text.slice(0, at)), portText: tail, port: portNumber(tail) };
}

/** `0A011AFC` is 10.1.26.252: printed in network order by the kernel (ip_vs_ctl.c uses ntohl before %08X). */
export function hexAddress(text: string): Address {
  return (text.match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.');
}

function scaled(text: string): number {
  const unit = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 }[text.slice(-1)];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}

export const ipvsServices: Parser<'ipvs-services', R> = {
  format: 'ipvs-services',
  commands: ['ipvsadm -ln', 'cat /proc/net/ip_vs'],
  recognises: (capture) => {
    const first = firstLines(capture.lines)[0] ?? '';
    if (/^IPVS connection entries/.test(first)) return recognition.no;
    return recognise(
      capture,
      ({ program, words }) => (program === 'ipvsadm' && words.some((word) => /^-\w*[lL]|^--list/.test(word)) && !words.some((word) => /^-\w*c|^--connection|^--daemon/.test(word))) || program === '/proc/net/ip_vs',
      (text) => /^IP Virtual Server version|^Prot LocalAddress:Port|Can't initialize ipvs|^Timeout \(tcp tcpfin udp\)/.test(text) || /^-> \S+:\S+\s+(?:Route|Masq|Tunnel|Local)\s/.test(text),
    );
  },
  parse,
};

