import type { Capture, Parser, Reading, SourceLine, Unread } from '../evidence.ts';
import { sourceLine, unreadLine } from '../evidence.ts';
import { address, prefix } from '../address.ts';
import type { Address } from '../address.ts';
import { recognise, whyNoOutput } from './read-lines.ts';
import { shellWords } from '../command-line.ts';

/** One statement with the block below it, as written. */
export interface Statement {
  readonly keyword: string;
  readonly args: readonly string[];
  readonly source: SourceLine;
  readonly children: readonly Statement[];
}

export interface Vip {
  readonly address: Address;
  readonly length: number;
  readonly dev: string | null;
  readonly label: string | null;
  readonly source: SourceLine;
}

/** `vrrp_instance VI_1 { ... }`; what is not written is null (the default depends on keepalived's version). */
export interface VrrpConfigRecord {
  readonly kind: 'vrrp-config';
  readonly source: SourceLine;
  readonly name: string;
  readonly state: string | null;
  readonly interface: string | null;
  readonly vrid: number | null;
  readonly priority: number | null;
  /** Seconds. */
  readonly advertInterval: number | null;
  readonly nopreempt: boolean;
  readonly unicastPeers: readonly Address[];
  /** True when a `unicast_peer` block stands there, even an empty one. */
  readonly unicast: boolean;
  readonly unicastSource: Address | null;
  readonly authType: string | null;
  readonly authPass: string | null;
  readonly vips: readonly Vip[];
  readonly useVmac: boolean;
  readonly trackScripts: readonly { readonly name: string; readonly weight: number | null; readonly source: SourceLine }[];
  readonly trackInterfaces: readonly string[];
  /** Everything else with its arguments: `garp_master_refresh 60`. */
  readonly options: ReadonlyMap<string, Statement>;
}

/** `global_defs`, `vrrp_script NAME`, `virtual_server IP PORT`, `vrrp_sync_group NAME`: any other block at the top. */
export interface KeepalivedBlockRecord {
  readonly kind: 'keepalived-block';
  readonly source: SourceLine;
  readonly keyword: string;
  readonly args: readonly string[];
  readonly children: readonly Statement[];
}

type R = VrrpConfigRecord | KeepalivedBlockRecord;

const deepest = 12;

