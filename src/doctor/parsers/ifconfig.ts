import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { mac, prefix } from '../address.ts';
import type { InterfaceAddressRecord, LinkRecord } from './ip-address.ts';
import { readLines, recognise, skip } from './read-lines.ts';

type R = LinkRecord | InterfaceAddressRecord;

/** `eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1400` (net-tools 1.60 and later, also BSD). */
const modern = /^(\S+?):\s+flags=[0-9a-fx]+<([^>]*)>(?:.*?\bmtu (\d+))?/i;
/** `eth0      Link encap:Ethernet  HWaddr 02:FC:00:00:00:01` (older net-tools, busybox). */
const old = /^(\S+)\s+Link encap:(\S+(?: Loopback)?)\s*(?:HWaddr (\S+))?/;
/** Counters and options that say nothing we use. */
const detail = /^(?:RX|TX|collisions|Interrupt|Memory|Base address|device (?:interrupt|memory|base)|Media|media|status|options|nd6|groups|UP\b|BROADCAST\b|[A-Z]+ [A-Z ]*MTU:|loop\b|unspec|tunnel|lladdr|description|priority|index|sit\b|ppp\b|ipip\b)/;

interface Building { link: { -readonly [K in keyof LinkRecord]: LinkRecord[K] } | null; dev: string; label: string | null }

/**
 * `ifconfig -a` in both styles. `eth0:1` is a label of eth0 rather than an interface. Addresses without a label (keepalived adds such)
 * do not show here at all: whoever misses one in this capture cannot say that it is not there.
 */
function parse(capture: Capture): Reading<R> {
  let current: Building = { link: null, dev: '', label: null };
  const open = (name: string, source: SourceLine, flags: readonly string[], mtu: number | null): R | typeof skip => {
    const [dev = name, alias] = name.split(':');
    current = { link: null, dev, label: alias === undefined ? null : name };
    if (alias !== undefined) return skip;
    const link: NonNullable<Building['link']> = { kind: 'link', source, name: dev, parent: null, flags, state: stateOf(flags), mtu, master: null, mac: null, type: null, macSource: null };
    current.link = link;
    return link;
  };
  return readLines<R>(capture, 'ifconfig', (text, line) => {
    const new_ = modern.exec(text);
    if (new_) return open(new_[1] ?? '', line, flagsOf(new_[2] ?? ''), new_[3] === undefined ? null : Number(new_[3]));
    const older = old.exec(text);
    if (older) {
      const made = open(older[1] ?? '', line, [], null);
      withMac(current, older[3] ?? '', line);
      return made;
    }
    if (current.dev === '') return null;
    const ether = /^(?:ether|infiniband) (\S+)/.exec(text);
    if (ether) { withMac(current, ether[1] ?? '', line); return skip; }
    const state = /^((?:[A-Z]+ )+) *MTU:(\d+)/.exec(text);
    if (state) {
      if (current.link !== null) { current.link.flags = flagsOf((state[1] ?? '').trim().replaceAll(' ', ',')); current.link.state = stateOf(current.link.flags); current.link.mtu = Number(state[2]); }
      return skip;
    }
    if (/^inet/.test(text)) return held(text, current, line);
    return detail.test(text) ? skip : null;
  });
}

/** ifconfig's RUNNING is the carrier, which `ip` shows as LOWER_UP, or as NO-CARRIER where it lacks. */
function flagsOf(text: string): readonly string[] {
  const flags = text.split(',').filter((flag) => flag !== '');
  return flags.includes('RUNNING') ? [...flags, 'LOWER_UP'] : flags.includes('UP') ? [...flags, 'NO-CARRIER'] : flags;
}

function stateOf(flags: readonly string[]): string | null {
  if (flags.length === 0) return null;
  return flags.includes('LOOPBACK') ? 'UNKNOWN' : flags.includes('UP') && flags.includes('RUNNING') ? 'UP' : 'DOWN';
}

function withMac(current: Building, text: string, line: SourceLine): void {
  const token = mac(text);
  if (token !== null && current.link !== null) { current.link.mac = token; current.link.macSource = line; }
}

const scopes: Readonly<Record<string, string>> = { global: 'global', link: 'link', host: 'host', site: 'site', compat: 'global' };

/**
 * `inet 192.0.2.2  netmask 255.255.255.0  broadcast ...`, `inet addr:192.0.2.2  Bcast:...  Mask:255.255.255.0`,
 * `inet6 fd00::2  prefixlen 64  scopeid 0x0<global>`, `inet6 addr: fd00::2/64 Scope:Global`.
 */
function held(text: string, { dev, label }: Building, line: SourceLine): InterfaceAddressRecord | null {
  const token = /^inet6?\s+(?:addr:\s*)?(\S+)/.exec(text)?.[1] ?? '';
  const mask = /(?:netmask |Mask:)(\S+)/.exec(text)?.[1];
  const length = /prefixlen (\d+)/.exec(text)?.[1];
  const net = prefix(token.includes('/') ? token : mask !== undefined ? `${token}/${dotted(mask)}` : length !== undefined ? `${token}/${length}` : token);
  if (net === null) return null;
  const scope = (/<(\w+)>/.exec(text)?.[1] ?? /Scope:(\w+)/.exec(text)?.[1] ?? '').toLowerCase();
  return { kind: 'interface-address', source: line, dev, address: net.address, length: net.length, scope: scopes[scope] ?? (token.startsWith('127.') ? 'host' : net.address.includes(':') ? null : 'global'), secondary: false, flags: [], label };
}

/** BSD writes netmasks in hexadecimal. */
function dotted(mask: string): string {
  return /^0x[0-9a-f]{8}$/i.test(mask) ? (mask.slice(2).match(/../g) ?? []).map((octet) => Number.parseInt(octet, 16)).join('.') : mask;
}

export const ifconfig: Parser<'ifconfig', R> = {
  format: 'ifconfig',
  commands: ['ifconfig -a'],
  recognises: (capture) => recognise(capture, ({ program }) => program === 'ifconfig', (text) => modern.test(text) || old.test(text)),
  parse,
};
