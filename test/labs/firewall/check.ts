import type { Capture } from '../../../src/doctor/evidence.ts';
import { joinTables } from '../../../src/doctor/model/firewall/host-firewall.ts';
import type { HostFirewall } from '../../../src/doctor/model/firewall/host-firewall.ts';
import type { Chain, Rule } from '../../../src/doctor/model/firewall/rule.ts';
import { simulate } from '../../../src/doctor/model/firewall/simulate.ts';
import type { Passage, Way } from '../../../src/doctor/model/firewall/simulate.ts';
import { ipset } from '../../../src/doctor/parsers/ipset.ts';
import { iptablesSave } from '../../../src/doctor/parsers/iptables-save.ts';
import { nftRuleset } from '../../../src/doctor/parsers/nft-ruleset.ts';
import { follow, play } from './flows.ts';
import type { Flow, Played } from './flows.ts';
import { frame, pcap } from './frames.ts';
import { compareRound } from './compare.ts';
import { flushJudge, judgeTable, readJudge } from './judge.ts';
import type { Judged } from './judge.ts';
import type { OutputSender } from './sending.ts';
import { surroundings } from './world.ts';
import type { Wire, World } from './world.ts';

/** Everything that is loaded into the host under test. Empty texts leave an engine out. */
export interface RuleTexts {
  readonly ipsets: string;
  readonly legacy: string;
  readonly iptablesNft: string;
  readonly nft: string;
  readonly sometimes: boolean;
}

export interface Disagreement {
  readonly what: string;
  readonly flow: Flow | null;
}

export interface Checked {
  readonly packets: number;
  readonly disagreements: readonly Disagreement[];
  readonly counters: number;
  readonly openPackets: number;
}

/** Loads the rules, captures them as a person would, sends the flows, and compares what the simulator said with what the kernel did. */
export async function check(world: World, sender: OutputSender, texts: RuleTexts, flows: readonly Flow[]): Promise<Checked> {
  await load(world, texts);
  const before = await captured(world);
  const disagreements: Disagreement[] = before.unread.map((text) => ({ what: `not read: ${text}`, flow: null }));
  const expected = new Map<Rule | Chain, number>();
  let packets = 0;
  let openPackets = 0;
  for (let round = 0; flows.some((flow) => !flow.done && flow.steps[round] !== undefined); round++) {
    const sent: { flow: Flow; played: Played; passage: Passage; way: Way }[] = [];
    for (const flow of flows) {
      const played = play(flow, round);
      if (played === null) {
        flow.done = true;
        continue;
      }
      const passage = simulate(before.firewall, played.packet, surroundings);
      const [way] = passage.ways;
      if (way === undefined) throw new Error('no way through the rules');
      sent.push({ flow, played, passage, way });
      if (passage.ways.length > 1) {
        openPackets += 1;
        flow.done = true;
      } else {
        for (const [rule, count] of way.counted) expected.set(rule, (expected.get(rule) ?? 0) + count);
        follow(flow, round, way);
      }
    }
    packets += sent.length;
    const judged = await sendRound(world, sender, sent.map(({ played }) => played));
    disagreements.push(...compareRound(sent, judged));
  }
  const after = await captured(world);
  const counters = openPackets > 0 ? { compared: 0, wrong: [] } : compareCounters(before.firewall, after.firewall, expected);
  disagreements.push(...counters.wrong.map((what) => ({ what, flow: null })));
  return { packets, disagreements, counters: counters.compared, openPackets };
}

async function load(world: World, texts: RuleTexts): Promise<void> {
  const empty = ['raw', 'mangle', 'nat', 'filter'].map((table) => `*${table}\nCOMMIT\n`).join('');
  await world.inside('nft', ['-f', '-'], `flush ruleset\n${judgeTable}`);
  await world.inside('iptables-legacy-restore', [], empty);
  await world.inside('conntrack', ['-F']).catch(() => undefined);
  await world.inside('ipset', ['destroy']);
  if (texts.ipsets !== '') await world.inside('ipset', ['restore'], texts.ipsets);
  if (texts.legacy !== '') await world.inside('iptables-legacy-restore', [], texts.legacy);
  if (texts.iptablesNft !== '') await world.inside('iptables-nft-restore', [], texts.iptablesNft);
  if (texts.nft !== '') await world.inside('nft', ['-f', '-'], texts.nft);
}

