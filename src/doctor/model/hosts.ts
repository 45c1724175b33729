import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RecordIndex } from './record-index.ts';

/** Hosts themselves: kernel version, modules, processes. */
export interface Hosts {
  readonly names: readonly string[];
  kernel(host: string): Known<RecordOf<'kernel-version'>>;
  hasModule(host: string, name: string): Known<true>;
  /** Processes whose command line matches. */
  processes(host: string, pattern: RegExp): readonly RecordOf<'process'>[];
}

export function createHosts(index: RecordIndex): Hosts {
  return {
    names: index.hosts,
    kernel: (host) => {
      const found = index.of('kernel-version').find((each) => each.host === host);
      return found === undefined ? unknown('the kernel version was not captured', [{ host, command: 'uname -a' }]) : known(found.record, [found.record.source]);
    },
    hasModule: (host, name) => {
      const found = index.of('kernel-module').find((each) => each.host === host && each.record.name === name);
      if (found !== undefined) return known(true, [found.record.source]);
      // What is built in is not listed: the list alone never says that a part of the kernel is missing, only that the module is.
      return index.read(host, 'host-facts').some((read) => read.complete && /lsmod|modules/.test(read.capture.command)) ? absent([]) : unknown('the modules were not captured', [{ host, command: 'lsmod' }]);
    },
    processes: (host, pattern) => index.of('process').filter((found) => found.host === host && pattern.test(found.record.command)).map((found) => found.record),
  };
}
