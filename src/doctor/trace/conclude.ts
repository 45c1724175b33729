import type { Finding } from '../findings/finding.ts';
import { attached } from './hop-findings.ts';
import type { Target } from './target.ts';
import { endpointText } from './target.ts';
import type { Branch, Ends, Hop, Missing, Trace } from './trace.ts';

/** One way a request may take after the last hop that all share. */
export interface Way {
  readonly name: string;
  readonly hops: readonly Hop[];
}

export interface Walked {
  readonly target: Target;
  readonly client: string | null;
  readonly hosts: readonly string[];
  readonly captures: number;
  readonly trunk: readonly Hop[];
  readonly ways: readonly Way[];
  readonly findings: readonly Finding[];
  /** Whoever balances asks another member where one fails: then some of them being dead stops nobody. */
  readonly redispatches?: boolean;
  /** The request was seen to arrive: then what is not known on the way does not matter. */
  readonly seen: string | null;
  /** What the client saw instead, where it saw a failure. */
  readonly failed: string | null;
}

/** Judges a walk: where it ends, what that rests on, what is missing. */
export function conclude(walked: Walked): Trace {
  const told = attached(walked.findings, walked.target, walked.trunk, walked.ways.map((way) => way.hops));
  const trunk = stopped(told.trunk, false);
  const trunkEnds = endOf(trunk.hops);
  const blocked = trunkEnds === 'dropped' || trunkEnds === 'refused';
  const ways = walked.ways.map((way, at) => ({ ...way, hops: stopped(told.ways[at] ?? [], blocked).hops }));
  const branches = folded(ways);
  const [ends, deciding, because] = verdict(walked, trunk.hops, trunkEnds, branches);
  const every = [...trunk.hops, ...branches.flatMap((branch) => branch.hops)];
  const { confidence, lowered } = surety(ends, deciding, every);
  return {
    target: walked.target, client: walked.client, hosts: walked.hosts, captures: walked.captures,
    trunk: trunk.hops, branches, ends, deciding, because, confidence, lowered, missing: missingOf(every, ends),
  };
}

function endOf(hops: readonly Hop[]): Ends {
  const last = hops.find((each) => each.state === 'dropped' || each.state === 'refused');
  if (last !== undefined) return last.state === 'dropped' ? 'dropped' : 'refused';
  return hops.some((each) => each.state === 'unknown') ? 'could-not-tell' : 'delivered';
}

/** Hops behind the one that ends the request are not reached; what was found there stays readable. */
function stopped(hops: readonly Hop[], before: boolean): { readonly hops: readonly Hop[] } {
  let over = before;
  return {
    hops: hops.map((each) => {
      if (over && each.state !== 'skipped') return { ...each, state: 'not-reached' };
      if (each.state === 'dropped' || each.state === 'refused') over = true;
      return each;
    }),
  };
}

/** Ways that go alike but for the name of the member are one branch. */
function folded(ways: readonly Way[]): Branch[] {
  const alike = new Map<string, { names: string[]; hops: readonly Hop[] }>();
  for (const way of ways) {
    const address = addressOf(way.name);
    const plain = (text: string): string => text.replaceAll(way.name, '#').replaceAll(address, '#');
    const key = JSON.stringify(way.hops.map((each) => [each.layer, each.state, plain(each.at), plain(each.says), each.rule === null ? null : [each.rule.path, each.rule.number], each.findings.map((finding) => finding.code)]));
    const found = alike.get(key);
    if (found === undefined) alike.set(key, { names: [way.name], hops: way.hops });
    else found.names.push(way.name);
  }
  return [...alike.values()].map(({ names, hops }) => ({ names, hops: hops.map((each) => merged(each, names)), ends: endOf(hops) }));
}

