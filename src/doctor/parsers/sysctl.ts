import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** One kernel setting. */
export interface SysctlRecord {
  readonly kind: 'sysctl';
  readonly source: SourceLine;
  /** Dotted, as `sysctl` prints it; a dot inside an interface's name stands as `/`, also as `sysctl` prints it (`net.ipv4.conf.bond0/169.arp_ignore`). */
  readonly key: string;
  readonly value: string;
  /** `running` is the kernel's, `configured` what a file in /etc/sysctl.d asks for. */
  readonly from: 'running' | 'configured';
}

function parse(capture: Capture): Reading<SysctlRecord> {
  const command = commandLine(capture.command);
  const path = /^\/proc\/sys\/(.+)$/.exec(command.program)?.[1];
  const files = command.program === 'grep' && command.words.some((word) => word.startsWith('/etc/sysctl'));
  const from = files || /^\/etc\/sysctl/.test(command.program) ? 'configured' : 'running';
  if (path !== undefined) {
    // `/proc/sys/net/ipv4/conf/bond0.169/arp_ignore`: slashes become dots and dots slashes.
    const key = path.replace(/[./]/g, (char) => (char === '.' ? '/' : '.'));
    return readLines<SysctlRecord>(capture, 'sysctl', (text, line) => ({ kind: 'sysctl', source: line, key, value: text, from }));
  }
  const bare = command.program === 'sysctl' && command.words.some((word) => /^-[a-zA-Z]*n/.test(word)) && command.operands.length === 1 ? command.operands[0] ?? null : null;
  return readLines<SysctlRecord>(capture, 'sysctl', (whole, line) => {
    // `/etc/sysctl.d/99-x.conf:net.ipv4...` with grep -H.
    const text = files ? whole.replace(/^\/etc\/sysctl[\w./-]*:/, '') : whole;
    if (text === '') return skip;
    if (bare !== null && !text.includes('=')) return { kind: 'sysctl', source: line, key: bare, value: text, from };
    if (/^[#;]/.test(text)) return skip;
    // `/proc/sys/net/...:1` is what `grep . /proc/sys/net/ipv4/conf/*/rp_filter` prints.
    const grepped = /^\/proc\/sys\/([\w./@:-]+?):(.*)$/.exec(text);
    if (grepped) return { kind: 'sysctl', source: line, key: (grepped[1] ?? '').replace(/[./]/g, (char) => (char === '.' ? '/' : '.')), value: (grepped[2] ?? '').trim(), from };
    // No repeated group: `a/b/c/d...` without a value would try every way to share the slashes.
    const found = /^-?([a-z][\w-]*[./][\w./@:-]+)\s*(?:=|:\s)\s*(.*)$/.exec(text);
    if (!found) return /^sysctl: /.test(text) ? skip : null;
    const key = found[1] ?? '';
    const dotted = key.includes('/') && !key.includes('.') ? key.replaceAll('/', '.') : key;
    return { kind: 'sysctl', source: line, key: dotted, value: (found[2] ?? '').trim(), from };
  });
}

export const sysctl: Parser<'sysctl', SysctlRecord> = {
  format: 'sysctl',
  commands: ['sysctl -a'],
  recognises: (capture) => recognise(
    capture,
    ({ program, words }) => program === 'sysctl' || (program === 'grep' && words.some((word) => word.startsWith('/etc/sysctl'))) || /^\/proc\/sys\//.test(program) || /^\/etc\/sysctl/.test(program),
    (text) => /^(?:net|kernel|vm|fs)\.[\w./-]+ ?= ?\S/.test(text) || /^\/proc\/sys\/net\/[\w./-]+:\S/.test(text),
  ),
  parse,
};
