import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { address } from '../address.ts';
import type { Address } from '../address.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** A program could not listen where it wanted to. */
export interface BindFailureRecord {
  readonly kind: 'bind-failure';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly program: string | null;
  /** Null: any address. */
  readonly address: Address | null;
  /** Null in the scheduler's message, which names none. */
  readonly port: number | null;
  /** `no-host-port`: the scheduler found no node where the port is free. */
  readonly reason: 'in-use' | 'not-here' | 'not-allowed' | 'no-host-port';
}

const place = '(\\[[0-9a-fA-F:.]*\\]|[\\d.*]*|::):(\\d{1,5})';

const forms: readonly RegExp[] = [
  // HAProxy 2.6: `Binding [haproxy.cfg:9] for frontend web: cannot bind socket (Address already in use) for [0.0.0.0:443]`; older: `Starting frontend web: cannot bind socket [0.0.0.0:443]`
  new RegExp(`cannot bind (?:UNIX )?socket(?: \\(([^)]*)\\))?(?: for)? \\[${place}\\]`),
  // nginx, Apache: `bind() to 0.0.0.0:80 failed (98: Address already in use)`, `(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80`
  new RegExp(`bind\\(\\) to ${place} failed \\((?:\\d+: )?([^)]*)\\)`),
  new RegExp(`\\)([A-Z][^:]{5,60}): AH00072: make_sock: could not bind to address ${place}`),
  // Go, Node
  new RegExp(`listen (?:tcp[46]? )${place}: bind: (.{5,60})$`),
  new RegExp(`listen EADDR[A-Z]+: ([a-z ]{5,60}) ${place}`),
];

function reasonOf(text: string): BindFailureRecord['reason'] {
  if (/assign|EADDRNOTAVAIL|not available/i.test(text)) return 'not-here';
  return /denied|permitted/i.test(text) ? 'not-allowed' : 'in-use';
}

function parse(capture: Capture): Reading<BindFailureRecord> {
  const records: BindFailureRecord[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 4096 || !/bind|EADDR|free ports/.test(raw)) continue;
    const source = sourceLine(capture, index);
    const { at, program, message } = logLine(raw);
    if (/didn't have free ports for the requested pod ports/.test(message)) { records.push({ kind: 'bind-failure', source, at, program: null, address: null, port: null, reason: 'no-host-port' }); continue; }
    for (const form of forms) {
      const found = form.exec(message);
      if (!found) continue;
      const groups = found.slice(1).map((each: string | undefined) => each ?? '');
      const from = groups.findIndex((each, index) => /^(?:\[.*\]|[\d.*]*|::)$/.test(each) && /^\d+$/.test(groups[index + 1] ?? ''));
      const port = Number(groups[from + 1]);
      if (from < 0 || port < 1 || port > 65_535) break;
      const token = address((groups[from] ?? '').replace(/^\[|\]$/g, ''));
      records.push({ kind: 'bind-failure', source, at, program: program ?? (/AH\d{5}/.test(message) ? 'httpd' : /bind\(\) to/.test(message) ? 'nginx' : /cannot bind/.test(message) ? 'haproxy' : null), address: token === '0.0.0.0' || token === '::' ? null : token, port, reason: reasonOf(groups.find((_, index) => index !== from && index !== from + 1) ?? '') });
      break;
    }
  }
  return { records, unread: [] };
}

export const listenLog: Parser<'listen-log', BindFailureRecord> = {
  format: 'listen-log',
  log: true,
  commands: ['journalctl -u haproxy --no-pager', 'kubectl get events -A'],
  recognises: (capture) => (firstLines(capture.lines).some((text) => forms.some((form) => form.test(text)) || /didn't have free ports for the requested pod ports/.test(text)) ? recognition.byContent : recognition.no),
  parse,
};
