/** When a log line was written. Clocks of hosts differ and many formats have no year or zone: only order and distance within one log are safe. */
export interface LogTime {
  /** Milliseconds. Since the epoch when `absolute`, else since boot. Without a zone the text is taken as UTC. */
  readonly ms: number;
  readonly absolute: boolean;
}

export interface LogLine {
  readonly at: LogTime | null;
  /** `kernel`, `Keepalived_vrrp`, `haproxy`, ...; null when the format has none. */
  readonly program: string | null;
  readonly host: string | null;
  readonly message: string;
}

const months: Readonly<Record<string, number>> = { Jan: 0, Feb: 1, Mar: 2, Apr: 3, May: 4, Jun: 5, Jul: 6, Aug: 7, Sep: 8, Oct: 9, Nov: 10, Dec: 11 };

/**
 * Takes time, host and program off a line of syslog, journal, dmesg or klog:
 * `[Tue Nov 20 22:30:22 2018] nf_conntrack: ...`, `[12345.678901] ...`, `Nov 20 22:30:22 node1 kernel: [1.2] ...`,
 * `2026-11-20T22:30:22.1+00:00 node1 kernel: ...`, `I1120 15:18:19.757786   26448 conntrack.go:52] ...`.
 */
export function logLine(raw: string): LogLine {
  const text = raw.trim();
  const calendar = /^\[(?:\w{3}) (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})\]\s*(.*)$/.exec(text);
  if (calendar) return { at: date(calendar[6], calendar[1], calendar[2], calendar[3], calendar[4], calendar[5]), program: 'kernel', host: null, message: calendar[7] ?? '' };
  const boot = /^\[\s*(\d+)\.(\d{1,6})\]\s*(.*)$/.exec(text);
  if (boot) return { at: { ms: Number(boot[1]) * 1000 + Number(`0.${boot[2] ?? '0'}`) * 1000, absolute: false }, program: 'kernel', host: null, message: boot[3] ?? '' };
  const klog = /^[IWEF](\d\d)(\d\d) (\d\d):(\d\d):(\d\d)\.(\d{1,6})\s+\d+ ([^\]]+)\]\s?(.*)$/.exec(text);
  if (klog) return { at: yearless(Number(klog[1]) - 1, klog[2], klog[3], klog[4], klog[5]), program: klog[7] ?? null, host: null, message: klog[8] ?? '' };
  const classic = /^(?:<\d{1,3}>)?(\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (?:(\S+) )?([\w./@()-]{1,64}?)(?:\[\d+\])?: ?(.*)$/.exec(text);
  if (classic && months[classic[1] ?? ''] !== undefined) return inner(yearless(months[classic[1] ?? ''] ?? 0, classic[2], classic[3], classic[4], classic[5]), classic[6] ?? null, classic[7] ?? null, classic[8] ?? '');
  const iso = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?)(Z|[+-]\d\d:?\d\d)?\s+(?:(\S+)\s+([\w./@()-]{1,64}?)(?:\[\d+\])?:\s)?(.*)$/.exec(text);
  if (iso) {
    const zone = iso[2] ?? 'Z';
    const ms = Date.parse(`${(iso[1] ?? '').replace(' ', 'T').replace(',', '.')}${zone === 'Z' || zone.includes(':') ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`}`);
    return inner(Number.isNaN(ms) ? null : { ms, absolute: true }, iso[3] ?? null, iso[4] ?? null, iso[5] ?? '');
  }
  // keepalived --log-console: `Tue Nov 20 22:30:22 2018: (VI_1) Entering MASTER STATE`
  const console = /^\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.\d+)? (\d{4}):? (.*)$/.exec(text);
  if (console && months[console[1] ?? ''] !== undefined) return { at: date(console[6], console[1], console[2], console[3], console[4], console[5]), program: null, host: null, message: console[7] ?? '' };
  return { at: null, program: null, host: null, message: text };
}

/** syslog carries the kernel's own stamp inside: `kernel: [ 12.3] nf_conntrack: ...`. */
function inner(at: LogTime | null, host: string | null, program: string | null, message: string): LogLine {
  return { at, host, program, message: message.replace(/^\[\s*\d+\.\d+\]\s*/, '') };
}

function date(year: string | undefined, month: string | undefined, day: string | undefined, hour: string | undefined, minute: string | undefined, second: string | undefined): LogTime {
  return { ms: Date.UTC(Number(year), months[month ?? ''] ?? 0, Number(day), Number(hour), Number(minute), Number(second)), absolute: true };
}

/** A year is not in the line: 2000 keeps the distance between two lines of one log right, and 29 February possible. */
function yearless(month: number, day: string | undefined, hour: string | undefined, minute: string | undefined, second: string | undefined): LogTime {
  return { ms: Date.UTC(2000, month, Number(day), Number(hour), Number(minute), Number(second)), absolute: false };
}
