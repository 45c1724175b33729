import type { Mac } from '../address.ts';
import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RecordIndex } from './record-index.ts';

/** Forwarding tables of bridges. */
export interface Bridges {
  readonly hosts: readonly string[];
  entry(host: string, mac: Mac): Known<RecordOf<'fdb'>>;
  /** Ports whose `flood` is said to be off. */
  quietPorts(host: string): readonly RecordOf<'bridge-port'>[];
}

export function createBridges(index: RecordIndex): Bridges {
  return {
    hosts: index.hosts.filter((host) => index.read(host, 'bridge').length > 0),
    entry: (host, mac) => {
      const found = index.of('fdb').find((each) => each.host === host && each.record.mac === mac);
      if (found !== undefined) return known(found.record, [found.record.source]);
      const whole = index.read(host, 'bridge').filter((read) => read.complete && /\bfdb\b|showmacs/.test(read.capture.command));
      return whole.length > 0 ? absent([]) : unknown('the forwarding table was not captured whole', [{ host, command: 'bridge fdb show' }]);
    },
    quietPorts: (host) => index.of('bridge-port').filter((found) => found.host === host && found.record.flood === false).map((found) => found.record),
  };
}
