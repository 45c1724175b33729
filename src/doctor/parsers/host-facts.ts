import type { Capture, Parser, Reading, SourceLine } from '../evidence.ts';
import { commandLine } from '../command-line.ts';
import { readLines, recognise, skip } from './read-lines.ts';

/** `uname -a`: the kernel's version decides several findings. */
export interface KernelVersionRecord {
  readonly kind: 'kernel-version';
  readonly source: SourceLine;
  readonly release: string;
  readonly major: number;
  readonly minor: number;
}

/** A row of lsmod or /proc/modules. */
export interface ModuleRecord {
  readonly kind: 'kernel-module';
  readonly source: SourceLine;
  readonly name: string;
}

/** Facts about the host that are not about the network: NAME=value of os-release, the date. */
export interface HostFactRecord {
  readonly kind: 'host-fact';
  readonly source: SourceLine;
  readonly name: string;
  readonly value: string;
}

type R = KernelVersionRecord | ModuleRecord | HostFactRecord;

function parse(capture: Capture): Reading<R> {
  const { program } = commandLine(capture.command);
  return readLines<R>(capture, 'host-facts', (text, line) => {
    if (program === 'date') return { kind: 'host-fact', source: line, name: 'date', value: text };
    if (program === 'hostname') return { kind: 'host-fact', source: line, name: 'hostname', value: text };
    if (/os-release$/.test(program)) { const pair = /^([A-Z_]+)="?([^"]*)"?$/.exec(text); return pair ? { kind: 'host-fact', source: line, name: pair[1] ?? '', value: pair[2] ?? '' } : null; }
    if (program === 'lsmod' || program === '/proc/modules') {
      if (/^Module\s+Size/.test(text)) return skip;
      const loaded = /^([\w-]+)\s+\d+\s+\d+/.exec(text);
      return loaded ? { kind: 'kernel-module', source: line, name: loaded[1] ?? '' } : null;
    }
    const release = /^(?:Linux \S+ )?(\d+)\.(\d+)([\w.+~-]*)(?:\s|$)/.exec(text);
    return release ? { kind: 'kernel-version', source: line, release: `${release[1] ?? ''}.${release[2] ?? ''}${release[3] ?? ''}`, major: Number(release[1]), minor: Number(release[2]) } : null;
  });
}

export const hostFacts: Parser<'host-facts', R> = {
  format: 'host-facts',
  commands: ['uname -a', 'lsmod'],
  recognises: (capture) => recognise(capture, ({ program }) => ['uname', 'lsmod', 'date', 'hostname'].includes(program) || /os-release$/.test(program) || program === '/proc/modules', (text) => /^Linux \S+ \d+\.\d+\.\d+\S* #\d/.test(text)),
  parse,
};
