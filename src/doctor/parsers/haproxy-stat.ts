import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** A row of `show stat`: read by the names of its header, because every version has more columns (129 in 2.6). */
export interface HaproxyStatRecord {
  readonly kind: 'haproxy-stat';
  readonly source: SourceLine;
  readonly proxy: string;
  /** `FRONTEND`, `BACKEND`, or a server's name. */
  readonly server: string;
  /** Non-empty columns by name. */
  readonly values: ReadonlyMap<string, string>;
}

function parse(capture: Capture): Reading<HaproxyStatRecord> {
  let columns: readonly string[] = [];
  return readLines<HaproxyStatRecord>(capture, 'haproxy-stat', (text, line) => {
    if (/^#\s?pxname,/.test(text)) { columns = text.replace(/^#\s?/, '').split(','); return skip; }
    if (columns.length === 0) return null;
    const cells = csv(text);
    if (cells.length < 5) return null;
    const values = new Map<string, string>();
    cells.forEach((cell, at) => { const name = columns[at]; if (name !== undefined && name !== '' && cell !== '') values.set(name, cell); });
    return { kind: 'haproxy-stat', source: line, proxy: cells[0] ?? '', server: cells[1] ?? '', values };
  });
}

/** `last_chk` may hold a quoted comma. */
function csv(text: string): string[] {
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? '';
    if (char === '"') { if (quoted && text[at + 1] === '"') { cell += '"'; at++; } else quoted = !quoted; }
    else if (char === ',' && !quoted) { cells.push(cell); cell = ''; }
    else cell += char;
  }
  cells.push(cell);
  return cells;
}

export const haproxyStat: Parser<'haproxy-stat', HaproxyStatRecord> = {
  format: 'haproxy-stat',
  commands: ['echo "show stat" | socat stdio SOCKET'],
  recognises: (capture) => recognise(capture, () => /\bshow stat\b/.test(capture.command), (text) => /^#\s?pxname,svname,/.test(text)),
  parse,
};
