import type { ConnectionState, Packet, Tuple } from '../../../src/doctor/model/firewall/packet.ts';
import { freshConnection } from '../../../src/doctor/model/firewall/packet.ts';
import type { Way } from '../../../src/doctor/model/firewall/simulate.ts';
import type { FrameFields } from './frames.ts';
import { playError } from './error-flows.ts';
import { lengthOf } from './frames.ts';
import type { Random } from './random.ts';
import { ports } from './random-iptables.ts';
import { placeOf } from './place.ts';
import { bridgeClients, bridgeServers, clients, ownAddresses, servers } from './world.ts';
import type { Wire } from './world.ts';

/** One packet of a flow: which way it goes and what it carries. */
export interface FlowStep {
  readonly direction: 'original' | 'reply';
  readonly tcpFlags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payload: number;
  /** Not a packet of the conversation but an ICMP error about its last one, from the other side: `own` tells who sends it. */
  readonly error?: { readonly code: number; readonly own: boolean };
}

/** A conversation that is played packet by packet; later ones follow what became of the earlier ones. */
export interface Flow {
  readonly kind: 'routed' | 'to-host' | 'bridged' | 'bridged-to-host' | 'from-host';
  readonly protocol: 1 | 6 | 17;
  readonly source: string;
  readonly destination: string;
  /** Its own: nobody else in the run has it. The identifier of an echo. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly ttl: number;
  readonly steps: readonly FlowStep[];
  /** What tracking holds after the steps so far. */
  entry: { readonly original: Tuple; readonly reply: Tuple } | null;
  repliesSeen: boolean;
  mark: number | undefined;
  /** Played to the end, or stopped where going on would depend on more than the rules. */
  done: boolean;
}

const flags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32 };

const to = (tcpFlags: number, sequence = 1000, acknowledgement = 0, payload = 0): FlowStep => ({ direction: 'original', tcpFlags, sequence, acknowledgement, payload });
const back = (tcpFlags: number, sequence = 9000, acknowledgement = 1001, payload = 0): FlowStep => ({ ...to(tcpFlags, sequence, acknowledgement, payload), direction: 'reply' });

/** Unreachable host, unreachable port, too big; from the end itself or from somebody on the way to it. */
const error = (code: number, own: boolean): FlowStep => ({ ...back(0), error: { code, own } });

type Conversations = readonly (readonly [weight: number, steps: readonly FlowStep[]])[];

const conversations: Readonly<Record<'tcp' | 'udp' | 'icmp', Conversations>> = {
  tcp: [
    [10, [to(flags.syn)]],
    [4, [to(flags.syn), back(flags.syn | flags.ack)]],
    [4, [to(flags.syn), back(flags.syn | flags.ack), to(flags.ack, 1001, 9001), to(flags.ack | flags.psh, 1001, 9001, 60), back(flags.ack, 9001, 1061)]],
    // A middle box that sees one direction only: the third packet is INVALID to it.
    [2, [to(flags.syn), to(flags.ack, 1001, 9001)]],
    [2, [to(flags.syn), to(flags.syn)]],
    [2, [to(flags.ack, 1001, 9001)]],
    [1, [to(flags.syn | flags.ack, 1000, 9001)]],
    [1, [to(flags.fin | flags.psh | flags.urg)]],
    [1, [to(0)]],
    [1, [to(flags.rst | flags.ack, 1001, 9001)]],
    [2, [to(flags.syn), error(3, true)]],
    [2, [to(flags.syn), error(1, false)]],
    [1, [to(flags.syn), back(flags.syn | flags.ack), error(4, false), to(flags.ack, 1001, 9001)]],
  ],
  udp: [
    [5, [to(0, 0, 0, 8)]],
    [3, [to(0, 0, 0, 8), back(0, 0, 0, 8)]],
    [2, [to(0, 0, 0, 8), back(0, 0, 0, 40), to(0, 0, 0, 80)]],
    [1, [to(0, 0, 0, 8), to(0, 0, 0, 8)]],
    [2, [to(0, 0, 0, 8), error(3, true)]],
    [2, [to(0, 0, 0, 8), error(4, false), to(0, 0, 0, 8)]],
    [1, [to(0, 0, 0, 8), back(0, 0, 0, 8), error(1, false)]],
  ],
  icmp: [[2, [to(0, 0, 0, 8)]], [2, [to(0, 0, 0, 8), back(0, 0, 0, 8)]], [1, [back(0, 0, 0, 8)]]],
};

