import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { portFailure } from './port-failure.ts';

/**
 * Fails when somebody else listens on the ports that HAProxy is to open. HAProxy itself would not notice: it binds with SO_REUSEPORT,
 * and another HAProxy of the same user would silently get half of the connections. Node binds without it.
 */
export async function requireFreePorts(config: Pick<Config, 'listen'>): Promise<void> {
  const { addresses, http, https } = config.listen;
  const hosts = addresses === 'v4' ? ['0.0.0.0'] : addresses === 'v6' ? ['::'] : ['0.0.0.0', '::'];
  for (const [port, what, flag] of [[http, 'HTTP', '--http-port'], [https, 'HTTPS', '--https-port']] as const) {
    for (const host of hosts) {
      const error = await tryPort(host, port);
      // A family that the machine lacks is HAProxy's to refuse.
      if (error !== null && ['EADDRINUSE', 'EACCES'].includes(error.code ?? '')) throw portFailure(error, what, host, port, flag);
    }
  }
}

function tryPort(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true, ipv6Only: host === '::' }, () => { server.close(() => { resolve(null); }); });
  });
}