/** Parses braces and words; comments start with `!` or `#`. Never deeper than twelve blocks. */
function statements(capture: Capture, unread: Unread[]): Statement[] {
  interface Open { readonly statement: Omit<Statement, 'children'>; readonly children: Statement[] }
  const top: Statement[] = [];
  const stack: Open[] = [];
  let pending: Omit<Statement, 'children'> | null = null;
  const put = (statement: Statement): void => { (stack[stack.length - 1]?.children ?? top).push(statement); };
  const flush = (): void => { if (pending !== null) { put({ ...pending, children: [] }); pending = null; } };
  for (let index = 0; index < capture.lines.length; index++) {
    const source = sourceLine(capture, index);
    const text = source.text.length > 4096 ? '' : source.text.replace(/(^|\s)[!#].*$/, '').trim();
    if (text === '') continue;
    const cut = whyNoOutput(text);
    if (cut !== null) { unread.push(unreadLine(capture, source, 'keepalived-config', cut)); continue; }
    for (const part of text.split(/([{}])/)) {
      const piece = part.trim();
      if (piece === '') continue;
      if (piece === '{') {
        const opened: Omit<Statement, 'children'> = pending ?? { keyword: '', args: [], source };
        pending = null;
        if (stack.length >= deepest) { unread.push(unreadLine(capture, source, 'keepalived-config', 'blocks nested too deep')); return top; }
        stack.push({ statement: opened, children: [] });
      } else if (piece === '}') {
        flush();
        const closed = stack.pop();
        if (closed === undefined) unread.push(unreadLine(capture, source, 'keepalived-config', 'a closing brace without its block'));
        else put({ ...closed.statement, children: closed.children });
      } else {
        flush();
        const words = shellWords(piece);
        pending = { keyword: words[0] ?? '', args: words.slice(1), source };
      }
    }
    // A statement ends with its line, unless the brace stands on the next one.
    if (pending !== null && !opensBelow(capture, index)) flush();
  }
  flush();
  while (stack.length > 0) {
    const left = stack.pop();
    if (left === undefined) break;
    unread.push(unreadLine(capture, left.statement.source, 'keepalived-config', 'the block is not closed: the file was cut'));
    put({ ...left.statement, children: left.children });
  }
  return top;
}

function opensBelow(capture: Capture, index: number): boolean {
  for (let next = index + 1; next < capture.lines.length; next++) {
    const text = (capture.lines[next] ?? '').trim();
    if (text !== '') return text.startsWith('{');
  }
  return false;
}

function parse(capture: Capture): Reading<R> {
  const unread: Unread[] = [];
  const records = statements(capture, unread).flatMap((statement): R[] => {
    if (statement.keyword === 'vrrp_instance') return [instance(statement)];
    if (statement.children.length > 0 || /^(?:global_defs|vrrp_script|virtual_server|vrrp_sync_group|track_file|vrrp_track_process|static_ipaddress|static_routes|include)$/.test(statement.keyword)) {
      return [{ kind: 'keepalived-block', source: statement.source, keyword: statement.keyword, args: statement.args, children: statement.children }];
    }
    unread.push(unreadLine(capture, statement.source, 'keepalived-config', 'not a block of keepalived'));
    return [];
  });
  return { records, unread };
}

function instance(statement: Statement): VrrpConfigRecord {
  const find = (keyword: string): Statement | undefined => statement.children.find((child) => child.keyword === keyword);
  const word = (keyword: string): string | null => find(keyword)?.args[0] ?? null;
  const number = (keyword: string): number | null => { const text = word(keyword); return text !== null && /^[\d.]+$/.test(text) ? Number(text) : null; };
  const vips = statement.children.filter((child) => /^virtual_ipaddress(?:_excluded)?$/.test(child.keyword)).flatMap((block) => block.children).flatMap((child): Vip[] => {
    const net = prefix(child.keyword);
    if (net === null) return [];
    const after = (name: string): string | null => { const at = child.args.indexOf(name); return at >= 0 ? child.args[at + 1] ?? null : null; };
    return [{ address: net.address, length: net.length, dev: after('dev'), label: after('label'), source: child.source }];
  });
  const auth = find('authentication')?.children ?? [];
  const peers = find('unicast_peer');
  return {
    kind: 'vrrp-config', source: statement.source, name: statement.args[0] ?? '', state: word('state'), interface: word('interface'), vrid: number('virtual_router_id'),
    priority: number('priority'), advertInterval: number('advert_int'), nopreempt: find('nopreempt') !== undefined,
    unicastPeers: (peers?.children ?? []).flatMap((child) => address(child.keyword) ?? []), unicast: peers !== undefined, unicastSource: address(word('unicast_src_ip') ?? ''),
    authType: auth.find((child) => child.keyword === 'auth_type')?.args[0] ?? null, authPass: auth.find((child) => child.keyword === 'auth_pass')?.args[0] ?? null,
    vips, useVmac: find('use_vmac') !== undefined,
    trackScripts: (find('track_script')?.children ?? []).map((child) => ({ name: child.keyword, weight: child.args[0] === 'weight' ? Number(child.args[1]) : null, source: child.source })),
    trackInterfaces: (find('track_interface')?.children ?? []).map((child) => child.keyword),
    options: new Map(statement.children.map((child) => [child.keyword, child])),
  };
}

export const keepalivedConfig: Parser<'keepalived-config', R> = {
  format: 'keepalived-config',
  commands: ['cat /etc/keepalived/keepalived.conf'],
  recognises: (capture) => recognise(capture, ({ program }) => /keepalived[\w.-]*\.conf$/.test(program), (text) => /^vrrp_instance\s+\S+\s*\{?$/.test(text) || /^(?:global_defs|vrrp_script\s+\S+)\s*\{$/.test(text) || /^virtual_server\s+\S+\s+\d+\s*\{$/.test(text)),
  parse,
};
