import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { commandLine } from '../command-line.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** `# table: be_tcp, type: ip, size:102400, used:3` */
export interface StickTableRecord {
  readonly kind: 'haproxy-stick-table';
  readonly source: SourceLine;
  readonly name: string;
  readonly type: string;
  readonly size: number | null;
  readonly used: number | null;
}

/** `0x5571: key=10.0.0.1 use=0 exp=1797 conn_cnt=5 server_id=2` */
export interface StickEntryRecord {
  readonly kind: 'haproxy-stick-entry';
  readonly source: SourceLine;
  readonly table: string;
  readonly key: string;
  readonly values: ReadonlyMap<string, string>;
}

/** One line of `show map NAME`, or of the map's file (without the pointer). */
export interface MapEntryRecord {
  readonly kind: 'haproxy-map-entry';
  readonly source: SourceLine;
  readonly map: string;
  readonly key: string;
  readonly value: string;
  /** `runtime` lines start with a pointer. */
  readonly from: 'runtime' | 'file';
}

/** `show info`: one record with every figure. */
export interface HaproxyInfoRecord {
  readonly kind: 'haproxy-info';
  readonly source: SourceLine;
  readonly values: ReadonlyMap<string, { readonly value: string; readonly source: SourceLine }>;
}

/** A worker of `show proc`: `12345  worker  0  1d02h03m04s  2.6.12-1+deb12u1`; the master has `1 [failed: 0]` as its reloads since 2.5. */
export interface HaproxyProcessRecord {
  readonly kind: 'haproxy-process';
  readonly source: SourceLine;
  readonly pid: number;
  readonly role: string;
  readonly reloads: number;
  readonly uptime: string;
  /** Listed under `# old workers`. */
  readonly old: boolean;
}

/** `show servers state`, by its header's names. */
export interface ServerStateRecord {
  readonly kind: 'haproxy-server-state';
  readonly source: SourceLine;
  readonly backend: string;
  readonly server: string;
  readonly address: Address | null;
  readonly port: number | null;
  /** 0 stopped, 1 starting, 2 running, 3 stopping. */
  readonly operational: number;
  /** Bits: 1 and 4 maintenance, 8 and 16 drain, 32 by resolution. */
  readonly administrative: number;
  readonly weight: number;
  readonly secondsSinceChange: number;
}

type R = StickTableRecord | StickEntryRecord | MapEntryRecord | HaproxyInfoRecord | HaproxyProcessRecord | ServerStateRecord;

