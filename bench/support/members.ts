import { availableParallelism } from 'node:os';
import { freePorts } from '../../test/support/addresses.ts';
import { pin, startHaproxy } from './haproxy.ts';

export interface Members {
  /** Ports that answer on 127.0.0.1 and 127.0.0.2. */
  readonly ports: readonly number[];
}

/** Members are one HAProxy that answers 200 with `address:port` on many ports: faster than what is measured. */
export const startMembers = async (count = 100): Promise<Members> => {
  const ports = await freePorts(count);
  await startHaproxy([
    'global', ' nbthread 1', ' maxconn 9000', ' no strict-limits',
    'defaults', ' mode http', ' timeout client 300s', ' timeout http-request 300s', ' timeout http-keep-alive 300s',
    'frontend members',
    ...ports.flatMap((port) => [` bind 127.0.0.1:${port}`, ` bind 127.0.0.2:${port}`]),
    ' http-request return status 200 content-type text/plain lf-string "%[dst]:%[dst_port]"', '',
  ].join('\n'), ports[0]!).then((child) => { if (availableParallelism() > 1) pin(child.pid, 1); });
  return { ports };
};
