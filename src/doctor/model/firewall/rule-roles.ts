import type { SourceLine } from '../../evidence.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { Packet } from './packet.ts';
import type { Chain, Rule, Table } from './rule.ts';
import { simulate } from './simulate.ts';
import type { Surroundings } from './surroundings.ts';
import type { TrailStep } from './walk-state.ts';

/** Whether a rule accepts every packet there is. */
export function acceptsEverything(rule: Rule): boolean {
  return rule.steps.every((step) => step.kind === 'count' || step.kind === 'accept') && rule.steps.some((step) => step.kind === 'accept');
}

/** Whether anything in a table decides: a rule that does more than count, or a policy of DROP. */
export function decides(table: Table): boolean {
  if (table.dormant) return false;
  return [...table.chains.values()].some((chain) => chain.base?.policy === 'drop' || chain.rules.some((rule) => rule.steps.some((step) => !['count', 'pass', 'field'].includes(step.kind))));
}

/** Programs that are known for setting a policy, by the chains they leave behind. */
const owners: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^DOCKER/, 'Docker sets it'], [/^ufw6?-/, 'ufw sets it'], [/^(?:IN|FWD[IO])_|^FORWARD_(?:IN|OUT)_ZONES/, 'firewalld sets it'], [/^cali-/, 'Calico has chains here'],
  [/^KUBE-/, 'kube-proxy has chains here'], [/^neutron-/, 'Neutron has chains here'], [/^(?:shorewall|~?net-fw)/, 'Shorewall has chains here'], [/^LIBVIRT_/, 'libvirt has chains here'],
];

export function policyOwner(firewall: HostFirewall, step: TrailStep): { readonly text: string; readonly line: SourceLine | null } {
  const chains = firewall.tables.filter((table) => table.engine === step.table.engine).flatMap((table) => [...table.chains.values()]);
  for (const [pattern, text] of owners) {
    const found = chains.find((chain) => pattern.test(chain.name));
    if (found !== undefined) return { text, line: found.source };
  }
  return { text: 'no chain shows who sets it', line: null };
}

/** A rule behind the one that ended the walk, in the same chain, that would have let the packet pass. */
export function shadowedAccept(firewall: HostFirewall, packet: Packet, surroundings: Surroundings, end: TrailStep): Rule | null {
  const ended = end.rule;
  if (ended === null) return null;
  const later = end.chain.rules.filter((rule) => rule.number > ended.number && rule.steps.some((step) => step.kind === 'accept') && !acceptsEverything(rule));
  if (later.length === 0) return null;
  const rest: Chain = { ...end.chain, rules: end.chain.rules.filter((rule) => rule.number > ended.number) };
  const tables = firewall.tables.map((table) => (table === end.table ? { ...table, chains: new Map([...table.chains].map(([name, chain]) => [name, chain === end.chain ? rest : chain])) } : table));
  const passage = simulate({ ...firewall, tables }, packet, surroundings);
  if (passage.verdict !== 'delivered') return null;
  const accepted = passage.ways[0]?.trail.find((step) => step.did === 'accept' && step.chain === rest);
  return later.find((rule) => rule === accepted?.rule) ?? null;
}
