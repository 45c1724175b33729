import type { Capture, Reading, SourceLine, Unread } from '../evidence.ts';
import { unreadLine } from '../evidence.ts';
import { address } from '../address.ts';
import { whyNoOutput } from './read-lines.ts';
import { plainRow } from './conntrack-forms.ts';
import { addressText, emptyRow, scanRow } from './conntrack-scan.ts';
import type { Row, RowVerdict } from './conntrack-scan.ts';
import type { ConntrackRowRecord, ConntrackTableRecord, Talker, Tuple } from './conntrack-records.ts';

const keptOfSmall = 5_000;
const keptOfEach = 2_000;
const keptUnread = 50;
/** More different addresses than this are counted as one rest. */
const differentLimit = 400_000;

/** Counts rows as they are scanned: one object for a whole table, however long. */
export class ConntrackCount {
  rows = 0; assured = 0; unreplied = 0; translated = 0; line = 0; counted = 0;
  first: SourceLine | null = null;
  sourcesComplete = true;
  readonly byProtocol = new Map<string, number>();
  readonly byState = new Map<string, { count: number; assured: number; unreplied: number; samples: SourceLine[] }>();
  readonly sources = new Map<number | string, number>();
  readonly services = new Map<number | string, number>();
  readonly kept: ConntrackRowRecord[] = [];
  readonly unread: Unread[] = [];
  otherLines = 0; keptUnreplied = 0; keptTranslated = 0;
  private readonly row = emptyRow();
  private readonly capture: Capture;
  private text: string | null = null;

  constructor(capture: Capture) {
    this.capture = capture;
    this.line = capture.firstLine - 1;
  }

  /** `text`: the line, where it is held as one already. */
  take(bytes: Buffer, start: number, end: number, text: string | null = null): void {
    this.text = text;
    this.line++;
    const row = this.row;
    const verdict = scanned(bytes, start, end, row);
    switch (verdict) {
      case 'blank': case 'summary': return;
      case 'other': { this.other(bytes, start, end); return; }
      case 'counted': { this.stateCount(row.state, row.timeout, 0, 0, bytes, start, end); this.counted += row.timeout; this.rows += row.timeout; return; }
      case 'row': break;
    }
    this.rows++;
    this.byProtocol.set(row.protocol, (this.byProtocol.get(row.protocol) ?? 0) + 1);
    if (row.assured) this.assured++;
    if (row.unreplied) this.unreplied++;
    const translated = row.src[1] !== null && (row.src[0] !== row.dst[1] || row.dst[0] !== row.src[1] || (row.sport[0] !== row.dport[1] && row.dport[1] !== -1) || (row.dport[0] !== row.sport[1] && row.sport[1] !== -1));
    if (translated) this.translated++;
    if (row.state !== '') this.stateCount(row.state, 1, row.assured ? 1 : 0, row.unreplied ? 1 : 0, bytes, start, end);
    this.count(this.sources, row.src[0] ?? '');
    const target = row.dst[0] ?? '';
    const port = row.dport[0] ?? -1;
    this.count(this.services, typeof target === 'number' ? (target >>> 0) * 65_536 + Math.max(0, port) : `${target} ${String(port)}`);
    if (this.rows <= keptOfSmall || (row.unreplied && this.keptUnreplied < keptOfEach) || (translated && this.keptTranslated < keptOfEach)) this.keep(bytes, start, end, translated);
    else this.first ??= this.source(bytes, start, end);
  }

  private keep(bytes: Buffer, start: number, end: number, translated: boolean): void {
    const source = this.source(bytes, start, end);
    this.first ??= source;
    if (this.row.unreplied) this.keptUnreplied++;
    if (translated) this.keptTranslated++;
    const original = tuple(this.row, 0);
    if (original === null) return;
    this.kept.push({
      kind: 'conntrack-row', source, protocol: this.row.protocol, state: this.row.state === '' ? null : this.row.state, timeout: this.row.timeout < 0 ? null : this.row.timeout,
      original, reply: tuple(this.row, 1), assured: this.row.assured, unreplied: this.row.unreplied,
    });
  }

