import { setting } from './setting.ts';
import type { Setting } from './setting.ts';
import { time } from './value-kinds.ts';

const timeout = (flag: string, fallback: number, help: string, openshift?: string): Setting<number> =>
  setting({ group: 'Timeouts', flag, kind: time, fallback, help, ...(openshift === undefined ? {} : { openshift: [{ name: openshift }] }) });

export const timeoutSettings = {
  'timeouts.connect': timeout('timeout-connect', 5_000, 'reaching a member', 'ROUTER_DEFAULT_CONNECT_TIMEOUT'),
  'timeouts.client': timeout('timeout-client', 30_000, 'a silent client', 'ROUTER_DEFAULT_CLIENT_TIMEOUT'),
  'timeouts.clientFin': timeout('timeout-client-fin', 1_000, 'a client that has closed its side', 'ROUTER_CLIENT_FIN_TIMEOUT'),
  'timeouts.server': timeout('timeout-server', 30_000, 'a silent member', 'ROUTER_DEFAULT_SERVER_TIMEOUT'),
  'timeouts.serverFin': timeout('timeout-server-fin', 1_000, 'a member that has closed its side', 'ROUTER_DEFAULT_SERVER_FIN_TIMEOUT'),
  'timeouts.httpRequest': timeout('timeout-http-request', 10_000, 'receiving the whole head of a request', 'ROUTER_SLOWLORIS_TIMEOUT'),
  'timeouts.httpKeepAlive': timeout('timeout-http-keep-alive', 300_000, 'waiting for the next request of a connection', 'ROUTER_SLOWLORIS_HTTP_KEEPALIVE'),
  'timeouts.tunnel': timeout('timeout-tunnel', 3_600_000, 'a silent WebSocket or passthrough connection', 'ROUTER_DEFAULT_TUNNEL_TIMEOUT'),
  'timeouts.inspect': timeout('timeout-inspect', 5_000, 'waiting for the TLS hello', 'ROUTER_INSPECT_DELAY'),
  'timeouts.check': timeout('timeout-check', 5_000, "a health check's answer"),
  'timeouts.queue': timeout('timeout-queue', 5_000, 'waiting for a free connection slot of a member'),
} as const;
