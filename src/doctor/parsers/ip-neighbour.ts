import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { address, mac } from '../address.ts';
import type { Address, Mac } from '../address.ts';
import { after, isJson, isObject, json, lineHaving, readLines, recognise, skip, textOf } from './read-lines.ts';

/**
 * One row of a neighbour table, from `ip neigh`, `arp` or `/proc/net/arp`.
 * `complete` is what the arp forms say of any resolved row: they cannot tell stale from reachable.
 */
export interface NeighbourRecord {
  readonly kind: 'neighbour';
  readonly source: SourceLine;
  readonly address: Address;
  readonly dev: string | null;
  readonly mac: Mac | null;
  readonly state: 'reachable' | 'stale' | 'delay' | 'probe' | 'permanent' | 'noarp' | 'incomplete' | 'failed' | 'none' | 'complete';
  /** The host answers for this address on that device (`ip neigh show proxy`, flags `MP`). */
  readonly proxy: boolean;
  /** Learned from a control plane (EVPN, OVN): not by ARP. */
  readonly external: boolean;
}

type State = NeighbourRecord['state'];
const states: ReadonlyMap<string, State> = new Map([
  ['REACHABLE', 'reachable'], ['STALE', 'stale'], ['DELAY', 'delay'], ['PROBE', 'probe'], ['PERMANENT', 'permanent'],
  ['NOARP', 'noarp'], ['INCOMPLETE', 'incomplete'], ['FAILED', 'failed'], ['NONE', 'none'],
]);

/** `10.99.0.2 dev e0 lladdr 1a:.. ref 1 used 7/2/7probes 4 REACHABLE`: there is no blank between `7` and `probes` with -s. */
const row = /^(\S+)\s+dev\s+(\S+)(.*)$/;

function parse(capture: Capture): Reading<NeighbourRecord> {
  if (isJson(capture)) return parseJson(capture);
  const dev = /\bdev\s+(\S+)/.exec(capture.command)?.[1] ?? null;
  const proxies = /\bproxy\b/.test(capture.command);
  return readLines<NeighbourRecord>(capture, 'ip-neighbour', (text, line) => {
    const found = row.exec(text) ?? devless(text, dev);
    if (found === null) return /^(?:Object|Nothing to show)/.test(text) ? skip : null;
    const token = address(found[1] ?? '');
    if (token === null) return null;
    const words = (found[3] ?? '').trim().split(/\s+/);
    const state = words.map((word) => states.get(word.replace(/,.*$/, ''))).find((each) => each !== undefined);
    const proxy = words.includes('proxy') || (proxies && state === undefined);
    if (state === undefined && !proxy) return null;
    return {
      kind: 'neighbour', source: line, address: token, dev: found[2] ?? null, mac: mac(after(words, 'lladdr') ?? ''), state: state ?? 'permanent', proxy,
      external: words.includes('extern_learn'),
    };
  });
}

/** With `dev X` on the command line the rows do not repeat it: `10.0.0.1 lladdr 02:.. STALE`. */
function devless(text: string, dev: string | null): readonly (string | undefined)[] | null {
  if (dev === null) return null;
  const found = /^(\S+)\s+((?:lladdr|[A-Z]{4,10}\b|proxy|ref).*)$/.exec(text);
  return found ? [text, found[1], dev, ` ${found[2] ?? ''}`] : null;
}

function parseJson(capture: Capture): Reading<NeighbourRecord> {
  const read = json(capture);
  if ('reason' in read) return { records: [], unread: [unreadLine(capture, sourceLine(capture, 0), 'ip-neighbour', read.reason)] };
  const records: NeighbourRecord[] = [];
  let at = 0;
  for (const item of Array.isArray(read.value) ? read.value : []) {
    if (!isObject(item)) continue;
    const token = address(textOf(item['dst']) ?? '');
    if (token === null) continue;
    at = lineHaving(capture, at, textOf(item['dst']) ?? '');
    const named = (Array.isArray(item['state']) ? item['state'] : [item['state']]).flatMap((each) => states.get(textOf(each) ?? '') ?? []);
    const proxy = 'proxy' in item;
    records.push({
      kind: 'neighbour', source: sourceLine(capture, at), address: token, dev: textOf(item['dev']), mac: mac(textOf(item['lladdr']) ?? ''), state: named[0] ?? 'none', proxy, external: 'extern_learn' in item,
    });
  }
  return { records, unread: [] };
}

export const ipNeighbour: Parser<'ip-neighbour', NeighbourRecord> = {
  format: 'ip-neighbour',
  commands: ['ip -s neigh show nud all', 'ip neigh show proxy'],
  recognises: (capture) => recognise(
    capture,
    ({ program, operands }) => program === 'ip' && /^(?:n|ne|nei|neig|neigh|neighbo|neighbor|neighbour)$/.test(operands[0] ?? ''),
    (text) => (row.test(text) && /\b(?:lladdr|REACHABLE|STALE|FAILED|INCOMPLETE|PERMANENT)\b/.test(text)) || (/"dst":/.test(text) && /"lladdr":/.test(text)),
  ),
  parse,
};