/** What was asked: from `echo "show map x" | socat ...`, `show map x` typed at the socket's prompt, or the content. */
function question(capture: Capture): string {
  const asked = /\bshow (info|map|table|servers state|proc|stat|ssl cert)\b ?([^"'|;]*)/.exec(capture.command);
  if (asked) return `${asked[1] ?? ''}${(asked[2] ?? '').trim() === '' ? '' : ` ${(asked[2] ?? '').trim()}`}`;
  const { program } = commandLine(capture.command);
  return /\.map$/.test(program) ? `map ${program}` : '';
}

function parse(capture: Capture): Reading<R> {
  const asked = question(capture);
  const map = /^map (\S+)/.exec(asked)?.[1] ?? '';
  const info = new Map<string, { value: string; source: SourceLine }>();
  let table = '';
  let columns: readonly string[] = [];
  let old = false;
  const read = readLines<R>(capture, 'haproxy-runtime', (text, line) => {
    if (/^\d{4}\/\d\d\/\d\d|^(?:Unknown command|Permission denied)/.test(text)) return null;
    const named = /^# table: (\S+?), type: (\S+?), size:(\d+), used:(\d+)/.exec(text);
    if (named) { table = named[1] ?? ''; return { kind: 'haproxy-stick-table', source: line, name: table, type: named[2] ?? '', size: Number(named[3]), used: Number(named[4]) }; }
    const entry = /^0x[0-9a-f]+: key=(\S+)\s*(.*)$/.exec(text);
    if (entry) return { kind: 'haproxy-stick-entry', source: line, table, key: entry[1] ?? '', values: new Map([...(entry[2] ?? '').matchAll(/([\w().]+)=(\S+)/g)].map((pair) => [pair[1] ?? '', pair[2] ?? ''])) };
    const runtime = /^0x[0-9a-f]+ (\S+)(?: (.*))?$/.exec(text);
    if (runtime) return { kind: 'haproxy-map-entry', source: line, map, key: runtime[1] ?? '', value: runtime[2] ?? '', from: 'runtime' };
    if (text.startsWith('# be_id')) { columns = text.slice(2).split(/\s+/); return skip; }
    if (columns.length > 0 && /^\d+ \S+ \d+ \S+ /.test(text)) return serverState(text, columns, line);
    const figure = /^([A-Za-z][A-Za-z0-9_ -]{0,40}): ?(.*)$/.exec(text);
    if (figure && (asked === 'info' || asked === '')) { info.set(figure[1] ?? '', { value: figure[2] ?? '', source: line }); return skip; }
    if (/^# old workers/.test(text)) { old = true; return skip; }
    if (/^#/.test(text)) { if (/^# (?:workers|programs)/.test(text)) old = false; return skip; }
    const worker = /^(\d+)\s+(master|worker|\[\w+\]\S*)\s+(?:\d+\s+(?=\d+\s))?(\d+)\s+(?:\[failed: \d+\]\s+)?(\S+)/.exec(text);
    if (worker && asked.startsWith('proc')) return { kind: 'haproxy-process', source: line, pid: Number(worker[1]), role: worker[2] ?? '', reloads: Number(worker[3]), uptime: worker[4] ?? '', old };
    if (asked.startsWith('map') && asked !== 'map') {
      const pair = /^(\S+)(?:\s+(.*))?$/.exec(text);
      if (pair) return { kind: 'haproxy-map-entry', source: line, map, key: pair[1] ?? '', value: pair[2] ?? '', from: 'file' };
    }
    // `show servers state` starts with its version, `1`; the list of maps has `0 (/path/x.map) pattern loaded from file`.
    return /^\d+$/.test(text) || /pattern loaded from file/.test(text) || text === '>' || text === '$' ? skip : null;
  });
  const first = [...info.values()][0];
  return { records: first === undefined ? read.records : [...read.records, { kind: 'haproxy-info', source: first.source, values: info }], unread: read.unread };
}

function serverState(text: string, columns: readonly string[], source: SourceLine): ServerStateRecord {
  const words = text.split(/\s+/);
  const field = (name: string): string => words[columns.indexOf(name)] ?? '';
  return {
    kind: 'haproxy-server-state', source, backend: field('be_name'), server: field('srv_name'), address: address(field('srv_addr')), port: /^\d+$/.test(field('srv_port')) ? Number(field('srv_port')) : null,
    operational: Number(field('srv_op_state')), administrative: Number(field('srv_admin_state')), weight: Number(field('srv_uweight')), secondsSinceChange: Number(field('srv_time_since_last_change')),
  };
}

export const haproxyRuntime: Parser<'haproxy-runtime', R> = {
  format: 'haproxy-runtime',
  commands: ['echo "show info" | socat stdio SOCKET', 'echo "show servers state" | socat stdio SOCKET', 'echo "show table NAME" | socat stdio SOCKET', 'echo "show map NAME" | socat stdio SOCKET', 'echo "show proc" | socat stdio MASTER'],
  recognises: (capture) => recognise(
    capture,
    ({ program }) => /\.map$/.test(program) || /\bshow (?:info|map|table|servers state|proc)\b/.test(capture.command),
    (text) => /^# table: \S+, type: /.test(text) || /^# be_id be_name srv_id/.test(text) || /^Name: HAProxy$/.test(text) || /^0x[0-9a-f]{8,16}:? \S+/.test(text),
  ),
  parse,
};
