import type { Address } from '../address.ts';
import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

export type Socket = RecordOf<'socket'>;

/** Sockets of all hosts. */
export interface Sockets {
  of(host: string): readonly Socket[];
  listeners(host: string): readonly Socket[];
  /** The listener that takes a connection to this address and port. */
  listening(host: string, address: Address, port: number): Known<Socket>;
  inState(host: string, state: string): readonly Socket[];
  /** Programs that could not listen where they wanted to. */
  readonly bindFailures: readonly Found<'bind-failure'>[];
  readonly hosts: readonly string[];
}

export function createSockets(index: RecordIndex): Sockets {
  const of = (host: string): Socket[] => index.of('socket').filter((found) => found.host === host).map((found) => found.record);
  const listeners = (host: string): Socket[] => of(host).filter((socket) => socket.state === 'LISTEN');
  return {
    of, listeners,
    listening: (host, address, port) => {
      const fits = listeners(host).filter((socket) => socket.local.port === port);
      const found = fits.find((socket) => socket.local.address === address) ?? fits.find((socket) => socket.local.address === null && (socket.local.anyFamily || !address.includes(':')));
      if (found !== undefined) return known(found, [found.source]);
      const whole = index.read(host, 'ss').some((read) => read.complete && /\bss\s+-\w*l|\bss\s+-\w*a|netstat\s+-\w*[la]/.test(read.capture.command));
      return whole ? absent(fits.map((socket) => socket.source)) : unknown('the listeners were not captured', [{ host, command: 'ss -ltnp' }]);
    },
    inState: (host, state) => of(host).filter((socket) => socket.state === state),
    bindFailures: index.of('bind-failure'),
    hosts: index.hosts.filter((host) => index.read(host, 'ss').length > 0),
  };
}
