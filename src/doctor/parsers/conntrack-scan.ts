/**
 * Reads conntrack rows out of bytes, without an object for each row: a table may have a million of them.
 * Everything that grows with the number of different addresses has a limit, and says when it was reached.
 */

/** What one row said, overwritten by the next. Addresses are IPv4 as a signed 32 bit number, or a text for everything else. */
export interface Row {
  start: number;
  end: number;
  protocol: string;
  state: string;
  timeout: number;
  /** Index 0 is the original direction, 1 the reply. */
  readonly src: (number | string | null)[];
  readonly dst: (number | string | null)[];
  readonly sport: number[];
  readonly dport: number[];
  assured: boolean;
  unreplied: boolean;
  offload: boolean;
}

export type RowVerdict = 'row' | 'blank' | 'summary' | 'counted' | 'other';

const SPACE = 32; const TAB = 9; const EQUALS = 61; const OPEN = 91; const DOT = 46; const CR = 13;

export function emptyRow(): Row {
  return { start: 0, end: 0, protocol: '', state: '', timeout: -1, src: [null, null], dst: [null, null], sport: [-1, -1], dport: [-1, -1], assured: false, unreplied: false, offload: false };
}

/** Names of protocols and states seen so far, so that a row makes no new strings for them. */
const words = new Map<number, string>();

function word(bytes: Buffer, start: number, end: number): string {
  // A cheap key: length, first, middle and last bytes tell the few names apart; the text is compared before it is used.
  const key = (end - start) | ((bytes[start] ?? 0) << 8) | ((bytes[(start + end) >> 1] ?? 0) << 16) | ((bytes[end - 1] ?? 0) << 24);
  const seen = words.get(key);
  if (seen?.length === end - start && same(bytes, start, seen)) return seen;
  const text = bytes.toString('latin1', start, end);
  if (words.size < 256) words.set(key, text);
  return text;
}

function same(bytes: Buffer, start: number, text: string): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

/** Parses bytes[start, end) into `row`. */
export function scanRow(bytes: Buffer, start: number, end: number, row: Row): RowVerdict {
  let last = end;
  while (last > start && ((bytes[last - 1] ?? 0) === CR || (bytes[last - 1] ?? 0) === SPACE)) last--;
  let at = start;
  while (at < last && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  if (at >= last) return 'blank';
  row.start = at; row.end = last; row.protocol = ''; row.state = ''; row.timeout = -1;
  row.src[0] = row.src[1] = row.dst[0] = row.dst[1] = null;
  row.sport[0] = row.sport[1] = row.dport[0] = row.dport[1] = -1;
  row.assured = row.unreplied = row.offload = false;
  if (last - at > 2048) return 'other';
  let sources = 0;
  let targets = 0;
  let position = 0;
  let numbers = 0;
  let direction = 0;
  const first = at;
  while (at < last) {
    let stop = at;
    let equals = -1;
    while (stop < last) {
      const byte = bytes[stop] ?? 0;
      if (byte === SPACE || byte === TAB) break;
      if (byte === EQUALS && equals < 0) equals = stop;
      stop++;
    }
    const head = bytes[at] ?? 0;
    if (equals > 0) {
      const length = equals - at;
      if (length === 3 && head === 115 && bytes[at + 1] === 114) { // src
        direction = sources < 2 ? sources : 1;
        sources++;
        row.src[direction] = addressIn(bytes, equals + 1, stop);
      } else if (length === 3 && head === 100 && bytes[at + 1] === 115) { row.dst[direction] = addressIn(bytes, equals + 1, stop); targets++; } // dst
      else if (length === 5 && head === 115 && bytes[at + 1] === 112) row.sport[direction] = numberIn(bytes, equals + 1, stop); // sport
      else if (length === 5 && head === 100 && bytes[at + 1] === 112) row.dport[direction] = numberIn(bytes, equals + 1, stop); // dport
    } else if (head === OPEN) {
      const second = bytes[at + 1] ?? 0;
      if (second === 65) row.assured = true; // [ASSURED]
      else if (second === 85 && bytes[at + 3] === 82) row.unreplied = true; // [UNREPLIED], not [UPDATE]
      else if (second === 79 || second === 72) row.offload = true; // [OFFLOAD], [HW_OFFLOAD]
    } else if (head >= 48 && head <= 57) {
      const value = numberIn(bytes, at, stop);
      // protocol number, then seconds; a line that starts with a number is of `uniq -c`.
      if (position === 0) return countedLine(bytes, at, stop, last, row, value);
      if (sources === 0) { numbers++; if (numbers === 2) row.timeout = value; }
    } else if (position === 0 || (row.protocol === '' && sources === 0)) {
      // `ipv4     2 tcp      6 ...`: family first, then protocol.
      const text = word(bytes, at, stop);
      if (text === 'ipv4' || text === 'ipv6') numbers = -1;
      else row.protocol = text;
    } else if (sources === 0 && head >= 65 && head <= 90) row.state = word(bytes, at, stop);
    position++;
    at = stop;
    while (at < last && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
  }
  if (sources > 0 && targets > 0 && row.protocol !== '') return 'row';
  return same(bytes, first, 'conntrack v') ? 'summary' : 'other';
}

/** ` 120770 CLOSE_WAIT`, a table of `sort | uniq -c`: the count goes to `timeout`. */
function countedLine(bytes: Buffer, at: number, stop: number, last: number, row: Row, value: number): RowVerdict {
  let next = stop;
  while (next < last && bytes[next] === SPACE) next++;
  if (next >= last || at === last) return 'other';
  for (let index = next; index < last; index++) {
    const byte = bytes[index] ?? 0;
    if (!((byte >= 65 && byte <= 90) || byte === 95 || (byte >= 48 && byte <= 57))) return 'other';
  }
  row.state = bytes.toString('latin1', next, last);
  row.timeout = value;
  return 'counted';
}

function numberIn(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] ?? 0) - 48;
    if (digit < 0 || digit > 9 || index - start > 14) return -1;
    value = value * 10 + digit;
  }
  return end > start ? value : -1;
}

function addressIn(bytes: Buffer, start: number, end: number): number | string | null {
  if (end <= start) return null;
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === DOT) {
      if (octet < 0) return bytes.toString('latin1', start, end);
      value = (value << 8) | octet;
      octet = -1;
      dots++;
    } else if (byte >= 48 && byte <= 57) {
      octet = (octet < 0 ? 0 : octet * 10) + byte - 48;
      if (octet > 255) return bytes.toString('latin1', start, end);
    } else return bytes.toString('latin1', start, end);
  }
  return dots === 3 && octet >= 0 ? (value << 8) | octet : bytes.toString('latin1', start, end);
}

export function addressText(value: number | string | null): string | null {
  if (typeof value !== 'number') return value;
  return `${String(value >>> 24)}.${String((value >>> 16) & 255)}.${String((value >>> 8) & 255)}.${String(value & 255)}`;
}
