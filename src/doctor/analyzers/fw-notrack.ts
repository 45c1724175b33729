import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import { isWithin } from '../model/firewall/field.ts';
import type { Field } from '../model/firewall/field.ts';
import type { HostFirewall } from '../model/firewall/host-firewall.ts';
import type { Chain, Rule, Table } from '../model/firewall/rule.ts';
import { untrackedEntry } from '../model/firewall/untracked-entry.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** FW-10: ports out of tracking, and what needs tracking. */
export const fwNotrack = analyzer({
  name: 'fw-notrack',
  asks: 'Does anything need the tracking that a rule switches off?',
  codes: ['FW-10'],
  reads: ['firewalls'],
  *analyze(view: Pick<Facets, 'firewalls'>): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      if (captured.state !== 'known') continue;
      for (const table of captured.value.tables) {
        for (const chain of table.chains.values()) {
          if (chain.base?.hook !== 'prerouting') continue;
          for (const rule of chain.rules) {
            if (!untracks(rule)) continue;
            // One answer for a rule: what is wrong for one of its ports is cured in the rule.
            const answers = portsOf(rule).map((port) => judged(host, captured.value, table, rule, port));
            const [first] = answers;
            if (first !== undefined) yield answers.find((one) => one.outcome === 'fault') ?? answers.find((one) => one.outcome === 'could-not-look') ?? first;
          }
        }
      }
    }
  },
});

function judged(host: string, firewall: HostFirewall, table: Table, rule: Rule, port: number): Answer {
  const subject = `port ${String(port)} on ${hostName(host)}`;
  const say = (why: string, cure: string, more: readonly Proof[]): Answer => fault(finding('FW-10', {
    host, about: [about.host(host)], args: { host: hostName(host), port: String(port), rule: rule.source.text.trim(), why, cure }, proofs: [proof(host, rule.source, 'not tracked'), ...more],
  }));
  const translating = allRules(firewall).find((other) => other.steps.some((step) => step.kind === 'translate' && step.what === 'destination') && fits(other, 'destinationPort', port) && sameProtocol(rule, other));
  if (translating !== undefined) {
    return say('a translation of the same port needs an entry: it never happens', `Track port ${String(port)} again, or take the translation out and let the service listen on the port itself.`, [proof(host, translating.source, 'needs tracking')]);
  }
  if (!table.complete) return couldNotLook('FW-10', subject, 'the raw table was not captured whole', [{ host, command: 'iptables-save -t raw -c' }]);
  const back = allRules(firewall).some((other) => other !== rule && untracks(other) && fits(other, 'sourcePort', port) && sameProtocol(rule, other));
  if (!back) return say('the answers (source port) are tracked: they open entries of their own', `Add the other direction: iptables -t raw -A OUTPUT -p ${protocolName(rule)} --sport ${String(port)} -j CT --notrack`, []);
  const entry = untrackedEntry(firewall, table, rule, port);
  switch (entry.kind) {
    case 'lost': {
      const established = entry.established === null || entry.established === entry.accepted ? [] : [proof(host, entry.established.source, 'never fits untracked packets')];
      const accepted = entry.accepted === null ? [] : [proof(host, entry.accepted.source, 'would accept it, were it tracked')];
      const ended = entry.by.rule?.source ?? entry.by.chain.source;
      return say('INPUT accepts only what tracking knows as NEW or ESTABLISHED, which such packets never are', `Accept UNTRACKED for port ${String(port)} in INPUT.`, [...established, ...accepted, ...(ended === null ? [] : [proof(host, ended, 'ends it instead')])]);
    }
    case 'open':
      return couldNotLook('FW-10', subject, entry.because, [{ host, command: entry.command }]);
    case 'same':
      return nothing('FW-10', subject, [rule.source]);
  }
}

function untracks(rule: Rule): boolean {
  return rule.steps.some((step) => step.kind === 'no-track');
}

function allRules(firewall: HostFirewall): readonly Rule[] {
  return firewall.tables.flatMap((table) => [...table.chains.values()].flatMap((chain: Chain) => chain.rules));
}

/** The first of a range stands for it: rules that split a range of untracked ports are not seen in the wild. */
function portsOf(rule: Rule): readonly number[] {
  for (const step of rule.steps) {
    if (step.kind === 'field' && (step.field === 'destinationPort' || step.field === 'eitherPort') && !step.not && step.within.type === 'numbers') return step.within.ranges.map(([low]) => low);
  }
  return [];
}

function fits(rule: Rule, side: 'sourcePort' | 'destinationPort', port: number): boolean {
  return asks(rule, [side, 'eitherPort'], port) === true;
}

/** Null when the rule does not ask for any of the fields. */
function asks(rule: Rule, fields: readonly Field[], value: number): boolean | null {
  const steps = rule.steps.flatMap((step) => (step.kind === 'field' && fields.includes(step.field) && !step.not ? [step] : []));
  return steps.length === 0 ? null : steps.some((step) => isWithin(value, step.within) === true);
}

function protocolOf(rule: Rule): number {
  return asks(rule, ['protocol'], 17) === true && asks(rule, ['protocol'], 6) !== true ? 17 : 6;
}

function protocolName(rule: Rule): string {
  return protocolOf(rule) === 17 ? 'udp' : 'tcp';
}

function sameProtocol(rule: Rule, other: Rule): boolean {
  return asks(other, ['protocol'], protocolOf(rule)) !== false;
}
