import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { readLines, recognise } from './read-lines.ts';

/** `4.19.0-25-amd64` out of `uname -r`, `uname -a` or /proc/version. */
export interface KernelVersionRecord {
  readonly kind: 'kernel-version';
  readonly source: SourceLine;
  readonly release: string;
  readonly major: number;
  readonly minor: number;
}

function parse(capture: Capture): Reading<KernelVersionRecord> {
  return readLines<KernelVersionRecord>(capture, 'kernel-version', (text, line) => {
    const found = /^(?:Linux (?:version |\S+ ))?((\d{1,2})\.(\d{1,3})\.[\w.+~-]+)/.exec(text);
    return found ? { kind: 'kernel-version', source: line, release: found[1] ?? '', major: Number(found[2]), minor: Number(found[3]) } : null;
  });
}

export const kernelVersion: Parser<'kernel-version', KernelVersionRecord> = {
  format: 'kernel-version',
  commands: ['uname -r'],
  recognises: (capture) => recognise(capture, ({ program }) => program === 'uname' || program === '/proc/version', (text) => /^Linux (?:version |\S+ )\d{1,2}\.\d{1,3}\.\d\S* /.test(text)),
  parse,
};
