import type { SourceLine } from '../evidence.ts';
import type { Facets } from '../model/facets.ts';
import { surroundingsOf } from '../model/firewall/attempts.ts';
import type { HostFirewall } from '../model/firewall/host-firewall.ts';
import type { Packet } from '../model/firewall/packet.ts';
import { ruleText, tableText } from '../model/firewall/passage-text.ts';
import { addressOfNumber } from '../model/firewall/field.ts';
import { simulate } from '../model/firewall/simulate.ts';
import type { Passage } from '../model/firewall/simulate.ts';
import type { TrailStep } from '../model/firewall/walk-state.ts';
import { detail, hop } from './trace.ts';
import type { Detail, Hop, Layer, RuleRef } from './trace.ts';

/** A name that no rule can have: a port or device that leads elsewhere. */
export const elsewhere = '(a port no rule names)';

export interface Passing {
  readonly host: string;
  readonly packet: Packet;
  /** `what the director sends on`: what this packet is, in words. */
  readonly what: string;
  readonly layer: Layer;
  /** Why the packet looks as it does, for the reader of a rule that does not expect it. */
  readonly why: string | null;
}

/** Walks one packet through the rules of one host and tells what becomes of it. */
export function firewallHop(view: Facets, passing: Passing): Hop {
  const { host, layer, what } = passing;
  const firewall = view.firewalls.of(host);
  if (firewall.state !== 'known') return hop(layer, host, 'unknown', `${what}: ${firewall.state === 'unknown' ? firewall.because : 'no packet filter'} on ${host === '' ? 'the host' : host}`, { settle: firewall.state === 'unknown' ? firewall.settle : [] });
  const surroundings = surroundingsOf(view, host);
  let { packet } = passing;
  const assumptions: string[] = [];
  let passage = simulate(firewall.value, packet, surroundings);
  if (passage.verdict === 'could-not-tell' && packet.path === 'bridged') {
    // Which other port it has is rarely captured, and seldom matters.
    const filled: Packet = { ...packet, inPort: packet.inPort ?? elsewhere, outPort: packet.outPort ?? elsewhere };
    const again = simulate(firewall.value, filled, surroundings);
    if (again.verdict !== 'could-not-tell') {
      passage = again;
      assumptions.push(`the port on the other side of ${host}'s bridge is one that no rule names`);
      packet = filled;
    }
  }
  return hopOf(passing, firewall.value, passage, packet, assumptions);
}

function hopOf({ host, layer, what, why }: Passing, firewall: HostFirewall, passage: Passage, packet: Packet, more: readonly string[]): Hop {
  const [way] = passage.ways;
  const assumptions = [...more, ...(way?.assumptions ?? [])];
  const engineUnsure = firewall.gaps.length > 0 ? firewall.gaps.map((gap) => ({ host, command: gap.command })) : [];
  const ending = way?.ending;
  switch (passage.verdict) {
    case 'dropped':
    case 'rejected': {
      if (ending?.kind !== 'dropped' && ending?.kind !== 'rejected') return hop(layer, host, 'dropped', `${what}: ${host} has no way to send it on`, { assumptions });
      const step = ending.by;
      const where = step.rule === null ? `the policy of ${step.chain.name}` : `rule ${String(step.rule.number)} of ${step.chain.name}`;
      return hop(layer, host, ending.kind === 'dropped' ? 'dropped' : 'refused', `${what}: ${ending.kind === 'dropped' ? 'DROP' : `REJECT with ${ending.reply}`} on ${host}, ${where}`, {
        rule: ruleRef(step), line: lineOf(step), details: [...reasons(step, packet, why)], assumptions: [...assumptions, ...oddities(step)],
      });
    }
    case 'delivered': {
      const translated = way?.trail.filter((step) => / becomes /.test(step.did)).map((step) => detail(`${step.did} by ${step.chain.name}`, lineOf(step))) ?? [];
      const last = way?.trail.filter((step) => step.rule !== null && step.did === 'accept').at(-1) ?? null;
      return hop(layer, host, 'ok', `${what}: let through by ${host}${last === null ? '' : `, rule ${String(last.rule?.number ?? 0)} of ${last.chain.name}`}`, {
        line: last === null ? firewall.tables[0]?.source ?? null : lineOf(last), details: translated,
        // Rules of the other engine are live as well, if there are any.
        assumptions: [...assumptions, ...firewall.gaps.map((gap) => `${host}: ${gap.what}, do not decide otherwise (${gap.command} was not captured)`)],
      });
    }
    case 'sometimes':
      return hop(layer, host, 'unknown', `${what}: ${host} drops it now and then: ${passage.open.map((doubt) => doubt.what).join('; ')}`, { details: forked(passage), assumptions });
    case 'could-not-tell':
      return hop(layer, host, 'unknown', `${what}: the rules of ${host} do not tell: ${passage.open.map((doubt) => doubt.what).slice(0, 3).join('; ')}`, {
        details: forked(passage), assumptions, settle: [...passage.open.flatMap((doubt) => (doubt.command === null ? [] : [{ host, command: doubt.command }])), ...engineUnsure],
      });
  }
}

