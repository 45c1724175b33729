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

/** Fields of one line; a field in quotes may hold commas and doubled quotes (RFC 4180, HAProxy's csv_enc). */
function split(line: string, upTo: number): string[] {
  const fields: string[] = [];
  let at = 0;
  while (fields.length <= upTo && at <= line.length) {
    if (line.charCodeAt(at) === 34) {
      let value = '';
      let from = at + 1;
      for (;;) {
        const quote = line.indexOf('"', from);
        if (quote < 0) return fields;
        value += line.slice(from, quote);
        at = quote + 1;
        if (line.charCodeAt(at) !== 34) break;
        value += '"';
        from = at + 1;
      }
      fields.push(value);
      at += 1;
      continue;
    }
    const comma = line.indexOf(',', at);
    if (comma < 0) {
      fields.push(line.slice(at));
      break;
    }
    fields.push(line.slice(at, comma));
    at = comma + 1;
  }
  return fields;
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
      const last = Math.max(0, ...places);
      let short = 0;
      let at = headerEnd + 1;
      while (at < text.length) {
        const end = text.indexOf('\n', at);
        const line = end < 0 ? text.slice(at) : text.slice(at, end);
        at = end < 0 ? text.length : end + 1;
        // The answer ends with an empty line.
        if (line === '' || line === '\r') continue;
        const fields = split(line, last);
        if (fields.length <= last) {
          short += 1;
          continue;
        }
        yield places.map((place) => (place < 0 ? '' : (fields[place] ?? ''))) as never;
      }
      return short;
    },
  };
}