export function randomFlow(random: Random, sourcePort: number, kinds: readonly Flow['kind'][]): Flow {
  const kind = random.pick(kinds);
  const protocol = kind === 'from-host' ? 17 : random.weighted([[5, 6], [4, 17], [1, 1]] as const);
  const steps = protocol === 6 ? random.weighted(conversations.tcp) : protocol === 17 ? random.weighted(conversations.udp) : random.weighted(conversations.icmp);
  const upwards = random.chance(0.8);
  const ends = {
    routed: () => (upwards ? [random.pick(clients), random.pick(servers)] : [random.pick(servers), random.pick(clients)]),
    'to-host': () => [random.pick(upwards ? clients : servers), random.pick([ownAddresses.in0, ownAddresses.out0, ownAddresses.br0])],
    bridged: () => (upwards ? [random.pick(bridgeClients), random.pick(bridgeServers)] : [random.pick(bridgeServers), random.pick(bridgeClients)]),
    'bridged-to-host': () => [random.pick([...bridgeClients, ...bridgeServers]), random.pick([ownAddresses.br0, ownAddresses.br0, ...servers])],
    'from-host': () => {
      const destination = random.pick([...clients, ...servers]);
      return [destination.startsWith('10.1.') ? ownAddresses.in0 : ownAddresses.out0, destination];
    },
  }[kind]();
  const [source = '', destination = ''] = ends;
  return {
    kind, protocol, source, destination, sourcePort, ttl: random.pick([64, 64, 63]),
    destinationPort: protocol === 1 ? 0 : random.pick(ports),
    steps: kind === 'from-host' ? steps.slice(0, 1) : steps,
    entry: null, repliesSeen: false, mark: 0, done: false,
  };
}

/** A packet that is ready to be sent, and the question it asks of the simulator. */
export interface Played {
  readonly packet: Packet;
  /** Null for packets that a socket of the host under test sends. */
  readonly frame: { readonly wire: Wire; readonly fields: FrameFields } | null;
}

/** The next packet of a flow, as the earlier ones left things. */
export function play(flow: Flow, index: number): Played | null {
  const step = flow.steps[index];
  if (step === undefined || flow.done) return null;
  if (step.error !== undefined) return playError(flow, step.error);
  const reversed = step.direction === 'reply';
  const own: Tuple = { source: flow.source, destination: flow.destination, sourcePort: flow.sourcePort, destinationPort: flow.destinationPort };
  const tuple = !reversed ? own : flow.entry?.reply ?? { source: own.destination, destination: own.source, sourcePort: own.destinationPort, destinationPort: own.sourcePort };
  // Who sends it stands on the wire where the source address lives; the host under test answers nobody here.
  if (Object.values(ownAddresses).some((address) => address === tuple.source) && flow.kind !== 'from-host') return null;
  if (!/^10\.[123]\.0\.(?:1[0-3]|2[0-2])$/.test(tuple.source) && flow.kind !== 'from-host') return null;
  const icmpType = reversed ? 0 : 8;
  const fields: Omit<FrameFields, 'sourceMac' | 'destinationMac'> = {
    source: tuple.source, destination: tuple.destination, protocol: flow.protocol,
    sourcePort: flow.protocol === 1 ? flow.sourcePort : tuple.sourcePort ?? 0, destinationPort: tuple.destinationPort ?? 0,
    tcpFlags: step.tcpFlags, sequence: step.sequence, acknowledgement: step.acknowledgement, icmpType, icmpCode: 0, ttl: flow.ttl, payload: step.payload,
  };
  const place = placeOf(flow.kind, tuple);
  const packet: Packet = {
    family: 4, ...place.seen, source: tuple.source, destination: tuple.destination, protocol: flow.protocol,
    sourcePort: flow.protocol === 1 ? null : fields.sourcePort, destinationPort: flow.protocol === 1 ? null : fields.destinationPort,
    tcpFlags: flow.protocol === 6 ? step.tcpFlags : null, icmpType: flow.protocol === 1 ? icmpType : null, icmpCode: flow.protocol === 1 ? 0 : null,
    length: lengthOf(fields), ttl: flow.kind === 'from-host' ? 64 : flow.ttl, mark: 0, connection: stateOf(flow, step),
  };
  return { packet, frame: place.wire === null ? null : { wire: place.wire, fields: { ...fields, sourceMac: place.sourceMac, destinationMac: place.destinationMac } } };
}

