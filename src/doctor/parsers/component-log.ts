import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** kube-proxy sets the size of the kernel's connection table by itself: `conntrack.go:52] Setting nf_conntrack_max to 786432`. */
export interface ConntrackMaxSetRecord {
  readonly kind: 'conntrack-max-set';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly max: number;
}

/** A program's command line (from ps, /proc/PID/cmdline, or a log that prints its flags). */
export interface CommandFlagsRecord {
  readonly kind: 'command-flags';
  readonly source: SourceLine;
  readonly program: string;
  readonly flags: ReadonlyMap<string, string>;
}

/** A health probe that failed, or a container that was started again because of it. */
export interface ProbeRecord {
  readonly kind: 'probe-failure';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly what: 'probe-failed' | 'restarted';
  readonly subject: string | null;
}

type R = ConntrackMaxSetRecord | CommandFlagsRecord | ProbeRecord;

const interesting = /nf_conntrack_max|kube-proxy|[Pp]robe failed|failed liveness probe|will be restarted|Back-off restarting|FLAG: --/;

/** Logs of kube-proxy and kubelet, events, process lists: most lines are about other things and are passed over. */
function parse(capture: Capture): Reading<R> {
  const records: R[] = [];
  const flags = new Map<string, string>();
  let flagLine: SourceLine | null = null;
  for (let index = 0; index < capture.lines.length; index++) {
    const text = capture.lines[index] ?? '';
    if (text.length > 16_384 || !interesting.test(text)) continue;
    const source = sourceLine(capture, index);
    const { at, message } = logLine(text);
    const set = /Set(?:ting)? (?:sysctl ")?(?:net[./]netfilter[./])?nf_conntrack_max"?(?: to|:)\s*(?:to )?(\d+)/.exec(message);
    if (set) { records.push({ kind: 'conntrack-max-set', source, at, max: Number(set[1]) }); continue; }
    const flag = /FLAG: --([\w-]+)="(.*)"$/.exec(message);
    if (flag) { flags.set(flag[1] ?? '', flag[2] ?? ''); flagLine ??= source; continue; }
    const proxy = /(?:^|[\s/])(kube-proxy)((?: +--?[\w-]+(?:[= ][^\s-]\S*)?)+)/.exec(text);
    if (proxy) {
      const given = new Map<string, string>();
      for (const pair of (proxy[2] ?? '').matchAll(/--([\w-]+)(?:[= ]([^\s-]\S*))?/g)) given.set(pair[1] ?? '', pair[2] ?? '');
      if (!given.has('help')) records.push({ kind: 'command-flags', source, program: 'kube-proxy', flags: given });
      continue;
    }
    if (/(?:Liveness|Readiness|Startup) probe failed|[Pp]robe failed/.test(message)) records.push({ kind: 'probe-failure', source, at, what: 'probe-failed', subject: subject(message) });
    else if (/will be restarted|failed liveness probe|Back-off restarting/.test(message)) records.push({ kind: 'probe-failure', source, at, what: 'restarted', subject: subject(message) });
  }
  if (flagLine !== null) records.push({ kind: 'command-flags', source: flagLine, program: 'kube-proxy', flags });
  return { records, unread: [] };
}

function subject(message: string): string | null {
  return /(?:pod[/="]+|Container |container[="]+)([\w./-]+)/.exec(message)?.[1] ?? null;
}

export const componentLog: Parser<'component-log', R> = {
  format: 'component-log',
  log: true,
  commands: ['journalctl -u kubelet --no-pager', 'kubectl -n kube-system logs ds/kube-proxy'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    if (command !== null) {
      if ((command.program === 'journalctl' && command.words.some((word) => /kubelet|kube-proxy|haproxy-ingress|containerd|crio/.test(word))) || command.program === 'ps') return recognition.byCommand;
      if ((command.program === 'kubectl' || command.program === 'oc') && /^(?:logs|describe|events)$/.test(command.operands.find((word) => /^(?:logs|describe|events|get)$/.test(word)) ?? '')) return recognition.byCommand;
      if ((command.program === 'kubectl' || command.program === 'oc') && command.operands.includes('events')) return recognition.byCommand;
    }
    return firstLines(capture.lines).some((text) => /Setting (?:sysctl "net\/netfilter\/)?nf_conntrack_max|(?:Liveness|Readiness) probe failed/.test(text)) ? recognition.byContent : recognition.no;
  },
  parse,
};
