import { finding } from '../findings/finding.ts';
import type { HostFirewall } from '../model/firewall/host-firewall.ts';
import type { Chain, Rule, Table } from '../model/firewall/rule.ts';
import { acceptsEverything, decides } from '../model/firewall/rule-roles.ts';
import { iptablesOf } from '../model/firewall/passage-text.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** FW-04, FW-09: what is wrong with a rule set whichever packet comes. */
export const fwRulesets = analyzer({
  name: 'fw-rulesets',
  asks: 'Is anything in the rules wrong by itself?',
  codes: ['FW-04', 'FW-09'],
  reads: ['firewalls'],
  *analyze(view: Pick<Facets, 'firewalls'>): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      if (captured.state !== 'known') continue;
      yield* engines(host, captured.value);
      yield* blanket(host, captured.value);
    }
  },
});

function* engines(host: string, firewall: HostFirewall): Generator<Answer> {
  const of = (engine: Table['engine']): readonly Table[] => firewall.tables.filter((table) => table.engine === engine && table.engineKnown);
  const legacy = of('legacy').filter(decides);
  const nft = of('nft').filter(decides);
  const [first] = legacy;
  const [second] = nft;
  if (first === undefined || second === undefined) {
    if (of('legacy').length > 0 && of('nft').length > 0) yield nothing('FW-04', hostName(host), [...of('legacy'), ...of('nft')].map((table) => table.source).slice(0, 4));
    else if (firewall.gaps.length === 0 && firewall.tables.every((table) => table.engineKnown)) yield nothing('FW-04', hostName(host), firewall.tables.map((table) => table.source).slice(0, 4));
    else yield couldNotLook('FW-04', hostName(host), firewall.gaps.map((gap) => gap.what).join(', ') || 'nothing tells which engine the rules are of', (firewall.gaps.length > 0 ? firewall.gaps.map((gap) => gap.command) : ['iptables -V', 'iptables-legacy-save -c']).map((command) => ({ host, command })));
    return;
  }
  const names = (tables: readonly Table[]): string => tables.map((table) => (table.form === 'nft' ? `${table.family} ${table.name}` : table.name)).join(', ');
  yield fault(finding('FW-04', {
    host, about: [about.host(host)], args: { host: hostName(host), legacy: names(legacy), nft: names(nft) },
    proofs: [proof(host, decidingLine(first), 'legacy'), proof(host, decidingLine(second), 'nf_tables')],
  }));
}

function decidingLine(table: Table): Table['source'] {
  for (const chain of table.chains.values()) {
    if (chain.base?.policy === 'drop' && chain.source !== null) return chain.source;
    const rule = chain.rules.find((one) => one.steps.some((step) => !['count', 'pass', 'field'].includes(step.kind)));
    if (rule !== undefined) return rule.source;
  }
  return table.source;
}

function* blanket(host: string, firewall: HostFirewall): Generator<Answer> {
  for (const table of firewall.tables) {
    if (table.name !== 'filter' && table.form !== 'nft') continue;
    for (const chain of table.chains.values()) {
      const rule = chain.rules.find(acceptsEverything);
      if (rule === undefined) continue;
      const behind = behindText(table, chain, rule);
      if (behind === null) continue;
      yield fault(finding('FW-09', {
        host, about: [about.host(host)],
        args: { host: hostName(host), number: String(rule.number), chain: chain.name, table: table.name, behind, command: table.form === 'nft' ? `nft -a list chain ${table.family} ${table.name} ${chain.name}   # then: nft delete rule ... handle N` : `${iptablesOf(table)} -t ${table.name} -D ${chain.name} ${String(rule.number)}`, look: table.form === 'nft' ? `nft list chain ${table.family} ${table.name} ${chain.name}` : `iptables-save -c -t ${table.name} | grep -e '${chain.name}'` },
        proofs: [proof(host, rule.source, 'accepts everything'), ...hidden(chain, rule).slice(0, 1).map((one) => proof(host, one.source, 'is never asked'))],
      }));
    }
  }
}

/** Rules behind it that would keep something out. */
function hidden(chain: Chain, rule: Rule): readonly Rule[] {
  return chain.rules.filter((one) => one.number > rule.number && one.steps.some((step) => ['drop', 'reject', 'jump', 'goto', 'verdict-map'].includes(step.kind)));
}

function behindText(table: Table, chain: Chain, rule: Rule): string | null {
  const never = hidden(chain, rule);
  if (never.length > 0) return `${String(never.length)} rules behind it are never asked`;
  // An accept in a chain that everything passes first ends the table for all that come after the jump.
  if (/^neutron-.*-local$/.test(chain.name)) return 'every virtual machine of this host passes this chain before its security group';
  return table.form !== 'nft' && chain.name === 'DOCKER-USER' ? 'the rules of Docker behind this chain are never asked' : null;
}
