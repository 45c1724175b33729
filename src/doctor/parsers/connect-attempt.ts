import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { sourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { recognition } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { withoutMeter } from './curl-meter.ts';
import { firstLines } from './read-lines.ts';

/** What a client saw when it opened a TCP connection, and when it spoke TLS on it. */
export interface ConnectRecord {
  readonly kind: 'connect';
  readonly source: SourceLine;
  readonly target: Address;
  readonly port: number;
  readonly outcome: 'connected' | 'timeout' | 'refused' | 'unreachable' | 'reset';
  /** Set when TLS was tried: `silence` is a time-out while waiting for the server's answer. */
  readonly tls: 'done' | 'silence' | 'failed' | null;
  readonly tlsSource: SourceLine | null;
}

/** nc, curl -v, kubectl -v=9, telnet: every line may be about something else, so nothing is unread here. */
function parse(capture: Capture): Reading<ConnectRecord> {
  const records: ConnectRecord[] = [];
  const add = (source: SourceLine, target: string | undefined, port: string | undefined, outcome: ConnectRecord['outcome']): void => {
    const token = address(target ?? '');
    const number = Number(port);
    if (token === null || !Number.isInteger(number) || number < 1 || number > 65_535) return;
    records.push({ kind: 'connect', source, target: token, port: number, outcome, tls: null, tlsSource: null });
  };
  const tls = (source: SourceLine, state: 'done' | 'silence' | 'failed'): void => {
    const last = records[records.length - 1];
    if (last?.outcome === 'connected' && last.tls === null) records[records.length - 1] = { ...last, tls: state, tlsSource: source };
  };
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 4096) continue;
    const text = withoutMeter(raw);
    const line = sourceLine(capture, index);
    const nc = /nc: connect to (\S+) port (\d+) \(\w+\) failed: (.*)$/.exec(text);
    if (nc) { add(line, nc[1], nc[2], why(nc[3] ?? '')); continue; }
    const opened = /^Connection to (\S+) (\d+) port \[.*succeeded!/.exec(text) ?? /^Ncat: Connected to (\S+):(\d+)/.exec(text);
    if (opened) { add(line, opened[1], opened[2], 'connected'); continue; }
    const curled = /^\* Connected to \S+ \(([^)]+)\) port (\d+)/.exec(text);
    if (curled) { add(line, curled[1], curled[2], 'connected'); continue; }
    const notCurled = /^\* (?:connect to|Failed to connect to) (\S+) port (\d+)(?: from \S+ port \d+)? (?:failed|after \d+ ms): (.*)$/.exec(text);
    if (notCurled) { add(line, notCurled[1], notCurled[2], why(notCurled[3] ?? '')); continue; }
    const dial = /HTTP Trace: Dial to tcp:\[?([^\s\]]+?)\]?:(\d+) (succeed|failed)/.exec(text);
    if (dial) { add(line, dial[1], dial[2], dial[3] === 'succeed' ? 'connected' : why(text)); continue; }
    const refused = /dial tcp (?:\S+->)?\[?([^\s\]]+?)\]?:(\d+): (?:connect: )?(.*)$/.exec(text);
    if (refused) { add(line, refused[1], refused[2], why(refused[3] ?? '')); continue; }
    if (/net\/http: TLS handshake timeout|SSL connection timeout|TLSHandshake \d{5,} ms/.test(text)) { tls(line, 'silence'); continue; }
    if (/^\* SSL connection using|^\* TLSv1.*\(IN\).*Server hello|^SSL-Session:|TLSv1\.\d \(IN\), TLS handshake, Server hello/.test(text)) { tls(line, 'done'); continue; }
    if (/SSL_ERROR_SYSCALL|SSL_connect: |wrong version number|alert |TLS handshake error/.test(text)) tls(line, 'failed');
  }
  return { records, unread: [] };
}

function why(text: string): ConnectRecord['outcome'] {
  if (/timed? ?out/i.test(text)) return 'timeout';
  if (/refused/i.test(text)) return 'refused';
  if (/reset/i.test(text)) return 'reset';
  return 'unreachable';
}

export const connectAttempt: Parser<'connect-attempt', ConnectRecord> = {
  format: 'connect-attempt',
  log: true,
  commands: ['nc -vz -w 3 ADDRESS PORT', 'curl -vk --max-time 10 https://HOST/'],
  recognises: (capture) => {
    const program = capture.command === '' ? '' : commandLine(capture.command).program;
    if (['nc', 'ncat', 'curl', 'telnet', 'wget'].includes(program)) return recognition.byCommand;
    return firstLines(capture.lines).some((text) => /HTTP Trace: Dial to tcp:|^\* Connected to \S+ \(|nc: connect to |net\/http: TLS handshake timeout/.test(text)) ? recognition.byContent : recognition.no;
  },
  parse,
};
