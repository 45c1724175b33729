import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { readLines, skip } from './read-lines.ts';

/** A row of ps. */
export interface ProcessRecord {
  readonly kind: 'process';
  readonly source: SourceLine;
  readonly pid: number;
  readonly parent: number | null;
  /** As ps prints it (`3-04:05:06`); null in forms without it. */
  readonly elapsed: string | null;
  /** KiB; null in forms without it. */
  readonly resident: number | null;
  readonly command: string;
}

/** `ps axww -o pid,ppid,etime,rss,args`, `ps aux`, `ps -ef`: told apart by their columns. */
function processRow(text: string, source: SourceLine): ProcessRecord | typeof skip | null {
  if (/^(?:USER|UID|PID|F S)\s/.test(text) || /^\s*PID\b/.test(text)) return skip;
  const own = /^(\d+)\s+(\d+)\s+([\d:-]+)\s+(\d+)\s+(.*)$/.exec(text);
  if (own) return { kind: 'process', source, pid: Number(own[1]), parent: Number(own[2]), elapsed: own[3] ?? null, resident: Number(own[4]), command: own[5] ?? '' };
  const aux = /^(\S+)\s+(\d+)\s+[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+\S+\s+\S+\s+\S+\s+[\d:.]+\s+(.*)$/.exec(text);
  if (aux) return { kind: 'process', source, pid: Number(aux[2]), parent: null, elapsed: null, resident: Number(aux[3]), command: aux[4] ?? '' };
  const ef = /^(\S+)\s+(\d+)\s+(\d+)\s+\d+\s+\S+\s+\S+\s+[\d:.-]+\s+(.*)$/.exec(text);
  if (ef) return { kind: 'process', source, pid: Number(ef[2]), parent: Number(ef[3]), elapsed: null, resident: null, command: ef[4] ?? '' };
  return null;
}

export const processes: Parser<'processes', ProcessRecord> = {
  format: 'processes',
  // Command lines interest the readers of component logs too (flags of kube-proxy), so ps counts as a log; other logs are left alone here.
  log: true,
  commands: ['ps axww -o pid,ppid,etime,rss,args'],
  recognises: (capture) => (commandLine(capture.command).program === 'ps' ? recognition.byCommand : recognition.no),
  parse,
};

function parse(capture: Capture): Reading<ProcessRecord> {
  if (commandLine(capture.command).program !== 'ps') return { records: [], unread: [] };
  return readLines<ProcessRecord>(capture, 'processes', processRow);
}
