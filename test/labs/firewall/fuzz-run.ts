import { check } from './check.ts';
import type { Disagreement, RuleTexts } from './check.ts';
import { randomFlow } from './flows.ts';
import type { Flow } from './flows.ts';
import { outputPorts } from './judge.ts';
import { minimise } from './minimise.ts';
import { Random } from './random.ts';
import { randomIpSets, randomIptables } from './random-iptables.ts';
import { randomNft } from './random-nft.ts';
import { OutputSender } from './sending.ts';
import { World } from './world.ts';

export interface FuzzReport {
  readonly seed: number;
  readonly packets: number;
  readonly ruleSets: number;
  /** Rule sets that a tool refused to load (the generator knows most of their laws, not all). */
  readonly refused: number;
  readonly counters: number;
  readonly openPackets: number;
  readonly disagreements: readonly string[];
}

/** Flows of one rule set. */
const flowsEach = 40;

/** Sends `runs` packets through random rule sets and compares each with the simulator. Stops at the third rule set that disagrees. */
export async function fuzzFirewall(runs: number, seed: number, say: (text: string) => void): Promise<FuzzReport> {
  const world = await World.start();
  const sender = new OutputSender(world);
  let packets = 0;
  let ruleSets = 0;
  let refused = 0;
  let counters = 0;
  let openPackets = 0;
  const disagreements: string[] = [];
  let stopped = false;
  const stop = (): void => { stopped = true; };
  // The namespaces go with the run, also when somebody ends it early.
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    for (let index = 0; packets < runs && disagreements.length < 3 && !stopped; index++) {
      const own = (seed + index * 7919) >>> 0;
      const texts = ruleTexts(new Random(own));
      let checked;
      try {
        checked = await check(world, sender, texts, flowsOf(own));
      } catch (error) {
        if (!(error instanceof Error) || !/iptables|nft|ipset/.test(error.message.split(':')[0] ?? '')) throw error;
        refused += 1;
        if (process.env['FUZZ_SHOW_REFUSED'] !== undefined) say(error.message.slice(0, 300));
        if (refused > 20 && refused > ruleSets) throw error;
        continue;
      }
      ruleSets += 1;
      packets += checked.packets;
      counters += checked.counters;
      openPackets += checked.openPackets;
      if (checked.disagreements.length > 0) {
        const small = await minimise(texts, (fewer) => check(world, sender, fewer, flowsOf(own)).then((again) => again.disagreements, () => []));
        disagreements.push(describe(own, checked.disagreements, small));
        say(disagreements.at(-1) ?? '');
      }
      if (ruleSets % 25 === 0) say(`${packets} packets, ${ruleSets} rule sets, ${counters} counters compared, ${disagreements.length} disagreements`);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    sender.stop();
    await world.stop();
  }
  return { seed, packets, ruleSets, refused, counters, openPackets, disagreements };
}

function ruleTexts(random: Random): RuleTexts {
  const sometimes = random.chance(0.06);
  const engines = random.weighted([[3, 'legacy'], [3, 'iptables-nft'], [4, 'nft'], [2, 'legacy iptables-nft'], [2, 'legacy nft'], [2, 'iptables-nft nft'], [1, 'legacy iptables-nft nft']] as const).split(' ');
  return {
    ipsets: randomIpSets(random),
    legacy: engines.includes('legacy') ? randomIptables(random, sometimes) : '',
    iptablesNft: engines.includes('iptables-nft') ? randomIptables(random, sometimes) : '',
    nft: engines.includes('nft') ? randomNft(random, sometimes) : '',
    sometimes,
  };
}

/** The same flows again for the same seed: a flow is used up by being played. */
function flowsOf(seed: number): Flow[] {
  const random = new Random(seed ^ 0x5bd1e995);
  return Array.from({ length: flowsEach }, (_, index) => {
    const fromHost = index % 10 === 9;
    // Client ports below and above 20000, none that a rule or the run itself uses otherwise.
    const port = fromHost ? outputPorts.from + random.int(0, 9) * 100 + index : (index % 2 === 0 ? 12_000 : 22_000) + random.int(0, 9) * 500 + index;
    return randomFlow(random, port, fromHost ? ['from-host'] : ['routed', 'routed', 'to-host', 'bridged', 'bridged', 'bridged-to-host']);
  });
}

function describe(seed: number, all: readonly Disagreement[], small: { readonly texts: RuleTexts; readonly left: readonly Disagreement[] }): string {
  const shown = (one: Disagreement): string => `  ${one.what}${one.flow === null ? '' : `\n    ${one.flow.kind} protocol ${one.flow.protocol} ${one.flow.source}:${one.flow.sourcePort} -> ${one.flow.destination}:${one.flow.destinationPort} ${JSON.stringify(one.flow.steps.map((step) => [step.direction, step.tcpFlags]))}`}`;
  const { texts, left } = small;
  return [
    `DISAGREEMENT, rule set of seed ${seed} (fuzz:firewall -- --runs 1 --seed ${seed}): ${all.length}`,
    ...(left.length > 0 ? left : all).slice(0, 8).map(shown),
    'smallest rules that still disagree:',
    ...[texts.legacy && `# legacy\n${bare(texts.legacy)}`, texts.iptablesNft && `# iptables-nft\n${bare(texts.iptablesNft)}`, texts.nft && `# nft\n${texts.nft}`].filter((text) => text !== ''),
  ].join('\n');
}

/** Without tables and chains that say nothing. */
function bare(text: string): string {
  return text.split('*').filter((table) => /-A | DROP /.test(table)).map((table) => `*${table.split('\n').filter((line) => line !== 'COMMIT' && line !== '').join('\n')}`).join('\n');
}
