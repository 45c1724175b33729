import type { Settle } from '../evidence.ts';
import { finding } from '../findings/finding.ts';
import type { Lowered, Proof } from '../findings/finding.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import { attemptsAt, surroundingsOf } from '../model/firewall/attempts.ts';
import type { Attempt, AttemptView } from '../model/firewall/attempts.ts';
import type { HostFirewall } from '../model/firewall/host-firewall.ts';
import { acceptCommand, countText, iptablesOf, lookCommand, pathText, ruleText, tableText } from '../model/firewall/passage-text.ts';
import { policyOwner, shadowedAccept } from '../model/firewall/rule-roles.ts';
import { simulate } from '../model/firewall/simulate.ts';
import type { Passage, Way } from '../model/firewall/simulate.ts';
import type { TrailStep } from '../model/firewall/walk-state.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = AttemptView & Pick<Facets, 'firewalls'>;

/** FW-01, 02, 05 to 08, 11, 12: what became of packets that somebody missed. */
export const fwAttempts = analyzer({
  name: 'fw-attempts',
  asks: 'Do the rules of this host let pass what somebody tried?',
  codes: ['FW-01', 'FW-02', 'FW-05', 'FW-06', 'FW-07', 'FW-08', 'FW-11', 'FW-12'],
  reads: ['firewalls', 'probes', 'holders', 'conntrack', 'routes', 'sysctls', 'bridges', 'links', 'sockets'],
  *analyze(view): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      if (captured.state !== 'known') continue;
      const spoofed = new Set(antispoofPorts(captured.value).flatMap((port) => port.allowed.map((pair) => pair.source)));
      const told = new Set<string>();
      for (const attempt of attemptsAt(view, host)) {
        // Neutron's own chains for a balancer's address: LV-02 and LV-03 ask with the right port and MAC.
        if (spoofed.has(attempt.target)) continue;
        for (const answer of judge(view, captured.value, attempt)) {
          const key = answer.outcome === 'fault' ? `${answer.finding.code} ${answer.finding.proofs[0]?.line.file ?? ''}:${String(answer.finding.proofs[0]?.line.line ?? 0)} ${attempt.target}` : `${answer.outcome} ${answer.code} ${answer.subject}`;
          if (told.has(key)) continue;
          told.add(key);
          yield answer;
        }
      }
    }
  },
});

function* judge(view: View, firewall: HostFirewall, attempt: Attempt): Generator<Answer> {
  const around = surroundingsOf(view, attempt.host);
  const passage = simulate(firewall, attempt.packet, around);
  const [way] = passage.ways;
  const subject = `${attempt.subject} at ${hostName(attempt.host)}`;
  if (way === undefined) return;
  const settle: readonly Settle[] = firewall.gaps.map((gap) => ({ host: attempt.host, command: gap.command }));
  switch (passage.verdict) {
    case 'delivered':
      if (settle.length === 0) yield nothing('FW-01', subject, [attempt.line]);
      else yield couldNotLook('FW-01', subject, `the captured rules let it pass; not captured: ${firewall.gaps.map((gap) => gap.what).join(', ')}`, settle);
      return;
    case 'dropped':
    case 'rejected':
      yield* lost(view, firewall, attempt, way);
      return;
    case 'sometimes':
      yield couldNotLook('FW-01', subject, passage.open.map((doubt) => doubt.what).join('; '), []);
      return;
    case 'could-not-tell':
      yield open(attempt, passage);
  }
}

function by(way: Way): TrailStep | null {
  return way.ending.kind === 'dropped' || way.ending.kind === 'rejected' ? way.ending.by : null;
}

