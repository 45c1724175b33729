import type { Address, Mac } from '../../address.ts';
import { addressOfNumber } from './field.ts';
import type { HostFirewall } from './host-firewall.ts';
import type { Chain, Rule, Table } from './rule.ts';

/** The chain that says with which addresses a port may send, as Neutron (and others after it) write it. */
export interface AntispoofPort {
  readonly table: Table;
  readonly chain: Chain;
  /** Pairs that may send. `mac` null: the rule names none, or none that is a MAC. */
  readonly allowed: readonly { readonly source: Address; readonly mac: Mac | null; readonly rule: Rule }[];
  /** The rule that drops the rest. */
  readonly drop: Rule;
  /** Bridge port (tap) whose packets come here; null when no captured jump tells. */
  readonly port: string | null;
}

/**
 * Chains of this form, whatever they are called:
 *
 *     -A neutron-openvswi-s38833ad6-c -s 10.1.26.252/32 -m mac --mac-source FA:16:3E:C4:20:C7 -j RETURN
 *     -A neutron-openvswi-s38833ad6-c -m comment --comment "Drop traffic without an IP/MAC allow rule." -j DROP
 */
export function antispoofPorts(firewall: HostFirewall): readonly AntispoofPort[] {
  const ports: AntispoofPort[] = [];
  for (const table of firewall.tables) {
    for (const chain of table.chains.values()) {
      if (chain.base !== null) continue;
      const drop = chain.rules.at(-1);
      if (drop === undefined || !drop.steps.every((step) => step.kind === 'count' || step.kind === 'drop')) continue;
      const allowed = chain.rules.slice(0, -1).flatMap(allowedPair);
      if (allowed.length === 0 || allowed.length !== chain.rules.length - 1) continue;
      if (!allowed.some((pair) => pair.mac !== null)) continue;
      ports.push({ table, chain, allowed, drop, port: portOf(table, chain.name, new Set()) });
    }
  }
  return ports;
}

function allowedPair(rule: Rule): AntispoofPort['allowed'] {
  if (!rule.steps.some((step) => step.kind === 'return' || step.kind === 'accept')) return [];
  let source: Address | null = null;
  let mac: Mac | null = null;
  for (const step of rule.steps) {
    if (step.kind === 'field' && step.field === 'source' && !step.not) {
      if (step.within.type === 'numbers') source = addressOfNumber(step.within.ranges[0]?.[0] ?? 0);
      else if (step.within.type === 'masked-octets') source = step.within.prefixes[0]?.address ?? null;
    } else if (step.kind === 'field' && step.field === 'sourceMac' && step.within.type === 'names') mac = step.within.names[0] ?? null;
  }
  return source === null ? [] : [{ source, mac, rule }];
}

/** Goes up the jumps until one asks for the port a packet came in by. */
function portOf(table: Table, chain: string, seen: Set<string>): string | null {
  if (seen.has(chain)) return null;
  seen.add(chain);
  for (const above of table.chains.values()) {
    for (const rule of above.rules) {
      if (!rule.steps.some((step) => (step.kind === 'jump' || step.kind === 'goto') && step.chain === chain)) continue;
      for (const step of rule.steps) {
        if (step.kind !== 'physdev') continue;
        for (const option of step.options) if (option.option === 'in' && !option.not) return option.name;
      }
      const further = portOf(table, above.name, seen);
      if (further !== null) return further;
    }
  }
  return null;
}
