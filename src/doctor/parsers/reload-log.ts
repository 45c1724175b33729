import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** A router took on a new configuration by starting again, or a worker of it ended. */
export interface ReloadRecord {
  readonly kind: 'router-reload';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  /** Who writes so: several may tell of the same reload. */
  readonly by: 'haproxy' | 'systemd' | 'openshift-router' | 'ingress-nginx' | 'haproxy-ingress';
  /**
   * `leaving`: the whole program was told to stop (by its master, by systemd). `worker-ended`: the current worker ended while its master
   * was not told to stop (HAProxy's master says "Former worker" of those it replaced).
   */
  readonly what: 'reloaded' | 'leaving' | 'worker-ended';
  /** Exit code of the worker. */
  readonly code: number | null;
  /** What the program names as the cause. */
  readonly trigger: string | null;
}

/** Somebody signals processes by their name: cron, sudo, a script, a process in the list. */
export interface SignalByNameRecord {
  readonly kind: 'signal-by-name';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  readonly command: string;
}

type R = ReloadRecord | SignalByNameRecord;

const forms: readonly (readonly [RegExp, ReloadRecord['by'], ReloadRecord['what']])[] = [
  // 2.6: `[NOTICE]   (1106) : Reloading HAProxy`; until 2.4: `[WARNING] 324/090438 (1106) : Reexecuting Master process`
  [/^(?:\[\w+\] +)?(?:\d+\/\d+ )?(?:\(\d+\) : )?(?:Reloading HAProxy|Reexecuting Master process)/, 'haproxy', 'reloaded'],
  [/^(?:\[\w+\] +)?(?:\d+\/\d+ )?(?:\(\d+\) : )?Exiting Master process/, 'haproxy', 'leaving'],
  [/Current worker (?:#\d+ )?\(?\d+\)? exited with code (\d+)/, 'haproxy', 'worker-ended'],
  [/^Reloaded .*(?:haproxy|HAProxy)/, 'systemd', 'reloaded'], [/^Stopp(?:ing|ed) (?!frontend|backend|proxy).*(?:haproxy|HAProxy)/, 'systemd', 'leaving'],
  [/"msg"="router reloaded"|^"?[Rr]outer reloaded/, 'openshift-router', 'reloaded'],
  [/Backend successfully reloaded/, 'ingress-nginx', 'reloaded'],
  [/HAProxy successfully reloaded|HAProxy reloaded\b/, 'haproxy-ingress', 'reloaded'],
];

/** `kill -USR1 $(pidof haproxy)`, `killall -HUP haproxy`, `pkill haproxy`: not `pidof haproxy` alone, which only asks. */
const byName = /(?:\b(?:killall|pkill)\b[^|;&]{0,80}\bhaproxy\b|\bkill\b[^|;&]{0,40}[$`]\(?\s*(?:\S*\/)?(?:pidof|pgrep)\b[^)`]{0,40}\bhaproxy\b[)`]?|\b(?:pidof|pgrep)\b[^|;&]{0,40}\bhaproxy\b\s*\|\s*xargs\s+(?:-\S+ )*kill|(?<![\w./-])(?:\/[\w./-]{0,60}\/)?haproxy\s.{0,200}?\s-s[ft]\s+[$`]\(?\s*(?:\S*\/)?(?:pidof|pgrep)\b[^)`]{0,40}\bhaproxy\b[)`]?)/;

/** What stands before a reload and names its cause: an object (ingress-nginx), a list of what changed (haproxy-ingress). */
const causes = /reload required by (\S+)|need to reload due to (.{1,80}?)"?$|Kind:"(?:Ingress|ConfigMap|Secret)", Namespace:"([^"]*)", Name:"([^"]*)"/;

function parse(capture: Capture): Reading<R> {
  const records: R[] = [];
  let cause: string | null = null;
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 8192) continue;
    if (/pidof|pgrep|killall|pkill/.test(raw) && byName.test(raw)) {
      const source = sourceLine(capture, index);
      records.push({ kind: 'signal-by-name', source, at: logLine(raw).at, command: byName.exec(raw)?.[0] ?? '' });
      continue;
    }
    if (!/[Rr]eload|Reexecuting|exited with code|Exiting Master|Stopp(?:ing|ed) |Namespace:"/.test(raw)) continue;
    const { at, message } = logLine(raw);
    const named = causes.exec(message);
    if (named) { cause = named[1] ?? named[2] ?? (named[4] === undefined ? null : `${named[3] ?? ''}/${named[4]}`); continue; }
    for (const [pattern, by, what] of forms) {
      const found = pattern.exec(message);
      if (!found) continue;
      records.push({ kind: 'router-reload', source: sourceLine(capture, index), at, by, what, code: found[1] === undefined ? null : Number(found[1]), trigger: cause });
      cause = null;
      break;
    }
  }
  return { records, unread: [] };
}

export const reloadLog: Parser<'reload-log', R> = {
  format: 'reload-log',
  log: true,
  commands: ['journalctl -u haproxy --no-pager', 'kubectl -n NAMESPACE logs ROUTER-POD'],
  recognises: (capture) => {
    const { program } = commandLine(capture.command);
    // Scripts and crontabs are read for one line only: the one that signals by name.
    if (/(?:reload|haproxy)[\w.-]*\.sh$|^\/etc\/cron|reload-haproxy$|^crontab$|^\/etc\/logrotate\.d\//.test(program)) return recognition.byCommand;
    return firstLines(capture.lines).some((text) => forms.some(([pattern]) => pattern.test(logLine(text).message))) ? recognition.byContent : recognition.no;
  },
  parse,
};
