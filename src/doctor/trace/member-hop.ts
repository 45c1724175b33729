import type { Address } from '../address.ts';
import { takes } from '../model/lvs-servers.ts';
import type { Chosen } from './balancer-hop.ts';
import type { Server } from './router-hop.ts';
import { detail, hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** A server that HAProxy may choose: by what HAProxy itself says of it, else by its own host. */
export function serverHop(tracing: Tracing, host: string, backend: string, server: Server): Hop {
  const { view } = tracing;
  const stat = view.haproxy.stats.filter((each) => each.host === host && each.record.proxy === backend && each.record.server === server.name).at(-1);
  const status = stat?.record.values.get('status') ?? null;
  const socket = `echo "show stat" | socat stdio SOCKET | grep '^${backend},'`;
  if (stat !== undefined && status !== null) {
    const words = `${server.place}: ${status}${(stat.record.values.get('last_chk') ?? stat.record.values.get('check_status') ?? '') === '' ? '' : `, check ${stat.record.values.get('check_status') ?? stat.record.values.get('last_chk') ?? ''}`}`;
    if (/^DOWN|^NOLB|^MAINT/.test(status)) return hop('member', host, 'refused', words, { line: stat.record.source, details: [detail('the server', server.line)] });
    if (/^UP/.test(status)) return hop('member', host, 'ok', words, { line: stat.record.source, details: [detail('the server', server.line)] });
    return hop('member', host, 'unknown', `${words}: nobody checks it`, { line: stat.record.source, settle: [{ host, command: probeCommand(server) }] });
  }
  const state = view.haproxy.serverStates.filter((each) => each.host === host && each.record.backend === backend && each.record.server === server.name).at(-1);
  if (state !== undefined) {
    const { operational, administrative, source } = state.record;
    if (operational === 0 || (administrative & 5) !== 0) return hop('member', host, 'refused', `${server.place}: HAProxy has it ${(administrative & 5) !== 0 ? 'in maintenance' : 'stopped'}`, { line: source });
    // "Running" is also what an unchecked server is.
    return hop('member', host, 'unknown', `${server.place}: HAProxy does not hold it for dead`, { line: source, settle: [{ host, command: socket }] });
  }
  const [, token = '', port = ''] = /^(.*):(\d+)$/.exec(server.place) ?? [];
  return listeningHop(tracing, token.replace(/^\[|\]$/g, ''), Number(port), server.place, { line: server.line, settle: [{ host, command: socket }, { host, command: probeCommand(server) }] });
}

function probeCommand(server: Server): string {
  return server.tls ? `curl -vk --max-time 5 https://${server.place}/` : `curl -v --max-time 5 http://${server.place}/`;
}

/** A real server of LVS: with direct routing and tunnels it must take packets for the virtual address itself. */
export function realServerHop(tracing: Tracing, vip: Address, chosen: Chosen, host: string | null): Hop {
  const { view } = tracing;
  const own = chosen.server.forward === 'route' || chosen.server.forward === 'tunnel';
  const wanted = own ? vip : chosen.address;
  if (host === null) {
    const settle = own ? [{ host: chosen.address, command: `ip address show; ip route get ${vip}; sysctl -a | grep -E 'arp_(ignore|announce)'; ss -ltn` }] : [{ host: chosen.address, command: 'ss -ltn' }];
    return hop('member', '', 'unknown', `${chosen.name} is not in the evidence`, { line: chosen.server.source, settle });
  }
  if (own) {
    const has = takes(view, host, vip);
    if (has.state === 'absent') return hop('member', host, 'dropped', `${chosen.name}: ${host} does not have ${vip}, which direct routing needs`, { line: has.lines[0] ?? chosen.server.source });
    if (has.state === 'unknown') return hop('member', host, 'unknown', `${chosen.name}: ${has.because}`, { line: chosen.server.source, settle: has.settle });
    // What comes out of a tunnel has the client as its source, which by the routing table would come in elsewhere.
    const strict = chosen.server.forward === 'tunnel' ? view.sysctls.effective(host, 'tunl0', 'rp_filter') : null;
    if (strict?.state === 'known' && strict.value === 1) return hop('member', host, 'dropped', `${chosen.name}: rp_filter is 1 on tunl0 of ${host}, which drops what LVS sends through the tunnel`, { line: strict.lines.at(-1) ?? null });
  }
  return listens(tracing, host, wanted, chosen.port, chosen.name, chosen.server.source);
}

/** Whoever has the address: whether something listens there. */
export function listeningHop(tracing: Tracing, token: Address, port: number, name: string, more: Partial<Pick<Hop, 'line' | 'settle'>> = {}): Hop {
  const holder = tracing.view.holders.of(token).find((held) => held.place === 'wire')?.host ?? null;
  if (holder === null) return hop('member', '', 'unknown', `${name} is not in the evidence`, { line: more.line ?? null, settle: more.settle ?? [{ host: '', command: `ss -ltn   # on the host that has ${token}` }] });
  return listens(tracing, holder, token, port, name, more.line ?? null);
}

function listens({ view }: Tracing, host: string, token: Address, port: number, name: string, line: Hop['line']): Hop {
  const socket = view.sockets.listening(host, token, port);
  switch (socket.state) {
    case 'known': {
      const { value } = socket;
      if (value.sendQ > 0 && value.recvQ > value.sendQ) return hop('member', host, 'dropped', `${name}: the accept queue of ${host} is full (${String(value.recvQ)} of ${String(value.sendQ)})`, { line: value.source });
      return hop('member', host, 'ok', `${name}: ${host} listens${value.process === null ? '' : ` (${value.process})`}`, { line: value.source });
    }
    case 'absent': return hop('member', host, 'refused', `${name}: nothing on ${host} listens on port ${String(port)} of ${token}`, { line: socket.lines[0] ?? line, details: socket.lines.map((each) => detail('this one is bound to another address', each)) });
    case 'unknown': return hop('member', host, 'unknown', `${name}: ${socket.because} on ${host}`, { line, settle: socket.settle });
  }
}
