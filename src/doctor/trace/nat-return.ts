import type { Address } from '../address.ts';
import type { Packet } from '../model/firewall/packet.ts';
import type { IpRoute } from '../model/routes.ts';
import { hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** LVS with NAT: the answer has to come back through the director, which alone can put the virtual address into it. */
export interface Director {
  readonly host: string;
  /** What the client asked for, and must see as the source of the answer. */
  readonly vip: Address;
  readonly port: number;
}

/** Whether a real server's way to the client leads through its director. */
export function throughDirector({ view }: Tracing, server: string, director: Director, client: Address, route: IpRoute): Hop {
  const [first] = route.hops;
  const via = first?.via ?? null;
  const settle = [{ host: server, command: `ip route get ${client}` }, { host: director.host, command: 'ip address show' }];
  const past = `LVS with NAT never sees the answer, and the client gets it from an address it did not ask`;
  if (via === null) return hop('return', server, 'dropped', `${server} reaches ${client} on its own network (${first?.dev ?? '?'}), past ${director.host}: ${past}`, { line: route.source });
  const owners = [...new Set(view.holders.of(via).map((held) => held.host))];
  if (owners.includes(director.host)) return hop('return', server, 'ok', `${server} answers ${client} through ${director.host} (${via})`, { line: route.source });
  if (owners.length > 0) return hop('return', server, 'dropped', `${server} answers by ${via} (${owners.join(', ')}), not through ${director.host}: ${past}`, { line: route.source });
  return hop('return', server, 'unknown', `${server} answers by ${via}; whether that is ${director.host} the evidence does not say`, { line: route.source, settle });
}

/**
 * What connection tracking on the director says about an answer. IPVS keeps its connections out of tracking unless
 * net.ipv4.vs.conntrack is 1 (ip_vs_xmit.c, ip_vs_notrack): then nobody but the kernel in question knows.
 */
export function trackedByDirector({ view }: Tracing, director: string): Packet['connection']['state'] {
  const setting = view.sysctls.number(director, 'net.ipv4.vs.conntrack');
  return setting.state === 'known' && setting.value === 1 ? 'ESTABLISHED' : undefined;
}
