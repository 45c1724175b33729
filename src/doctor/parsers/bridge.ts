import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address, mac } from '../address.ts';
import type { Address, Mac } from '../address.ts';
import { after, readLines, recognise } from './read-lines.ts';

/** Where a bridge thinks a MAC address is: `02:00:00:00:00:01 dev veth1 vlan 10 master br0`. */
export interface FdbRecord {
  readonly kind: 'fdb';
  readonly source: SourceLine;
  readonly mac: Mac;
  readonly dev: string;
  readonly vlan: string | null;
  readonly master: string | null;
  /** Remote end of a tunnel (VXLAN). */
  readonly remote: Address | null;
  /** `permanent`: the port's own address, or set by hand. */
  readonly permanent: boolean;
}

/** `5: tap0: <...> mtu 1500 master br0 state forwarding priority 32 cost 100` */
export interface BridgePortRecord {
  readonly kind: 'bridge-port';
  readonly source: SourceLine;
  readonly dev: string;
  readonly master: string | null;
  readonly state: string | null;
  /** Whether frames for unknown addresses leave by this port; null without `-d`. */
  readonly flood: boolean | null;
  /** The line that says so: with `-d` the options stand below the port. */
  readonly floodSource: SourceLine | null;
}

type R = FdbRecord | BridgePortRecord;

function parse(capture: Capture): Reading<R> {
  let last: { -readonly [K in keyof BridgePortRecord]: BridgePortRecord[K] } | null = null;
  return readLines<R>(capture, 'bridge', (text, line) => {
    const words = text.split(/\s+/);
    const token = mac(words[0] ?? '');
    if (token !== null && words[1] === 'dev') {
      return { kind: 'fdb', source: line, mac: token, dev: words[2] ?? '', vlan: after(words, 'vlan'), master: after(words, 'master'), remote: address(after(words, 'dst') ?? ''), permanent: words.includes('permanent') };
    }
    const port = /^\d+:\s+([^\s:@]+)(?:@\S+)?:?\s+<[^>]*>(.*)$/.exec(text);
    if (port) {
      const rest = (port[2] ?? '').trim().split(/\s+/);
      last = { kind: 'bridge-port', source: line, dev: port[1] ?? '', master: after(rest, 'master'), state: after(rest, 'state'), flood: floods(rest), floodSource: floods(rest) === null ? null : line };
      return last;
    }
    // `brctl showmacs br0`: port no, mac addr, is local?, ageing timer.
    const old = /^(\d+)\s+(\S+)\s+(yes|no)\s+[\d.]+$/.exec(text);
    const learned = old ? mac(old[2] ?? '') : null;
    if (old && learned !== null) return { kind: 'fdb', source: line, mac: learned, dev: `port ${old[1] ?? ''}`, vlan: null, master: /showmacs\s+(\S+)/.exec(capture.command)?.[1] ?? null, remote: null, permanent: old[3] === 'yes' };
    // `bridge -d link` puts the options on a line of their own.
    if (last !== null && last.flood === null && words.includes('flood')) { last.flood = floods(words); last.floodSource = line; }
    return /^(?:port no|hairpin|learning|vlan_tunnel|mcast|isolated|locked|neigh_suppress|backup_port)/.test(text) ? [] : null;
  });
}

function floods(words: readonly string[]): boolean | null {
  const value = after(words, 'flood');
  return value === 'on' ? true : value === 'off' ? false : null;
}

export const bridge: Parser<'bridge', R> = {
  format: 'bridge',
  commands: ['bridge fdb show', 'bridge link show'],
  recognises: (capture) => recognise(
    capture,
    ({ program, operands }) => (program === 'bridge' && /^(?:f|fdb|l|link)$/.test(operands[0] ?? '')) || (program === 'brctl' && operands[0] === 'showmacs'),
    (text) => /^[0-9a-f]{2}(?::[0-9a-f]{2}){5} dev \S+/i.test(text),
  ),
  parse,
};