  private stateCount(state: string, by: number, assured: number, unreplied: number, bytes: Buffer, start: number, end: number): void {
    const entry = this.byState.get(state);
    if (entry === undefined) {
      // A text full of made-up words must not grow this map; there are eleven TCP states.
      if (this.byState.size >= 64) return;
      const source = this.source(bytes, start, end);
      this.first ??= source;
      this.byState.set(state, { count: by, assured, unreplied, samples: [source] });
      return;
    }
    entry.count += by;
    entry.assured += assured;
    entry.unreplied += unreplied;
    if (entry.samples.length < 3) entry.samples.push(this.source(bytes, start, end));
  }

  private count(map: Map<number | string, number>, key: number | string): void {
    const seen = map.get(key);
    if (seen !== undefined) map.set(key, seen + 1);
    else if (map.size < differentLimit) map.set(key, 1);
    else this.sourcesComplete = false;
  }

  private other(bytes: Buffer, start: number, end: number): void {
    this.otherLines++;
    if (this.unread.length >= keptUnread) return;
    const line = this.source(bytes, start, end);
    this.unread.push(unreadLine(this.capture, line, 'conntrack-table', whyNoOutput(line.text.trim()) ?? 'not a conntrack row'));
  }

  private source(bytes: Buffer, start: number, end: number): SourceLine {
    return { file: this.capture.file, line: this.line, text: (this.text ?? bytes.toString('utf8', start, Math.min(end, start + 4096))).replace(/\r$/, '') };
  }

  reading(): Reading<ConntrackTableRecord | ConntrackRowRecord> {
    const rest = this.otherLines - this.unread.length;
    if (rest > 0) this.unread.push({ file: this.capture.file, line: this.line, text: '', reason: `${String(rest)} more lines are no conntrack rows`, format: 'conntrack-table', host: this.capture.host });
    // No rows at all is an answer too (`0 flow entries have been shown`), as long as nothing went unread.
    if (this.first === null) return { records: [], unread: this.unread };
    const table: ConntrackTableRecord = {
      kind: 'conntrack-table', source: this.first, rows: this.rows, sampled: this.counted > 0 || /\|\s*(?:head|grep|awk|tail)|^\s*head\b|\s-(?:s|d|p|f|-src|-dst|-state)\b/.test(this.capture.command),
      byProtocol: this.byProtocol, byState: this.byState, assured: this.assured, unreplied: this.unreplied, translated: this.translated,
      sources: top(this.sources, (key) => ({ address: addressText(key) ?? '', port: null })),
      services: top(this.services, (key) => {
        if (typeof key === 'number') return { address: addressText(Math.floor(key / 65_536) | 0) ?? '', port: key % 65_536 };
        const [host, port] = key.split(' ');
        return { address: host ?? '', port: Number(port) };
      }),
      differentSources: this.sources.size, sourcesComplete: this.sourcesComplete,
    };
    return { records: [table, ...this.kept], unread: this.unread };
  }
}

/** The plain form as it stands; `-o save` and `-o xml` by way of it. */
function scanned(bytes: Buffer, start: number, end: number, row: Row): RowVerdict {
  const verdict = scanRow(bytes, start, end, row);
  if (verdict !== 'other') return verdict;
  const first = bytes[row.start] ?? 0;
  if (first !== 45 && first !== 60) return verdict;
  const plain = plainRow(bytes.toString('utf8', start, end));
  if (plain === null) return verdict;
  const line = Buffer.from(plain);
  return scanRow(line, 0, line.length, row);
}

function tuple(row: Row, direction: 0 | 1): Tuple | null {
  const src = address(addressText(row.src[direction] ?? null) ?? '');
  const dst = address(addressText(row.dst[direction] ?? null) ?? '');
  if (src === null || dst === null) return null;
  const port = (value: number | undefined): number | null => (value === undefined || value < 0 ? null : value);
  return { src, dst, sport: port(row.sport[direction]), dport: port(row.dport[direction]) };
}

function top(counts: ReadonlyMap<number | string, number>, name: (key: number | string) => { address: string; port: number | null }): Talker[] {
  const best: [number | string, number][] = [];
  for (const [key, count] of counts) {
    if (best.length === 20 && count <= (best[19]?.[1] ?? 0)) continue;
    const at = best.findIndex((entry) => entry[1] < count);
    best.splice(at < 0 ? best.length : at, 0, [key, count]);
    if (best.length > 20) best.pop();
  }
  return best.map(([key, count]) => ({ ...name(key), count }));
}
