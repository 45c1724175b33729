import { applyExisting } from './translate.ts';
import type { Doubt } from './field-holds.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { Packet, Tuple } from './packet.ts';
import { judged, ordered } from './passage.ts';
import type { Passage, Way } from './passage.ts';
export type { Passage, PassageVerdict, Way } from './passage.ts';
import { startPassing, turned } from './passing.ts';
import type { Passing } from './passing.ts';
import type { Surroundings } from './surroundings.ts';
import { takeTurn, turnsOf } from './turns.ts';
import { walkChain } from './walk-chain.ts';
import { assume, copyWalk } from './walk-state.ts';
import type { Ending, Walk } from './walk-state.ts';

/** More ways than this and nobody learns anything from them. */
const mostWays = 256;

/** Sends one packet through all rules of a host, in the order of hooks and priorities. Pure: the same question has the same answer. */
export function simulate(firewall: HostFirewall, packet: Packet, surroundings: Surroundings): Passage {
  const open: Walk[] = firstWalks(packet, surroundings);
  const ways: Way[] = [];
  let steps = 0;
  while (open.length > 0) {
    const walk = open.pop();
    if (walk === undefined) break;
    steps += 1;
    if (ways.length + open.length > mostWays || steps > 100_000) {
      const doubt: Doubt = { sort: 'unknown', what: `more than ${mostWays} ways through these rules`, command: null, key: null };
      return { verdict: 'could-not-tell', ways: ordered(ways), open: [doubt] };
    }
    const result = advance(walk, firewall, packet, surroundings);
    for (const { walk: one, ending } of result) {
      if (ending === null) open.push(one);
      else ways.push(wayOf(one, ending, packet));
    }
  }
  return judged(ordered(ways));
}

function firstWalks(packet: Packet, surroundings: Surroundings): Walk[] {
  const walk = (crosses: boolean): Walk => ({
    passing: startPassing(packet),
    turns: turnsOf(packet.path, crosses),
    hook: 'prerouting',
    entries: [],
    entry: 0,
    frames: [],
    trail: [],
    doubts: [],
    assumptions: [],
    counted: new Map(),
  });
  if (packet.path === 'output') {
    const first = walk(true);
    first.passing.outInterface = packet.outInterface;
    return [first];
  }
  if (packet.path !== 'bridged' || surroundings.bridgeCallsIpRules !== undefined) return [walk(surroundings.bridgeCallsIpRules ?? true)];
  const crossing = walk(true);
  assume(crossing, 'bridge-nf-call-iptables is taken to be 1: it is not captured');
  return [crossing];
}

type Advanced = readonly { readonly walk: Walk; readonly ending: Ending | null }[];

/** Takes a walk as far as it goes alone: to its end, or to a fork. */
function advance(walk: Walk, firewall: HostFirewall, packet: Packet, surroundings: Surroundings): Advanced {
  const context = { firewall, packet, surroundings, ipSets: firewall.ipSets };
  while (true) {
    if (walk.frames.length > 0) {
      const result = walkChain(walk, context);
      if (result.kind === 'ended') return [{ walk, ending: result.ending }];
      if (result.kind === 'fork') return result.ways;
    }
    walk.entry += 1;
    const entry = walk.entries[walk.entry];
    if (entry === undefined) {
      const ending = takeTurn(walk, context);
      if (ending !== null) return [{ walk, ending }];
      continue;
    }
    switch (entry.kind) {
      case 'track': {
        if (!firewall.tracks) break;
        const ways = track(walk, packet);
        if (ways.length > 1) return ways.map((one) => ({ walk: one, ending: null }));
        break;
      }
      case 'settle':
        settle(walk, entry.what);
        break;
      case 'chain':
        if (entry.nat === null || asksNat(walk.passing, entry.nat)) walk.frames = [{ chain: entry.chain, rule: 0, step: 0 }];
        break;
    }
  }
}

/** nat chains see the first packet of a connection only. */
function asksNat(passing: Passing, what: 'source' | 'destination'): boolean {
  if (passing.tracking !== 'tracked' || passing.existing !== null || (passing.state !== 'NEW' && passing.state !== 'RELATED')) return false;
  if (passing.state === 'RELATED' && (passing.protocol === 1 || passing.protocol === 58)) return false;
  return what === 'destination' ? !passing.destinationSettled : !passing.sourceSettled;
}

function track(walk: Walk, packet: Packet): readonly Walk[] {
  const { passing } = walk;
  if (passing.tracking !== 'none') return [walk];
  const state = packet.connection.state;
  if (state === undefined) {
    return (['NEW', 'ESTABLISHED', 'INVALID'] as const).map((assumed) => {
      const one = copyWalk(walk);
      enterTracking(one.passing, assumed);
      assume(one, `connection tracking is taken to say ${assumed}`);
      return one;
    });
  }
  enterTracking(passing, state);
  return [walk];
}

function enterTracking(passing: Passing, state: NonNullable<Packet['connection']['state']>): void {
  if (state === 'INVALID') return;
  passing.tracking = 'tracked';
  passing.state = state;
  if (passing.existing === null) return;
  const { original, reply } = passing.existing;
  passing.destinationTranslated = original.destination !== reply.source || original.destinationPort !== reply.sourcePort;
  passing.sourceTranslated = original.source !== reply.destination || original.sourcePort !== reply.destinationPort;
}

function settle(walk: Walk, what: 'source' | 'destination'): void {
  const { passing } = walk;
  if (passing.tracking !== 'tracked') return;
  applyExisting(passing, what);
  if (what === 'destination') passing.destinationSettled = true;
  else passing.sourceSettled = true;
}

function wayOf(walk: Walk, ending: Ending, packet: Packet): Way {
  const { passing } = walk;
  const keeps = passing.tracking === 'tracked' && ending.kind === 'delivered';
  let connection: Way['connection'] = null;
  if (keeps && (passing.state !== 'NEW' || packet.connection.existing !== null)) connection = packet.connection.existing;
  else if (keeps && passing.source !== undefined && passing.destination !== undefined) {
    const now: Tuple = { source: passing.source, destination: passing.destination, sourcePort: passing.sourcePort, destinationPort: passing.destinationPort };
    connection = { original: passing.original, reply: turned(now) };
  }
  return { ending, trail: walk.trail, doubts: walk.doubts, assumptions: walk.assumptions, passing, connection, counted: walk.counted };
}

