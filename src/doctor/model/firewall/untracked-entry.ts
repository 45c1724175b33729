import { addressOfNumber, addressOfWide, isWithin } from './field.ts';
import type { Field, ValueSet } from './field.ts';
import type { HostFirewall } from './host-firewall.ts';
import { firstPacket, freshConnection } from './packet.ts';
import type { Packet } from './packet.ts';
import type { Rule, Table } from './rule.ts';
import { simulate } from './simulate.ts';
import type { Passage } from './simulate.ts';
import { nothingKnown } from './surroundings.ts';
import type { Surroundings } from './surroundings.ts';
import type { TrailStep } from './walk-state.ts';

/** What switching off tracking means for somebody who comes in by an untracked port. */
export type UntrackedEntry =
  /** Let in while tracked, lost without. `accepted`, `established`: the rules that let the first and a later packet in. */
  | { readonly kind: 'lost'; readonly by: TrailStep; readonly accepted: Rule | null; readonly established: Rule | null }
  | { readonly kind: 'same' }
  | { readonly kind: 'open'; readonly because: string; readonly command: string };

/** Enough clients to meet every rule for a port that people write by hand; a list of a thousand sources says nothing more. */
const mostClients = 24;

/**
 * Sends the first packet of a client through the rules twice: as they are, and as if nothing were taken out of tracking. Only a
 * client that gets in while tracked and is lost without it shows the fault: who is kept out either way is kept out on purpose.
 */
export function untrackedEntry(firewall: HostFirewall, table: Table, rule: Rule, port: number): UntrackedEntry {
  const tracking: HostFirewall = { ...firewall, tracks: true, tables: firewall.tables.map(withTracking) };
  let open: UntrackedEntry | null = null;
  for (const packet of clients(firewall, table, rule, port)) {
    const around: Surroundings = { ...nothingKnown, localAddresses: new Set([packet.destination]) };
    const tracked = simulate(tracking, packet, around);
    if (tracked.verdict !== 'delivered') continue;
    const without = simulate(firewall, packet, around);
    switch (without.verdict) {
      case 'delivered':
      case 'sometimes':
        break;
      case 'could-not-tell': {
        const [doubt] = without.open;
        open ??= { kind: 'open', because: doubt?.what ?? 'the rules for it cannot be evaluated', command: doubt?.command ?? 'iptables-save -c; nft list ruleset' };
        break;
      }
      case 'dropped':
      case 'rejected': {
        const ending = without.ways[0]?.ending;
        if (ending?.kind !== 'dropped' && ending?.kind !== 'rejected') break;
        const later = simulate(tracking, { ...packet, connection: { ...freshConnection, state: 'ESTABLISHED' } }, around);
        return { kind: 'lost', by: ending.by, accepted: acceptedBy(tracked), established: acceptedBy(later) };
      }
    }
  }
  return open ?? { kind: 'same' };
}

function withTracking(table: Table): Table {
  const chains = [...table.chains].map(([name, chain]) => [name, { ...chain, rules: chain.rules.map((rule) => (rule.steps.some((step) => step.kind === 'no-track') ? { ...rule, steps: rule.steps.filter((step) => step.kind !== 'no-track') } : rule)) }] as const);
  return { ...table, chains: new Map(chains) };
}

function acceptedBy(passage: Passage): Rule | null {
  return passage.ways[0]?.trail.findLast((step) => step.hook === 'input' && step.did === 'accept')?.rule ?? null;
}

/** Clients that the rules tell apart: by the devices they name (never lo: nobody comes in there) and by the sources. */
function* clients(firewall: HostFirewall, table: Table, rule: Rule, port: number): Generator<Packet> {
  const family = table.family === 'ip6' ? 6 : 4;
  const destination = ruleAddress(rule, 'destination', family) ?? (family === 6 ? '2001:db8:1::1' : '198.51.100.1');
  const own = ruleAddress(rule, 'source', family);
  const devices = distinct([...namesOf([rule], 'inInterface'), ...namesOf(inputRules(firewall), 'inInterface'), 'eth0']).filter((name) => name !== 'lo' && holds(rule, 'inInterface', name));
  const sources = own !== null ? [own] : distinct([family === 6 ? '2001:db8:2::9' : '203.0.113.9', ...inputRules(firewall).flatMap((one) => ruleAddress(one, 'source', family) ?? [])]);
  const protocol = rule.steps.some((step) => step.kind === 'field' && step.field === 'protocol' && !step.not && isWithin(17, step.within) === true && isWithin(6, step.within) !== true) ? 17 : 6;
  let made = 0;
  for (const source of sources) {
    for (const inInterface of devices) {
      if (made === mostClients) return;
      made += 1;
      yield firstPacket({ path: 'input', family, source, destination, protocol, sourcePort: 50_000, destinationPort: port, inInterface, length: 60, ttl: 60, sourceMac: '02:00:00:00:00:99', destinationMac: '02:00:00:00:00:01' });
    }
  }
}

function inputRules(firewall: HostFirewall): readonly Rule[] {
  return firewall.tables.filter((table) => [...table.chains.values()].some((chain) => chain.base?.hook === 'input')).flatMap((table) => [...table.chains.values()].flatMap((chain) => chain.rules));
}

function fieldSets(rule: Rule, field: Field): readonly ValueSet[] {
  return rule.steps.flatMap((step) => (step.kind === 'field' && step.field === field && !step.not ? [step.within] : []));
}

/** The first address that a rule means, of the family wanted. */
function ruleAddress(rule: Rule, field: 'source' | 'destination', family: 4 | 6): string | null {
  for (const set of fieldSets(rule, field)) {
    if (set.type === 'numbers' && family === 4) return set.ranges[0] === undefined ? null : addressOfNumber(inside(set.ranges[0]));
    if (set.type === 'wide' && family === 6) return set.ranges[0] === undefined ? null : addressOfWide(set.ranges[0][0]);
  }
  return null;
}

function inside([low, high]: readonly [number, number]): number {
  return high > low ? low + 1 : low;
}

function namesOf(rules: readonly Rule[], field: Field): readonly string[] {
  return rules.flatMap((rule) => fieldSets(rule, field).flatMap((set) => (set.type === 'names' ? set.names.map((name) => name.replace(/\*$/, '0')) : [])));
}

function holds(rule: Rule, field: Field, value: string): boolean {
  return rule.steps.every((step) => step.kind !== 'field' || step.field !== field || isWithin(value, step.within) !== step.not);
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
