import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { commandLine } from '../command-line.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** A session or request in HAProxy's `option tcplog` or `option httplog` form. Times in milliseconds, -1 where the stage was not reached. */
export interface HaproxySessionRecord {
  readonly kind: 'haproxy-session';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly client: Address | null;
  readonly frontend: string;
  readonly backend: string;
  /** `<NOSRV>` when none was chosen. */
  readonly server: string;
  readonly mode: 'http' | 'tcp';
  readonly timers: { readonly request: number | null; readonly queue: number; readonly connect: number; readonly response: number | null; readonly total: number };
  /** HTTP only; -1 when no answer was sent. */
  readonly status: number | null;
  /** `SC--`, `sH--`, `PR--`, ... */
  readonly termination: string;
  readonly retries: number;
  /** A `+` before the retries: sent to another server than persistence chose. */
  readonly redispatched: boolean;
  readonly serverQueue: number;
  readonly request: string | null;
}

/** `10.0.0.5:51234 [...] https~/1: SSL handshake failure`, PROXY protocol complaints: a connection that never became a session. */
export interface HaproxyConnectionErrorRecord {
  readonly kind: 'haproxy-connection-error';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly client: Address | null;
  readonly frontend: string;
  readonly text: string;
}

/** What HAProxy says about servers, proxies and itself. */
export interface HaproxyEventRecord {
  readonly kind: 'haproxy-event';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly event: 'server-down' | 'server-up' | 'no-server' | 'proxy-stopped' | 'no-free-ports' | 'maxconn-reached' | 'worker-exited' | 'key-mismatch';
  readonly proxy: string | null;
  readonly server: string | null;
  readonly text: string;
}

type R = HaproxySessionRecord | HaproxyConnectionErrorRecord | HaproxyEventRecord;

const client = '(\\[?[\\w.:*]+?\\]?):(\\d{1,5})';
const date = '\\[(\\d\\d\\/\\w{3}\\/\\d{4}:\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?)[^\\]]{0,16}\\]';
const http = new RegExp(`${client} ${date} (\\S+?) ([^\\s/]+)\\/(\\S+) (-?\\d+)\\/(-?\\d+)\\/(-?\\d+)\\/(-?\\d+)\\/\\+?(-?\\d+) (-?\\d+) \\+?(\\d+) \\S+ \\S+ ([A-Za-z-]{4}) (?:\\d+\\/){4}(\\+?)(\\d+) (\\d+)\\/\\d+(?: \\{.*?\\})* ?"?([^"]*)"?`);
const tcp = new RegExp(`${client} ${date} (\\S+?) ([^\\s/]+)\\/(\\S+) (-?\\d+)\\/(-?\\d+)\\/\\+?(-?\\d+) \\+?(\\d+) ([A-Za-z-]{2}) (?:\\d+\\/){4}(\\+?)(\\d+) (\\d+)\\/\\d+`);
const failed = new RegExp(`${client} ${date} ([\\w.~:-]+)\\/(\\S+): (.{1,300})$`);

/** Every line below has the time of acceptance, or words of an event: one look instead of a dozen at each line of somebody else's log. */
const interesting = /\[\d\d\/\w{3}\/\d{4}:\d\d:| is (?:DOWN|going DOWN|UP)|no server available|Proxy \S+ (?:stopped|reached)|no free ports|axconn reached|exited|inconsistencies between/;

const events: readonly (readonly [RegExp, HaproxyEventRecord['event']])[] = [
  [/Server (\S+?)\/(\S+) is (?:DOWN|going DOWN)/, 'server-down'], [/Server (\S+?)\/(\S+) is UP/, 'server-up'],
  [/(?:backend|proxy) (\S+) has no server available/, 'no-server'], [/Proxy (\S+) stopped/, 'proxy-stopped'],
  [/Connect\(\) failed for (?:backend|server) (\S+?)(?:\/\S+)?: no free ports/, 'no-free-ports'], [/(?:Proxy (\S+) reached (?:process FD limit|system memory limit)|[Mm]axconn reached)/, 'maxconn-reached'],
  [/worker .*exited with code|Current worker .*exited/, 'worker-exited'],
  [/inconsistencies between private key and certificate loaded '?([^'\s]+)/, 'key-mismatch'],
];

function parse(capture: Capture): Reading<R> {
  const records: R[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 8192 || !interesting.test(raw)) continue;
    const made = one(raw, sourceLine(capture, index));
    if (made !== null) records.push(made);
  }
  return { records, unread: [] };
}

function one(raw: string, source: SourceLine): R | null {
  const { at, message } = logLine(raw);
  const when = accepted(raw) ?? at;
  const request = http.exec(message);
  if (request) {
    return {
      kind: 'haproxy-session', source, at: when, client: address(request[1] ?? ''), frontend: request[4] ?? '', backend: request[5] ?? '', server: request[6] ?? '', mode: 'http',
      timers: { request: Number(request[7]), queue: Number(request[8]), connect: Number(request[9]), response: Number(request[10]), total: Number(request[11]) },
      status: Number(request[12]), termination: request[14] ?? '', redispatched: request[15] === '+', retries: Number(request[16]), serverQueue: Number(request[17]), request: request[18] === undefined || request[18] === '' ? null : request[18],
    };
  }
  const session = tcp.exec(message);
  if (session) {
    return {
      kind: 'haproxy-session', source, at: when, client: address(session[1] ?? ''), frontend: session[4] ?? '', backend: session[5] ?? '', server: session[6] ?? '', mode: 'tcp',
      timers: { request: null, queue: Number(session[7]), connect: Number(session[8]), response: null, total: Number(session[9]) },
      status: null, termination: session[11] ?? '', redispatched: session[12] === '+', retries: Number(session[13]), serverQueue: Number(session[14]), request: null,
    };
  }
  const error = failed.exec(message);
  if (error) return { kind: 'haproxy-connection-error', source, at: when, client: address(error[1] ?? ''), frontend: error[4] ?? '', text: error[6] ?? '' };
  for (const [pattern, event] of events) {
    const found = pattern.exec(message);
    if (found) return { kind: 'haproxy-event', source, at, event, proxy: found[1] ?? null, server: found[2] ?? null, text: message };
  }
  return null;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `[20/Nov/2026:22:30:22.123]`: when the connection was accepted, with a year. */
function accepted(raw: string): LogTime | null {
  const found = /\[(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d+))?/.exec(raw);
  const month = months.indexOf(found?.[2] ?? '');
  return found === null || month < 0 ? null : { ms: Date.UTC(Number(found[3]), month, Number(found[1]), Number(found[4]), Number(found[5]), Number(found[6]), Number((found[7] ?? '0').padEnd(3, '0').slice(0, 3))), absolute: true };
}

export const haproxyLog: Parser<'haproxy-log', R> = {
  format: 'haproxy-log',
  log: true,
  commands: ['journalctl -u haproxy --no-pager', 'cat /var/log/haproxy.log'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    const seen = firstLines(capture.lines).some((text) => http.test(text) || tcp.test(text) || failed.test(text) || /backend \S+ has no server available|Server \S+\/\S+ is (?:DOWN|UP)/.test(text));
    if (command !== null && ((command.program === 'journalctl' && command.words.some((word) => /haproxy/.test(word))) || /haproxy[\w.-]*\.log$/.test(command.program))) return seen ? recognition.byCommandAndContent : recognition.byCommand;
    return seen ? recognition.byContent : recognition.no;
  },
  parse,
};
