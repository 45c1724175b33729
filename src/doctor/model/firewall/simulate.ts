import { applyExisting } from './translate.ts';
import type { Doubt } from './evaluate.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { Packet, Tuple } from './packet.ts';
import { startPassing, turned } from './passing.ts';
import type { Passing } from './passing.ts';
import type { Chain, Rule } from './rule.ts';
import type { Surroundings } from './surroundings.ts';
import { takeTurn, turnsOf } from './turns.ts';
import { walkChain } from './walk-chain.ts';
import { assume, copyWalk } from './walk-state.ts';
import type { Ending, TakenDoubt, TrailStep, Walk } from './walk-state.ts';

/** The doctor's answer about one packet on one host. */
export interface Passage {
  readonly verdict: PassageVerdict;
  /** Every way the packet may go, the one with the fewest open questions first. One, where nothing is open. */
  readonly ways: readonly Way[];
  /** Why the verdict is `sometimes` or `could-not-tell`. */
  readonly open: readonly Doubt[];
}

/** `sometimes`: the rules themselves leave it to chance or rates. `could-not-tell`: the evidence does not say. */
export type PassageVerdict = 'delivered' | 'dropped' | 'rejected' | 'sometimes' | 'could-not-tell';

export interface Way {
  readonly ending: Ending;
  readonly trail: readonly TrailStep[];
  readonly doubts: readonly TakenDoubt[];
  readonly assumptions: readonly string[];
  /** Addresses and ports as they were when the packet ended. */
  readonly passing: Passing;
  /** The connection as tracking would keep it; null for untracked, invalid and lost packets. */
  readonly connection: { readonly original: Tuple; readonly reply: Tuple } | null;
  readonly counted: ReadonlyMap<Rule | Chain, number>;
}

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

function ordered(ways: readonly Way[]): readonly Way[] {
  const weight = (way: Way): number => way.doubts.length * 2 + way.assumptions.length + (way.ending.kind === 'unknown' ? 1000 : 0);
  return [...ways].sort((a, b) => weight(a) - weight(b));
}

function judged(ways: readonly Way[]): Passage {
  const verdicts = new Set(ways.map((way) => verdictOf(way.ending)));
  const [only] = verdicts;
  const doubts: readonly Doubt[] = distinct(ways.flatMap((way) => [...way.doubts, ...(way.ending.kind === 'unknown' ? [way.ending.doubt] : [])]));
  if (verdicts.size === 1 && only !== undefined && only !== 'could-not-tell') return { verdict: only, ways, open: [] };
  const unknowns = doubts.filter((doubt) => doubt.sort === 'unknown');
  const states = new Set(ways.flatMap((way) => way.assumptions)).size > 0 && unknowns.length === 0 && doubts.length === 0;
  if (unknowns.length > 0 || verdicts.has('could-not-tell') || states) {
    const state: Doubt = { sort: 'unknown', what: 'the state of the connection', command: 'conntrack -L', key: 'connectionState' };
    return { verdict: 'could-not-tell', ways, open: states ? [state] : unknowns };
  }
  return { verdict: 'sometimes', ways, open: doubts };
}

function verdictOf(ending: Ending): PassageVerdict {
  switch (ending.kind) {
    case 'delivered':
      return 'delivered';
    case 'dropped':
    case 'no-route':
      return 'dropped';
    case 'rejected':
      return 'rejected';
    case 'unknown':
      return 'could-not-tell';
  }
}

function distinct(doubts: readonly Doubt[]): readonly Doubt[] {
  return [...new Map(doubts.map(({ sort, what, command, key }) => [what, { sort, what, command, key }])).values()];
}
