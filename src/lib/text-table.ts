import { displayWidth, fitting } from './display-width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be broken over several lines when the table is too wide; otherwise the column keeps its width. */
  readonly wraps?: boolean;
}

const gap = '  ';
/** Narrower than this a column is no longer readable. */
const leastWidth = 12;

/** Breaks a text into lines of at most `columns`, at spaces, else after `/ . : -` or, at last, anywhere. Never returns nothing. */
export function wrap(text: string, columns: number): readonly string[] {
  const width = Math.max(2, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const candidate = line === '' ? word : `${line} ${word}`;
    if (displayWidth(candidate) <= width) {
      line = candidate;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      const piece = fitting(line, width);
      const seam = Math.max(...['/', '.', ':', '-', ','].map((sign) => piece.lastIndexOf(sign)));
      const cut = seam >= piece.length / 2 ? seam + 1 : piece.length;
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  lines.push(line);
  return lines;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** Widths of the columns: what the cells need, less what the wrapping columns must give up to fit `width`, the widest first. */
function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, index) => rows.reduce((most, row) => Math.max(most, displayWidth(row[index] ?? '')), displayWidth(column.title)));
  const total = (): number => widths.reduce((sum, each) => sum + each, 0) + gap.length * (columns.length - 1);
  while (total() > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      if (column.wraps === true && (widths[index] ?? 0) > leastWidth && (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0))) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/**
 * Lays rows out in columns that fit `width` where the wrapping columns allow it.
 * @returns lines without trailing spaces; the titles first, unless all of them are empty.
 */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): readonly string[] {
  const widths = columnWidths(columns, rows, width);
  const layOut = (cells: readonly string[]): string[] => {
    const broken = columns.map((column, index) => (column.wraps === true ? wrap(cells[index] ?? '', widths[index] ?? 0) : [cells[index] ?? '']));
    const height = Math.max(...broken.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      broken.map((lines, index) => pad(lines[line] ?? '', widths[index] ?? 0, columns[index]?.align ?? 'left')).join(gap).trimEnd());
  };
  const titles = columns.every((column) => column.title === '') ? [] : layOut(columns.map((column) => column.title));
  return [...titles, ...rows.flatMap(layOut)];
}