interface Captured {
  readonly firewall: HostFirewall;
  readonly unread: readonly string[];
}

async function captured(world: World): Promise<Captured> {
  const [legacy, nftSave, nft, sets] = await Promise.all([
    world.inside('iptables-legacy-save', ['-c']), world.inside('iptables-nft-save', ['-c']), world.inside('nft', ['list', 'ruleset']), world.inside('ipset', ['save']),
  ]);
  const one = iptablesSave.parse(capture('iptables-legacy-save -c', legacy));
  const two = iptablesSave.parse(capture('iptables-nft-save -c', nftSave));
  const three = nftRuleset.parse(capture('nft list ruleset', nft));
  const four = ipset.parse(capture('ipset save', sets));
  const tables = [...one.records, ...two.records, ...three.records].filter((table) => table.name !== 'judge');
  return { firewall: joinTables('r', tables, four.records), unread: [...one.unread, ...two.unread, ...three.unread, ...four.unread].filter((line) => !/^set (?:ports|echo|refused|error|between)/.test(line.text.trim())).map((line) => `${line.file}:${line.line} ${line.text} (${line.reason})`) };
}

function capture(command: string, text: string): Capture {
  return { host: 'r', command, takenAt: null, sample: 1, file: command, firstLine: 1, lines: text.split('\n'), exitCode: 0, big: null };
}

async function sendRound(world: World, sender: OutputSender, all: readonly Played[]): Promise<Judged> {
  await world.inside('nft', ['-f', '-'], flushJudge);
  const wires = new Map<Wire, Buffer[]>();
  for (const played of all) {
    if (played.frame === null) await sender.send(played.packet);
    else wires.set(played.frame.wire, [...(wires.get(played.frame.wire) ?? []), frame(played.frame.fields)]);
  }
  await Promise.all([...wires].map(([wire, frames]) => world.send(wire, pcap(frames))));
  // The other end of a veth takes its frames in a soft interrupt, at the latest with the next tick.
  await new Promise((resolve) => setTimeout(resolve, 8));
  return readJudge(await world.inside('nft', ['-j', 'list', 'table', 'inet', 'judge']));
}

function compareCounters(before: HostFirewall, after: HostFirewall, expected: ReadonlyMap<Rule | Chain, number>): { readonly compared: number; readonly wrong: readonly string[] } {
  let compared = 0;
  const wrong: string[] = [];
  for (const [index, table] of before.tables.entries()) {
    const later = after.tables[index];
    for (const chain of table.chains.values()) {
      const laterChain = later?.chains.get(chain.name);
      for (const [at, rule] of chain.rules.entries()) {
        const counted = laterChain?.rules[at]?.counter?.packets;
        if (counted === undefined || rule.counter === null) continue;
        compared += 1;
        const said = expected.get(rule) ?? 0;
        if (counted - rule.counter.packets !== said) wrong.push(`counter of ${table.engine} ${table.name} ${chain.name} rule ${rule.number}: said ${said}, kernel ${counted - rule.counter.packets}: ${rule.source.text.trim()}`);
      }
      const policy = laterChain?.base?.counter?.packets;
      if (table.engine !== 'legacy' || policy === undefined || chain.base === null || chain.base.counter === null) continue;
      compared += 1;
      const said = expected.get(chain) ?? 0;
      if (policy - chain.base.counter.packets !== said) wrong.push(`policy counter of legacy ${table.name} ${chain.name}: said ${said}, kernel ${policy - chain.base.counter.packets}`);
    }
  }
  return { compared, wrong };
}
