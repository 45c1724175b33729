import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { address, mac } from '../address.ts';
import type { Address, Mac } from '../address.ts';
import { firstLines } from './read-lines.ts';
import { commandLine } from '../command-line.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

interface Base { readonly source: SourceLine; readonly at: LogTime | null }
/** `nf_conntrack: nf_conntrack: table full in netns 4026532386, dropping packet` (three wordings). */
export interface ConntrackFullRecord extends Base { readonly kind: 'conntrack-full'; readonly netns: string | null }
/** `IPv4: martian source 10.0.0.9 from 10.0.0.1, on dev eth0` and the `ll header` line below it, whose last two bytes tell ARP (08 06) from IP (08 00). */
export interface MartianRecord extends Base {
  readonly kind: 'martian';
  readonly role: 'source' | 'destination';
  readonly target: Address;
  readonly from: Address;
  readonly dev: string;
  readonly header: { readonly source: SourceLine; readonly to: Mac | null; readonly from: Mac | null; readonly protocol: 'arp' | 'ip' | 'other' } | null;
}
export interface NeighbourOverflowRecord extends Base { readonly kind: 'neighbour-overflow' }
/** `TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.` */
export interface SynFloodRecord extends Base { readonly kind: 'syn-flood'; readonly port: number | null; readonly cookies: boolean }
/** `IPv4: host 10.0.0.1/if2 ignores redirects`, `duplicate address 02:.. detected` and the like: a line that tells who else holds an address. */
export interface DuplicateAddressRecord extends Base { readonly kind: 'duplicate-address'; readonly address: Address; readonly mac: Mac | null; readonly dev: string | null }
/** `eth0: NIC Link is Down`, `bond0: link status definitely down`: when an interface lost its carrier. */
export interface CarrierRecord extends Base { readonly kind: 'carrier'; readonly dev: string; readonly up: boolean }
/** `Out of memory: Killed process 583 (haproxy)`, `TCP: out of memory -- consider tuning tcp_mem`. */
export interface OutOfMemoryRecord extends Base { readonly kind: 'out-of-memory'; readonly process: string | null }

type R = ConntrackFullRecord | MartianRecord | NeighbourOverflowRecord | SynFloodRecord | DuplicateAddressRecord | CarrierRecord | OutOfMemoryRecord;

/** Any line of a log may be about something else, so a line without meaning for us is not unread. */
function parse(capture: Capture): Reading<R> {
  const records: R[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const text = capture.lines[index] ?? '';
    if (text.length > 4096 || !interesting.test(text)) continue;
    const made = one(capture, index);
    if (made !== null) records.push(made);
  }
  return { records, unread: [] };
}

const interesting = /table full|martian|neighbou?r(?:: \S+:)? (?:neighbou?r )?table overflow|neighbo(?:u)?r table overflow|SYN flooding|detected|duplicate|some other host|Link is|link status|carrier|ut of memory/;

function one(capture: Capture, index: number): R | null {
  const source = sourceLine(capture, index);
  const { at, message } = logLine(source.text);
  const full = /(?:nf|ip)_conntrack: table full(?: in netns (\d+))?, dropping packet/.exec(message);
  if (full) return { kind: 'conntrack-full', source, at, netns: full[1] ?? null };
  const martian = /martian (source|destination) (\S+) from ([^\s,]+),? (?:on )?dev (\S+)/.exec(message);
  if (martian) {
    const target = address(martian[2] ?? '');
    const from = address(martian[3] ?? '');
    if (target === null || from === null) return null;
    return { kind: 'martian', source, at, role: martian[1] === 'source' ? 'source' : 'destination', target, from, dev: martian[4] ?? '', header: header(capture, index + 1) };
  }
  if (/neighbou?r.* table overflow/.test(message)) return { kind: 'neighbour-overflow', source, at };
  const flood = /Possible SYN flooding on port (?:\S*[:.])?(\d+)\.\s*(Sending cookies|Dropping request)?/.exec(message);
  if (flood) return { kind: 'syn-flood', source, at, port: Number(flood[1]), cookies: flood[2] !== 'Dropping request' };
  // ifup of RHEL, after `arping -D`
  const other = /some other host \(([0-9A-Fa-f:]{17})\) already uses address (\S+?)\.?$/.exec(message);
  const used = address(other?.[2] ?? '');
  if (used !== null) return { kind: 'duplicate-address', source, at, address: used, mac: mac(other?.[1] ?? ''), dev: null };
  const twice = /(?:duplicate address|IP address conflict|Duplicate address) (?:detected[: ]*)?(\S+?)(?:[,\s].*?([0-9a-f]{2}(?::[0-9a-f]{2}){5}))?/i.exec(message);
  if (twice) {
    const token = address((twice[1] ?? '').replace(/[,.]$/, ''));
    if (token !== null) return { kind: 'duplicate-address', source, at, address: token, mac: mac(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/i.exec(message)?.[0] ?? ''), dev: null };
  }
  const duplicate6 = /IPv6: (\S+): IPv6 duplicate address (\S+) (?:used by (\S+) )?detected/.exec(message);
  if (duplicate6) {
    const token = address(duplicate6[2] ?? '');
    if (token !== null) return { kind: 'duplicate-address', source, at, address: token, mac: mac(duplicate6[3] ?? ''), dev: duplicate6[1] ?? null };
  }
  const carrier = /(\S+?):? (?:NIC )?(?:Link is|link status (?:definitely )?|link becomes) ?(Up|Down|up|down|ready)\b/.exec(message);
  if (carrier) return { kind: 'carrier', source, at, dev: (carrier[1] ?? '').replace(/:$/, ''), up: !/down/i.test(carrier[2] ?? '') };
  const killed = /[Oo]ut of memory(?:.*Killed process \d+ \(([^)]+)\))?/.exec(message);
  if (killed) return { kind: 'out-of-memory', source, at, process: killed[1] ?? null };
  return null;
}

/** `ll header: 00000000: ff ff ff ff ff ff 02 11 22 33 44 55 08 06`: to, from, EtherType. */
function header(capture: Capture, index: number): MartianRecord['header'] {
  const line = sourceLine(capture, index);
  const found = /ll header:\s*(?:[0-9a-f]{8}:\s*)?((?:[0-9a-f]{2}[ :]){13}[0-9a-f]{2})/i.exec(line.text);
  if (!found) return null;
  const bytes = (found[1] ?? '').toLowerCase().split(/[ :]/);
  const type = bytes.slice(12, 14).join('');
  return { source: line, to: mac(bytes.slice(0, 6).join(':')), from: mac(bytes.slice(6, 12).join(':')), protocol: type === '0806' ? 'arp' : type === '0800' || type === '86dd' ? 'ip' : 'other' };
}

export const kernelLog: Parser<'kernel-log', R> = {
  format: 'kernel-log',
  log: true,
  commands: ['dmesg -T', 'journalctl -k --no-pager'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    if (command !== null && (command.program === 'dmesg' || command.program === 'journalctl' || /^\/var\/log\/(?:dmesg|kern|messages|syslog)/.test(command.program))) return recognition.byCommand;
    return firstLines(capture.lines).some((text) => /table full(?: in netns \d+)?, dropping packet|martian (?:source|destination) |ll header: /.test(text)) ? recognition.byContent : recognition.no;
  },
  parse,
};
