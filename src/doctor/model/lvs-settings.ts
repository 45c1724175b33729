import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RecordIndex } from './record-index.ts';

/** What IPVS' behaviour hangs on beside its tables: the kernel's version and the sync daemon. */
export interface LvsSettings {
  kernel(host: string): Known<RecordOf<'kernel-version'>>;
  /** Absent when the list of daemons was captured and is empty. */
  syncDaemon(host: string): Known<RecordOf<'ipvs-daemon'>>;
}

export function createLvsSettings(index: RecordIndex): LvsSettings {
  return {
    kernel: (host) => {
      const found = index.of('kernel-version').find((each) => each.host === host);
      return found === undefined ? unknown('the version of the kernel was not captured', [{ host, command: 'uname -r' }]) : known(found.record, [found.record.source]);
    },
    syncDaemon: (host) => {
      const found = index.of('ipvs-daemon').find((each) => each.host === host);
      if (found !== undefined) return known(found.record, [found.record.source]);
      return index.read(host, 'ipvs-daemon').some((read) => read.complete) ? absent([]) : unknown('the sync daemons were not captured', [{ host, command: 'ipvsadm -l --daemon' }]);
    },
  };
}