export function ruleRef(step: TrailStep): RuleRef {
  return {
    table: tableText(step), path: step.chainPath, number: step.rule?.number ?? null, text: ruleText(step), comment: step.rule?.comment ?? null,
    packets: step.rule === null ? step.chain.base?.counter?.packets ?? null : step.rule.counter?.packets ?? null, line: lineOf(step),
  };
}

function lineOf(step: TrailStep): SourceLine | null {
  return step.rule?.source ?? step.chain.source;
}

/** Whom the deciding chain would have let pass: beside the packet that shows why it did not. */
function* reasons(step: TrailStep, packet: Packet, why: string | null): Generator<Detail> {
  const sources: string[] = [];
  for (const rule of step.chain.rules) {
    if (rule === step.rule) break;
    if (!rule.steps.some((each) => each.kind === 'return' || each.kind === 'accept')) continue;
    for (const each of rule.steps) {
      if (each.kind !== 'field' || each.field !== 'source' || each.not || each.within.type !== 'numbers') continue;
      for (const [low, high] of each.within.ranges) if (low === high) sources.push(addressOfNumber(low));
    }
  }
  const allowed = [...new Set(sources)];
  if (allowed.length > 0) yield detail(`its source is ${packet.source}${why === null ? '' : `: ${why}`}; ${step.chain.name} lets only ${allowed.slice(0, 6).join(', ')}${allowed.length > 6 ? ` and ${String(allowed.length - 6)} more` : ''} pass`);
  else if (why !== null) yield detail(`its source is ${packet.source}: ${why}`);
}

function oddities(step: TrailStep): string[] {
  return step.chain.rules.flatMap((rule) => rule.oddities.map((odd) => `rule ${String(rule.number)} of ${step.chain.name} has "${odd.text}" where ${odd.code === 'not-a-mac' ? 'a MAC' : odd.code === 'not-an-address' ? 'an address' : 'something else'} should be`));
}

function forked(passage: Passage): Detail[] {
  return passage.ways.slice(0, 4).map(({ ending, doubts }) => {
    const at = doubts.at(-1)?.at ?? null;
    const end = ending.kind === 'dropped' || ending.kind === 'rejected' ? `${ending.kind} by ${ending.by.rule === null ? `the policy of ${ending.by.chain.name}` : `rule ${String(ending.by.rule.number)} of ${ending.by.chain.name}`}` : ending.kind === 'delivered' ? 'let through' : ending.kind === 'no-route' ? 'no route' : ending.doubt.what;
    return detail(`${doubts.map((doubt) => `${doubt.taken ? 'if' : 'unless'} ${doubt.what}`).join(', ') || 'one way'}: ${end}`, at === null ? null : lineOf(at));
  });
}
