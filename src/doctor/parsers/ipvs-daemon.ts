import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise } from './read-lines.ts';

/** `master sync daemon (mcast=eth0, syncid=51)` of `ipvsadm -l --daemon`; no line at all where none runs. */
export interface IpvsDaemonRecord {
  readonly kind: 'ipvs-daemon';
  readonly source: SourceLine;
  readonly role: 'master' | 'backup';
  readonly dev: string | null;
}

function parse(capture: Capture): Reading<IpvsDaemonRecord> {
  return readLines<IpvsDaemonRecord>(capture, 'ipvs-daemon', (text, line) => {
    const found = /^(master|backup) sync daemon \((?:mcast=([\w.@-]+))?/.exec(text);
    return found ? { kind: 'ipvs-daemon', source: line, role: found[1] === 'master' ? 'master' : 'backup', dev: found[2] ?? null } : null;
  });
}

export const ipvsDaemon: Parser<'ipvs-daemon', IpvsDaemonRecord> = {
  format: 'ipvs-daemon',
  commands: ['ipvsadm -l --daemon'],
  recognises: (capture) => recognise(capture, ({ program, words }) => program === 'ipvsadm' && words.includes('--daemon'), (text) => /^(?:master|backup) sync daemon \(/.test(text)),
  parse,
};