/** What connection tracking says, by net/netfilter/nf_conntrack_proto_tcp.c (table of states, tcp_loose on) and its UDP and ICMP kin. */
function stateOf(flow: Flow, step: FlowStep): ConnectionState {
  const existing = flow.entry;
  if (existing === null) {
    if (flow.protocol === 17) return freshConnection;
    if (flow.protocol === 1) return step.direction === 'original' ? freshConnection : { ...freshConnection, state: 'INVALID' };
    return step.tcpFlags === flags.syn || step.tcpFlags === flags.ack || step.tcpFlags === (flags.ack | flags.psh) ? freshConnection : { ...freshConnection, state: 'INVALID' };
  }
  const base = { direction: step.direction, existing, mark: flow.mark };
  if (step.direction === 'reply') return { ...base, state: 'ESTABLISHED' };
  // An ACK while no SYN-ACK has been seen does not belong to anything.
  if (flow.protocol === 6 && !flow.repliesSeen && step.tcpFlags === flags.ack && flow.steps[0]?.tcpFlags === flags.syn) return { ...freshConnection, state: 'INVALID' };
  return { ...base, state: flow.repliesSeen ? 'ESTABLISHED' : 'NEW' };
}

/** Takes over what a packet left behind. */
export function follow(flow: Flow, index: number, way: Way): void {
  const step = flow.steps[index];
  const { passing } = way;
  if (step === undefined) return;
  if (flow.entry === null) {
    flow.entry = way.connection;
    // A connection of the other side's own, as far as tracking can tell.
    if (step.direction === 'reply') flow.done = true;
    if (passing.tracking === 'untracked' && flow.protocol !== 17) flow.done = true;
  }
  if (passing.tracking === 'tracked') {
    if (flow.entry !== null) flow.mark = passing.connectionMark;
    if (step.direction === 'reply' && passing.state === 'ESTABLISHED') flow.repliesSeen = true;
  }
  // A port or an address that the kernel draws: nobody can answer to it.
  if (flow.entry !== null && flow.protocol !== 1 && [flow.entry.reply.sourcePort, flow.entry.reply.destinationPort].some((port) => typeof port !== 'number')) flow.done = true;
  if (flow.entry === null && way.ending.kind === 'delivered' && (passing.source === undefined || passing.destination === undefined)) flow.done = true;
  if (step.error !== undefined) { if (passing.tracking !== 'tracked') flow.done = true; return; }
  // A reset of ours moves the entry on (nf_reject sets it closing); what was untracked half-way has no state we follow.
  if (way.ending.kind === 'rejected' || (index > 0 && passing.tracking !== 'tracked')) flow.done = true;
  if (way.ending.kind !== 'delivered' && flow.protocol === 6 && index > 0) flow.done = true;
}
