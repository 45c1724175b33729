import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import { firstPacket } from '../model/firewall/packet.ts';
import type { Packet } from '../model/firewall/packet.ts';
import { acceptCommand, countText, pathText, ruleText } from '../model/firewall/passage-text.ts';
import { simulate } from '../model/firewall/simulate.ts';
import type { Passage } from '../model/firewall/passage.ts';
import { nothingKnown } from '../model/firewall/surroundings.ts';
import type { TrailStep } from '../model/firewall/walk-state.ts';
import { hostName } from '../model/record-index.ts';
import { groupsOf } from '../model/vrrp-groups.ts';
import type { VrrpGroup, VrrpMember } from '../model/vrrp-groups.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'firewalls' | 'vrrp' | 'holders'>;

const vrrp = 112;
const group4 = '224.0.0.18';
/** Stands for a member whose address is not in the evidence: rules that ask for the source are then answered "perhaps". */
const anybody = 'x.x.x.x';

/** VR-02, VR-03: do packet filters let the advertisements pass? */
export const vrFilter = analyzer({
  name: 'vr-filter',
  asks: 'Do the packet filters of hosts and hypervisors let VRRP pass?',
  codes: ['VR-02', 'VR-03'],
  reads: ['firewalls', 'vrrp', 'holders'],
  *analyze(view): Generator<Answer> {
    for (const group of groupsOf(view.vrrp)) {
      for (const member of group.members) if (view.firewalls.hosts.includes(member.host)) yield* ownFilter(view, group, member);
      for (const host of view.firewalls.hosts) yield* hypervisor(view, group, host);
    }
  },
});

function addressOf(view: View, member: VrrpMember): string | null {
  return member.config?.unicastSource ?? view.holders.onHost(member.host).find((held) => held.place === 'wire' && !held.held.address.includes(':') && !member.vips.includes(held.held.address) && (member.config?.interface === null || member.config === null || held.held.dev === member.config.interface))?.held.address ?? null;
}

function stepOf(passage: Passage): TrailStep | null {
  const ending = passage.ways[0]?.ending;
  return ending?.kind === 'dropped' || ending?.kind === 'rejected' ? ending.by : null;
}

function* ownFilter(view: View, group: VrrpGroup, member: VrrpMember): Generator<Answer> {
  const captured = view.firewalls.of(member.host);
  if (captured.state !== 'known' || group.vips.some((vip) => vip.includes(':'))) return;
  const other = group.members.find((each) => each.host !== member.host);
  const peer = member.config?.unicastPeers[0] ?? (other === undefined ? null : addressOf(view, other)) ?? anybody;
  const own = addressOf(view, member) ?? anybody;
  const dev = member.config?.interface ?? undefined;
  const unicast = member.config?.unicast === true;
  const packets: readonly (readonly [string, Packet])[] = [
    ['those that come in', firstPacket({ path: 'input', source: peer, destination: unicast ? own : group4, protocol: vrrp, inInterface: dev })],
    ['those it sends', firstPacket({ path: 'output', source: own, destination: unicast ? peer : group4, protocol: vrrp, outInterface: dev })],
  ];
  for (const [direction, packet] of packets) {
    const subject = `${member.instance} on ${hostName(member.host)}, ${direction}`;
    const passage = simulate(captured.value, packet, nothingKnown);
    const step = passage.verdict === 'dropped' || passage.verdict === 'rejected' ? stepOf(passage) : null;
    const line = step?.rule?.source ?? step?.chain.source ?? null;
    if (step === null || line === null) {
      if (passage.verdict === 'delivered') yield nothing('VR-02', subject, captured.lines.slice(0, 1));
      else yield couldNotLook('VR-02', subject, passage.open.map((doubt) => doubt.what).join('; ') || 'the walk through the rules has no certain end', [{ host: member.host, command: 'iptables-save -c; nft list ruleset; ip address show' }]);
      continue;
    }
    const counter = step.rule === null ? step.chain.base?.counter : step.rule.counter;
    yield fault(finding('VR-02', {
      host: member.host, about: [about.host(member.host), ...group.members.filter((each) => each !== member).map((each) => about.host(each.host)), ...group.vips.map(about.address)],
      args: { host: hostName(member.host), instance: member.instance, direction, where: `${ruleText(step)} (${pathText(step)})`, accept: acceptCommand(step, packet), dev: dev ?? 'DEV' },
      proofs: [proof(member.host, line, step.rule === null ? `the policy; ${countText(counter?.packets)}` : `ends here; ${countText(counter?.packets)}`), proof(member.host, member.line, 'a member of the group')],
    }));
  }
}

/** A hypervisor whose rules name an address of the group: the port of one of its members. */
function* hypervisor(view: View, group: VrrpGroup, host: string): Generator<Answer> {
  const captured = view.firewalls.of(host);
  if (captured.state !== 'known' || group.members.some((member) => member.host === host)) return;
  for (const port of antispoofPorts(captured.value)) {
    const member = group.members.find((each) => { const own = addressOf(view, each); return own !== null && port.allowed.some((pair) => pair.source === own); });
    const line = port.allowed.find((pair) => group.vips.includes(pair.source))?.rule.source ?? (member === undefined ? undefined : port.allowed[0]?.rule.source);
    if (line === undefined || port.port === null) continue;
    const other = group.members.find((each) => each !== member);
    const passage = simulate(captured.value, firstPacket({ path: 'bridged', source: (other === undefined ? null : addressOf(view, other)) ?? anybody, destination: group4, protocol: vrrp, inPort: 'another port', outPort: port.port }), { ...nothingKnown, bridgeCallsIpRules: true });
    const subject = `${group.instance} at port ${port.port} of ${hostName(host)}`;
    const step = passage.verdict === 'dropped' || passage.verdict === 'rejected' ? stepOf(passage) : null;
    const end = step?.rule?.source ?? step?.chain.source ?? null;
    if (step === null || end === null) {
      if (passage.verdict === 'delivered') yield nothing('VR-03', subject, [line]);
      else yield couldNotLook('VR-03', subject, passage.open.map((doubt) => doubt.what).join('; ') || 'the walk through the rules has no certain end', [{ host, command: 'iptables-save -c' }]);
      continue;
    }
    yield fault(finding('VR-03', {
      host, about: [about.host(host), ...group.members.map((each) => about.host(each.host)), ...group.vips.map(about.address)],
      args: { host: hostName(host), port: port.port, owner: member === undefined ? 'a member of the group' : hostName(member.host), where: `${ruleText(step)} (${pathText(step)})` },
      proofs: [proof(host, end, 'ends here'), proof(host, line, 'the port of a member'), ...(member === undefined ? [] : [proof(member.host, member.line, 'the member')])],
      rulesOut: [{ code: 'VR-02', what: 'The machine\'s own filter', because: 'the packet does not get to the machine', line: end }],
    }));
  }
}
