import type { Capture, Parser, Reading } from '../evidence.ts';
import { address, mac } from '../address.ts';
import type { NeighbourRecord } from './ip-neighbour.ts';
import { readLines, recognise, skip } from './read-lines.ts';

type State = NeighbourRecord['state'];

/**
 * Three forms of one table: `arp -n`/`-e` (columns, an unresolved row has an empty HWtype), `arp -a` (BSD words), and
 * `/proc/net/arp` (flags in hex: 0x2 complete, 0x4 permanent, 0x8 published).
 */
function parse(capture: Capture): Reading<NeighbourRecord> {
  return readLines<NeighbourRecord>(capture, 'arp', (text, line) => {
    if (/^(?:Address\s+HWtype|IP address\s+HW type|Entries:)/.test(text)) return skip;
    const bsd = /^(\S+)\s+\(([^)]+)\)\s+at\s+(\S+)\s*(.*)$/.exec(text);
    if (bsd) {
      const token = address(bsd[2] ?? '');
      const rest = bsd[4] ?? '';
      if (token === null) return null;
      const published = /\bPUB\b/.test(rest);
      const link = mac(bsd[3] ?? '');
      if (link === null && !/incomplete/.test(bsd[3] ?? '') && bsd[3] !== '*' && !published) return null;
      return row(token, /\bon (\S+)/.exec(rest)?.[1] ?? null, link, published ? 'permanent' : link === null ? 'incomplete' : /\bPERM\b/.test(rest) ? 'permanent' : 'complete', published);
    }
    const proc = /^(\S+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)\s+\S+\s+(\S+)$/i.exec(text);
    if (proc) {
      const token = address(proc[1] ?? '');
      if (token === null) return null;
      const flags = Number.parseInt(proc[3] ?? '0', 16);
      return row(token, proc[5] ?? null, (flags & 2) === 0 ? null : mac(proc[4] ?? ''), (flags & 8) !== 0 || (flags & 4) !== 0 ? 'permanent' : (flags & 2) === 0 ? 'incomplete' : 'complete', (flags & 8) !== 0);
    }
    const missing = /^(\S+)\s+\(incomplete\)\s*(\S*)\s*(\S*)$/.exec(text);
    if (missing) {
      const token = address(missing[1] ?? '');
      // One word behind `(incomplete)` is the interface; two are flags and interface.
      return token === null ? null : row(token, (missing[3] === '' ? missing[2] : missing[3]) || null, null, 'incomplete', false);
    }
    const columns = /^(\S+)\s+(ether|infiniband|\*|<from_interface>)\s+(\S+)\s+(?:([CMP!]+)\s+)?(?:\S+\s+)?(\S+)$/.exec(text) ?? /^(\S+)\s+(\*)\s+(<from_interface>)\s+([CMP]+)\s+(\S+)$/.exec(text);
    if (columns) {
      const token = address(columns[1] ?? '');
      const link = mac(columns[3] ?? '');
      const flags = columns[4] ?? '';
      if (token === null) return null;
      if (link === null && !flags.includes('P')) return null;
      return row(token, columns[5] ?? null, link, flags.includes('M') ? 'permanent' : 'complete', flags.includes('P'));
    }
    const bare = /^(\S+)\s+\*\s+<from_interface>\s+([CMP]+)\s+(\S+)$/.exec(text);
    const token = bare ? address(bare[1] ?? '') : null;
    return bare && token !== null ? row(token, bare[3] ?? null, null, 'permanent', true) : null;

    function row(at: string, dev: string | null, link: string | null, state: State, proxy: boolean): NeighbourRecord {
      return { kind: 'neighbour', source: line, address: at, dev, mac: link, state, proxy, external: false };
    }
  });
}

export const arp: Parser<'arp', NeighbourRecord> = {
  format: 'arp',
  commands: ['arp -an', 'cat /proc/net/arp'],
  recognises: (capture) => recognise(
    capture,
    ({ program }) => program === 'arp' || program === '/proc/net/arp',
    (text) => /^Address\s+HWtype\s+HWaddress/.test(text) || /^IP address\s+HW type\s+Flags/.test(text) || /^\S+ \([^)]+\) at (?:[0-9a-f:]{11,17}|<incomplete>)/i.test(text) || /^\S+\s+ether\s+[0-9a-f:]{11,17}\s+C/i.test(text),
  ),
  parse,
};