function* lost(view: View, firewall: HostFirewall, attempt: Attempt, way: Way): Generator<Answer> {
  const at = by(way);
  if (at === null) return;
  const { host, packet } = attempt;
  const line = at.rule?.source ?? at.chain.source;
  if (line === null) return;
  const lowered = lowerings(way, firewall);
  const shown = { packet: attempt.subject, host: hostName(host) };
  const base = {
    host, about: [about.host(host), about.address(attempt.target), ...(typeof packet.destinationPort === 'number' ? [about.service(attempt.target, packet.destinationPort)] : [])],
    lowered, settle: firewall.gaps.map((gap) => ({ host, command: gap.command })),
  };
  const counter = at.rule === null ? at.chain.base?.counter : at.rule.counter;
  const proofs: readonly [Proof, ...Proof[]] = [proof(host, line, at.rule === null ? `the policy; ${countText(counter?.packets)}` : `ends here; ${countText(counter?.packets)}`), ...jumps(way, host), proof(attempt.seenBy, attempt.line, attempt.outcome === 'unanswered' ? 'no answer came' : 'the attempt')];
  const command = acceptCommand(at, packet);
  const look = lookCommand(at);
  const number = at.rule === null ? '-' : String(at.rule.number);
  const accepted = way.trail.findLast((step) => step.hook === at.hook && step.did === 'accept' && step.rule !== null && (step.table !== at.table || step.chainPath[0] !== at.chainPath[0]));
  const asksPort = at.rule?.steps.some((step) => step.kind === 'physdev') === true;
  if (accepted !== undefined && accepted.rule !== null) {
    yield fault(finding('FW-05', { ...base, args: { ...shown, first: placeText(accepted), second: placeText(at), rule: ruleText(at), command, look }, proofs: [...proofs, proof(host, accepted.rule.source, 'accepts it before')] }));
  } else if (packet.path === 'bridged' && !asksPort && surroundingsOf(view, host).bridgeCallsIpRules === true) {
    const calls = view.sysctls.number(host, 'net.bridge.bridge-nf-call-iptables');
    yield fault(finding('FW-06', {
      ...base, args: { ...shown, chain: at.chain.name, rule: ruleText(at), bridge: packet.inInterface ?? 'BRIDGE', look },
      proofs: [...proofs, ...(calls.state === 'unknown' ? [] : calls.lines.map((one) => proof(host, one, 'bridged packets meet these rules')))],
    }));
  } else if (way.ending.kind === 'rejected' && attempt.outcome === 'refused') {
    yield fault(finding('FW-07', { ...base, args: { host: hostName(host), target: attempt.subject, number, chain: at.chain.name, reply: way.ending.reply, rule: ruleText(at), command, look }, proofs }));
  } else if (at.rule === null) {
    const owner = policyOwner(firewall, at);
    yield fault(finding('FW-02', {
      ...base, args: { ...shown, chain: at.chain.name, table: tableText(at), count: countText(counter?.packets), owner: owner.text, command, open: openCommand(at), look },
      proofs: owner.line === null ? proofs : [...proofs, proof(host, owner.line, owner.text)],
    }));
  } else {
    // A client that was refused was not dropped, and the other way round: then this rule is not what it met.
    const contradicts = attempt.outcome === 'refused' && way.ending.kind === 'dropped';
    yield fault(finding('FW-01', {
      ...base, lowered: contradicts ? [...lowered, { by: 0.4, because: 'the client was refused at once, which a DROP does not do' }] : lowered,
      args: { ...shown, did: way.ending.kind === 'rejected' ? 'rejects' : 'drops', number, chain: at.chain.name, table: tableText(at), path: pathText(at), rule: ruleText(at), command, look }, proofs,
      rulesOut: [{ code: 'FW-02', what: 'The policy of the chain', because: 'the walk ends at a rule', line }],
    }));
  }
  const shadowed = shadowedAccept(firewall, packet, surroundingsOf(view, host), at);
  if (shadowed !== null) {
    yield fault(finding('FW-08', {
      ...base, args: { ...shown, number: String(shadowed.number), chain: at.chain.name, earlier: at.rule === null ? 'the policy' : `rule ${number}`, rule: shadowed.source.text.trim(), command: moveCommand(at, shadowed.number), look },
      proofs: [proof(host, shadowed.source, `would accept; ${countText(shadowed.counter?.packets)}`), proof(host, line, 'decides first')],
    }));
  }
}

