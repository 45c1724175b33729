import type { Address } from '../address.ts';
import { bridgedHop, gatewayHops, outputHop, tapOf } from './forward-hops.ts';
import type { PacketEnds } from './forward-hops.ts';
import { throughDirector } from './nat-return.ts';
import type { Director } from './nat-return.ts';
import { hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** From where the answer starts, and which way it must take. */
export interface Answering {
  /** Host that answers; null when it is not in the evidence. */
  readonly host: string | null;
  /** Source of the answer, as the client must see it. */
  readonly source: Address;
  readonly port: number;
  /** Behind whose port of a hypervisor the answering machine is, by this address. */
  readonly machine: Address;
  /** LVS with NAT: answers have to come back through this host. Null with direct routing and tunnels, which answer by themselves. */
  readonly through: Director | null;
}

/** The way back: always looked at, since half of the silent failures are there. One hop, the worst. */
export function returnHop(tracing: Tracing, answering: Answering): Hop {
  const { client, view } = tracing;
  const { host, source, port, machine, through } = answering;
  const who = host ?? machine;
  const settle = [{ host: who, command: `ip route get ${client ?? 'CLIENT'} from ${source}; iptables-save -c` }];
  if (client === null) return hop('return', host ?? '', 'unknown', 'the client is not named, so the way back to it cannot be followed', { settle: [{ host: '', command: 'fairway trace ... --from CLIENT' }, ...settle] });
  const ends: PacketEnds = { source, destination: client, sourcePort: port };
  const parts: Hop[] = [];
  const tap = tapOf(tracing, machine, host);
  if (tap !== null) parts.push(bridgedHop(tracing, tap, 'from', ends, { what: `the answer of ${who}`, why: `the answer carries ${source}`, layer: 'return', answer: true }));
  if (host !== null) {
    const route = view.routes.toward(host, client);
    if (route.state === 'absent') parts.push(hop('return', host, 'dropped', `${host} has no route to ${client}`, { settle }));
    else if (route.state === 'unknown') parts.push(hop('return', host, 'unknown', `the way from ${host} to ${client}: ${route.because}`, { settle: route.settle }));
    else {
      const via = route.value.hops[0]?.via ?? null;
      if (through !== null && through.host !== host) parts.push(throughDirector(tracing, host, through, client, route.value));
      else parts.push(hop('return', host, 'ok', `${host} answers ${client} by ${route.value.hops[0]?.dev ?? '?'}${via === null ? '' : ` via ${via}`}`, { line: route.value.source }));
    }
    if (view.firewalls.hosts.includes(host)) parts.push(outputHop(tracing, host, ends, `the answer of ${host}`, true));
    parts.push(...gatewayHops(tracing, host, ends, 'return', through));
  }
  const order = ['dropped', 'refused', 'unknown', 'ok'];
  const [worst] = [...parts].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  if (worst === undefined) return hop('return', '', 'unknown', `${who} is not in the evidence, so how its answer goes back is not known`, { settle });
  return { ...worst, settle: worst.state === 'ok' ? [] : worst.settle, details: [...worst.details, ...parts.filter((part) => part !== worst).map((part) => ({ text: part.says, line: part.line }))] };
}