function addressOf(name: string): string {
  return name.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** What would settle a hop of several members has to be run for each of them. */
function merged(hop: Hop, names: readonly string[]): Hop {
  const [first = ''] = names;
  if (names.length < 2) return hop;
  const address = addressOf(first);
  return { ...hop, says: hop.says.replaceAll(first, 'each of them').replaceAll(address, 'each of them'), settle: hop.settle.map((each) => (each.host === address ? { ...each, command: `${each.command}   # and on the other ${String(names.length - 1)}` } : each)) };
}

const worstFirst: readonly Ends[] = ['dropped', 'refused', 'could-not-tell', 'delivered'];

function verdict(walked: Walked, trunk: readonly Hop[], trunkEnds: Ends, branches: readonly Branch[]): readonly [Ends, Hop | null, string] {
  if (trunkEnds === 'dropped' || trunkEnds === 'refused') {
    const hop = decidingOf(trunk, trunkEnds);
    return [trunkEnds, hop, hop?.says ?? ''];
  }
  const all = branches.reduce((sum, branch) => sum + branch.names.length, 0);
  const worst = [...branches].sort((a, b) => worstFirst.indexOf(a.ends) - worstFirst.indexOf(b.ends))[0];
  const healthy = all - branches.filter((branch) => branch.ends === 'dropped' || branch.ends === 'refused').reduce((sum, branch) => sum + branch.names.length, 0);
  if (walked.redispatches === true && walked.seen !== null && healthy > 0) {
    return ['delivered', null, healthy === all ? walked.seen : `${walked.seen}; ${String(all - healthy)} of ${String(all)} members would not answer`];
  }
  if (worst !== undefined && (worst.ends === 'dropped' || worst.ends === 'refused')) {
    const hop = decidingOf(worst.hops, worst.ends);
    const hit = branches.filter((branch) => branch.ends === worst.ends).reduce((sum, branch) => sum + branch.names.length, 0);
    return [worst.ends, hop, hit < all ? `${hop?.says ?? ''} (on ${String(hit)} of ${String(all)} branches)` : hop?.says ?? ''];
  }
  if (walked.seen !== null) return ['delivered', null, walked.seen];
  const open = [...trunk, ...branches.flatMap((branch) => branch.hops)].find((each) => each.state === 'unknown') ?? null;
  if (open !== null) return ['could-not-tell', open, open.says];
  // Nothing on the way stops it, and yet somebody saw it fail: something is not in the evidence.
  if (walked.failed !== null) return ['could-not-tell', null, `nothing in the evidence stops it, but ${walked.failed}`];
  return ['delivered', null, `${walked.target.scheme === 'tcp' ? 'the connection' : 'the request'} reaches ${endpointText(walked.target.host, walked.target.port)} and the answer comes back`];
}

function decidingOf(hops: readonly Hop[], ends: Ends): Hop | null {
  return hops.find((each) => each.state === ends) ?? null;
}

/** Confidence of a verdict that nothing speaks against: evidence may be old or of another network. */
const surest = 0.95;

function surety(ends: Ends, deciding: Hop | null, every: readonly Hop[]): { readonly confidence: number; readonly lowered: Trace['lowered'] } {
  if (ends === 'could-not-tell') return { confidence: 0, lowered: [] };
  // A request that arrives rests on every hop, one that does not on the hop that stops it.
  const assumed = deciding === null ? [...new Set(every.flatMap((each) => each.assumptions))] : deciding.assumptions;
  const lowered = assumed.map((because) => ({ by: 0.05, because }));
  const confidence = Math.max(0.1, lowered.reduce((left, each) => left - each.by, surest));
  return { confidence: Math.round(confidence * 100) / 100, lowered };
}

function missingOf(hops: readonly Hop[], ends: Ends): Missing[] {
  const wanted = new Map<string, { host: string; command: string; unlocks: Set<Hop['layer']> }>();
  for (const each of hops) {
    if (ends === 'delivered' && each.state !== 'unknown') continue;
    for (const { host, command } of each.settle) {
      const key = `${host}\0${command}`;
      const entry = wanted.get(key) ?? { host, command, unlocks: new Set<Hop['layer']>() };
      wanted.set(key, entry);
      entry.unlocks.add(each.layer);
    }
  }
  return [...wanted.values()].map(({ host, command, unlocks }) => ({ host, command, unlocks: [...unlocks] }));
}
