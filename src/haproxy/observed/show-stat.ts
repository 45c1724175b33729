/**
 * The answer of `show stat` (management manual 9.1, "CSV format"): a header that begins `# pxname,svname,...`, then a row for each
 * proxy and server. Columns differ between versions, and a version may insert some in the middle (2.6 has extension counters after
 * `-`), so they are found by their names.
 */
export interface StatTable {
  readonly columns: readonly string[];
  /**
   * Every row, reduced to `wanted`, in that order; a column that this HAProxy does not have gives `''`, as an empty field does.
   * Rows with fewer fields than the header (an answer cut short) are left out and counted.
   */
  rows<const C extends readonly string[]>(wanted: C): Generator<{ readonly [K in keyof C]: string }, number>;
}

/** Rows of servers and backends by the value of `svname`. */
export const frontendRow = 'FRONTEND';
export const backendRow = 'BACKEND';

/**
 * Puts the fields of the line from `at` to `end` into `into`: field n goes to place `slots[n]`, if that is not negative. Only what is wanted is cut
 * out of the text: rows have 130 fields. A field in quotes may hold commas and doubled quotes (RFC 4180, HAProxy's csv_enc).
 * @returns whether the line holds `slots.length` fields.
 */
function pick(text: string, at: number, end: number, slots: readonly number[], into: string[]): boolean {
  for (let field = 0; field < slots.length; field += 1) {
    const slot = slots[field] ?? -1;
    if (text.charCodeAt(at) === 34) {
      let value = '';
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0 || quote >= end) return false;
        value += text.slice(from, quote);
        at = quote + 1;
        if (text.charCodeAt(at) !== 34) break;
        value += '"';
        from = at + 1;
      }
      if (slot >= 0) into[slot] = value;
    } else {
      const comma = text.indexOf(',', at);
      const stop = comma < 0 || comma > end ? end : comma;
      if (slot >= 0) into[slot] = text.slice(at, stop);
      at = stop;
    }
    if (field + 1 < slots.length && text.charCodeAt(at) !== 44) return false;
    at += 1;
  }
  return true;
}

/**
 * @returns null when the text is no answer of `show stat`: an error message, or nothing.
 */
export function parseShowStat(text: string): StatTable | null {
  const start = text.startsWith('# pxname,') ? 0 : text.indexOf('\n# pxname,') + 1;
  if (!text.startsWith('# pxname,', start)) return null;
  const headerEnd = text.indexOf('\n', start);
  if (headerEnd < 0) return null;
  const columns = text.slice(start + 2, headerEnd).replace(/\r$/, '').replace(/,$/, '').split(',');
  return {
    columns,
    *rows(wanted) {
      const places = wanted.map((name) => columns.indexOf(name));
      const slots = Array.from({ length: Math.max(0, ...places) + 1 }, (_, field) => places.indexOf(field));
      let short = 0;
      let at = headerEnd + 1;
      while (at < text.length) {
        const newline = text.indexOf('\n', at);
        const lineEnd = newline < 0 ? text.length : newline;
        const start = at;
        at = lineEnd + 1;
        const end = text.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd;
        // The answer ends with an empty line.
        if (end <= start) continue;
        const fields = wanted.map(() => '');
        if (pick(text, start, end, slots, fields)) yield fields as never;
        else short += 1;
      }
      return short;
    },
  };
}