function placeText(step: TrailStep): string {
  const priority = step.table.chains.get(step.chainPath[0] ?? '')?.base?.priority;
  return `${tableText(step)} ${step.chain.name}${priority === undefined ? '' : ` (priority ${String(priority)})`}`;
}

function openCommand(step: TrailStep): string {
  return step.table.form === 'nft' ? `nft chain ${step.table.family} ${step.table.name} ${step.chain.name} '{ policy accept; }'` : `${iptablesOf(step.table)} -P ${step.chain.name} ACCEPT`;
}

function moveCommand(step: TrailStep, from: number): string {
  const to = String(step.rule?.number ?? 1);
  return step.table.form === 'nft' ? `nft -a list chain ${step.table.family} ${step.table.name} ${step.chain.name}   # then move rule ${String(from)} before rule ${to}` : `${iptablesOf(step.table)} -t ${step.table.name} -S ${step.chain.name} ${String(from)}   # put the same rule in with -I ${step.chain.name} ${to}, then -D ${step.chain.name} ${String(from + 1)}`;
}

/** The jumps that led to the end, outermost first. */
function jumps(way: Way, host: string): Proof[] {
  const at = by(way);
  if (at === null) return [];
  return way.trail.filter((step) => step.rule !== null && step.table === at.table && step.hook === at.hook && /^(?:jump|goto) /.test(step.did) && at.chainPath.includes(step.did.replace(/^\w+ /, ''))).slice(-6).flatMap((step) => (step.rule === null ? [] : [proof(host, step.rule.source, step.did)]));
}

function lowerings(way: Way, firewall: HostFirewall): Lowered[] {
  const odd = way.trail.concat(by(way) ?? []).some((step) => step.chain.rules.some((rule) => rule.oddities.some((one) => one.code !== 'rounded')));
  return [
    ...way.doubts.map((doubt) => ({ by: 0.15, because: `not known: ${doubt.what}` })),
    ...way.assumptions.map((text) => ({ by: 0.1, because: text })),
    ...(odd ? [{ by: 0.05, because: 'a rule of these chains cannot be read in full' }] : []),
    ...(firewall.gaps.length > 0 ? [{ by: 0.05, because: `not captured: ${firewall.gaps.map((gap) => gap.what).join(', ')}` }] : []),
  ];
}

function open(attempt: Attempt, passage: Passage): Answer {
  const { host } = attempt;
  const unknown = passage.ways.find((way) => way.ending.kind === 'unknown');
  const doubted = passage.ways.flatMap((way) => way.doubts).find((doubt) => doubt.sort === 'unknown');
  const what = unknown?.ending.kind === 'unknown' ? unknown.ending.doubt : doubted;
  const at = unknown?.ending.kind === 'unknown' ? unknown.ending.at : doubted?.at ?? null;
  const line = at?.rule?.source ?? at?.chain.source ?? null;
  const command = what?.command ?? 'iptables-save -c; nft list ruleset';
  if (what === undefined || at === null || line === null || /^(?:the (?:source|destination|mark|bridge port|device|length|TTL|MAC)|whether|connection tracking)/.test(what.what)) {
    return couldNotLook('FW-01', `${attempt.subject} at ${hostName(host)}`, what?.what ?? passage.open.map((doubt) => doubt.what).join('; '), what === undefined || what.command === null ? [] : [{ host, command: what.command }]);
  }
  const missing = /not captured$/.test(what.what);
  const details = { host, about: [about.host(host), about.address(attempt.target)], proofs: [proof(host, line, missing ? 'leads to what is missing' : 'cannot be evaluated'), proof(attempt.seenBy, attempt.line, 'the attempt')] as const, settle: [{ host, command }] };
  if (missing) return fault(finding('FW-12', { ...details, args: { host: hostName(host), packet: attempt.subject, what: what.what, command } }));
  return fault(finding('FW-11', { ...details, args: { host: hostName(host), packet: attempt.subject, what: what.what, chain: at.chain.name, rule: ruleText(at), command } }));
}
