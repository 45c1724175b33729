import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { recognition, sourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { firstLines } from './read-lines.ts';
import { logLine } from './log-line.ts';
import type { LogTime } from './log-line.ts';

/** Something keepalived wrote about one VRRP instance. Texts differ between 1.x (`VRRP_Instance(VI_1) Entering ...`) and 2.x (`(VI_1) Entering ...`). */
export interface VrrpEventRecord {
  readonly kind: 'vrrp-event';
  readonly source: SourceLine;
  readonly at: LogTime | null;
  /** null when the line names none. */
  readonly instance: string | null;
  readonly event:
    | 'master' | 'backup' | 'fault'
    | 'higher-advert' // `Master received advert from 10.0.0.2 with higher priority 150, ours 100`
    | 'lower-advert' // `received lower priority advert, forcing new election`
    | 'garp' // `Sending/queueing gratuitous ARPs on eth0 for 10.0.0.100`
    | 'bogus' | 'address-mismatch' | 'auth-mismatch' | 'interval-mismatch' | 'version-mismatch' | 'ttl'
    | 'script-timeout' | 'script-failed' | 'script-succeeded'
    | 'started' | 'reloaded' // `Starting Keepalived v2.2.7 (01/16,2022)`, `Reloading`: what was refused before may have been mended by it
    | 'thread-timer'; // `A thread timer expired 3.2 seconds ago`: the process (or the machine) stood still
  readonly text: string;
}

const patterns: readonly (readonly [RegExp, VrrpEventRecord['event']])[] = [
  [/Entering MASTER STATE/, 'master'], [/Entering BACKUP STATE/, 'backup'], [/Entering FAULT STATE|now in FAULT state/, 'fault'],
  [/[Rr]eceived (?:advert|higher prio).*higher prio|received higher prio/i, 'higher-advert'],
  [/lower prio(?:rity)? advert.*(?:forcing new election)?|forcing a? ?new (?:MASTER )?election/i, 'lower-advert'],
  [/gratuitous ARP/i, 'garp'],
  [/not present in MASTER advert|VIPs? .*mismatch|mismatch.*VIP|address list mismatch/i, 'address-mismatch'],
  [/bogus VRRP packet/i, 'bogus'],
  [/(?:invalid|wrong|different) (?:auth|passw)|authentication (?:failure|mismatch)|received an invalid passwd/i, 'auth-mismatch'],
  [/advert(?:isement)? int(?:erval)? mismatch/i, 'interval-mismatch'],
  [/invalid version|version mismatch/i, 'version-mismatch'],
  [/invalid ttl/i, 'ttl'],
  [/(?:[Ss]cript|VRRP_Script\([^)]*\)).*timed out/, 'script-timeout'],
  [/[Ss]cript.*(?:succeeded|now returning 0)/, 'script-succeeded'],
  [/(?:[Ss]cript).*(?:failed|exited with status [1-9]|now returning [1-9])/, 'script-failed'],
  [/thread timer expired/i, 'thread-timer'],
  [/^Starting Keepalived v|^Starting VRRP child process/, 'started'],
  [/^Reloading(?: \.\.\.)?$|^Got SIGHUP, reloading/, 'reloaded'],
];

/** A word of each pattern above: one look at lines that are about something else. */
const interesting = /entering|fault|advert|prio|gratuitous|mismatch|bogus|auth|passw|version|invalid ttl|script|thread timer|starting|reloading/i;

function parse(capture: Capture): Reading<VrrpEventRecord> {
  const records: VrrpEventRecord[] = [];
  for (let index = 0; index < capture.lines.length; index++) {
    const raw = capture.lines[index] ?? '';
    if (raw.length > 4096 || !interesting.test(raw)) continue;
    const { at, message } = logLine(raw);
    const found = patterns.find(([pattern]) => pattern.test(message));
    if (found === undefined) continue;
    records.push({ kind: 'vrrp-event', source: sourceLine(capture, index), at, instance: /(?:VRRP_Instance)?\(([^)\s]+)\)/.exec(message)?.[1] ?? null, event: found[1], text: message });
  }
  return { records, unread: [] };
}

export const keepalivedLog: Parser<'keepalived-log', VrrpEventRecord> = {
  format: 'keepalived-log',
  log: true,
  commands: ['journalctl -u keepalived --no-pager'],
  recognises: (capture) => {
    const command = capture.command === '' ? null : commandLine(capture.command);
    const seen = firstLines(capture.lines).some((text) => /Keepalived_vrrp|\bEntering (?:MASTER|BACKUP|FAULT) STATE/.test(text));
    if (command !== null && ((command.program === 'journalctl' && command.words.some((word) => /keepalived/.test(word))) || /keepalived[\w.-]*\.log$/.test(command.program))) return seen ? recognition.byCommandAndContent : recognition.byCommand;
    return seen ? recognition.byContent : recognition.no;
  },
  parse,
};
