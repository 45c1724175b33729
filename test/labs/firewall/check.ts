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

function compareRound(sent: readonly { readonly flow: Flow; readonly passage: Passage; readonly way: Way; readonly played: Played }[], judged: Judged): Disagreement[] {
  const wrong: Disagreement[] = [];
  const explained = new Set<string>();
  const explainedErrors = new Set<string>();
  for (const { flow, passage, played } of sent) {
    if (played.frame?.fields.about !== undefined) {
      compareError(flow, passage, judged, wrong, explainedErrors);
      continue;
    }
    const keys = passage.ways.map((way) => arrivalKey(way, flow.sourcePort));
    const met = keys.find((key) => key !== null && arrivals(key, judged).length > 0) ?? null;
    for (const key of keys) if (key !== null) for (const one of key.includes('?') ? arrivals(key, judged) : [key]) explained.add(one);
    const possible = keys.includes(met);
    if (!possible) wrong.push({ what: `said ${keys.map((key) => key ?? 'lost').join(' or ')}; the kernel: lost`, flow });
    const refusedByRule = passage.ways.length === 1 && passage.ways[0]?.ending.kind === 'rejected';
    const lost = passage.ways.every((way) => way.ending.kind === 'dropped');
    if (flow.protocol !== 1 && passage.ways.length === 1 && flow.kind !== 'from-host') {
      const refused = judged.refused.has(`${passage.ways[0]?.passing.sourcePort ?? 0} ${passage.ways[0]?.passing.destinationPort ?? 0}`);
      if (lost && refused && met === null) wrong.push({ what: 'said dropped; the kernel answered with a refusal', flow });
      if (refusedByRule && !refused && showsRefusal(played)) wrong.push({ what: 'said rejected; the kernel sent no refusal', flow });
    }
  }
  for (const key of judged.errors) if (!explainedErrors.has(key)) wrong.push({ what: `the kernel: an ICMP error ${key}; said otherwise`, flow: null });
  for (const key of judged.arrived) {
    if (explained.has(key)) continue;
    const port = Number(key.split(' ')[4]);
    wrong.push({ what: `the kernel: ${key}; said otherwise`, flow: sent.find(({ flow }) => flow.sourcePort === port || flow.sourcePort === Number(key.split(' ')[5]))?.flow ?? null });
  }
  return wrong;
}

/** An error carries the ports of the connection as its own side knows them: translation has been taken back inside it as well. */
function compareError(flow: Flow, passage: Passage, judged: Judged, wrong: Disagreement[], explained: Set<string>): void {
  const said = passage.ways.map((way) => {
    if (way.ending.kind !== 'delivered') return null;
    const place = way.ending.to === 'this host' ? 'here' : way.passing.outInterface ?? '?';
    return { ports: `${place} ${flow.sourcePort} ${flow.destinationPort}`, ends: `${place} ${way.passing.source ?? '?'} ${way.passing.destination ?? '?'}` };
  });
  const met = said.find((one) => one !== null && judged.errors.has(one.ports) && judged.between.has(one.ends)) ?? null;
  for (const one of said) if (one !== null) explained.add(one.ports);
  if (!said.includes(met)) wrong.push({ what: `said an ICMP error ${said.map((one) => (one === null ? 'lost' : `${one.ports}, ${one.ends}`)).join(' or ')}; the kernel: ${[...judged.errors].filter((key) => key.includes(` ${flow.sourcePort} `)).join(', ') || 'lost'}`, flow });
}

/** What arrived and fits; `?` stands for what the kernel draws out of a range. */
function arrivals(key: string, judged: Judged): readonly string[] {
  if (!key.includes('?')) return judged.arrived.has(key) ? [key] : [];
  const wanted = key.split(' ');
  return [...judged.arrived].filter((other) => other.split(' ').every((part, at) => wanted[at] === '?' || wanted[at] === part));
}

/** A reset is never answered with a reset; what a bridge carried is answered on the bridge itself (nf_send_reset), past OUTPUT and the judge. */
function showsRefusal({ packet }: Played): boolean {
  return packet.protocol !== 6 || (((packet.tcpFlags ?? 0) & 4) === 0 && packet.inPort === null);
}

/** As the judge writes it; null for a packet that does not get that far. */
function arrivalKey(way: Way, identifier: number): string | null {
  if (way.ending.kind !== 'delivered') return null;
  const { passing } = way;
  const place = way.ending.to === 'this host' ? 'here' : passing.outInterface;
  const protocol = passing.protocol === 6 ? 'tcp' : passing.protocol === 17 ? 'udp' : 'icmp';
  return [place, protocol, passing.source ?? '?', passing.destination ?? '?', passing.protocol === 1 ? identifier : passing.sourcePort ?? '?', passing.destinationPort === undefined ? '?' : passing.destinationPort ?? 0].join(' ');
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
