import type { Chain, Rule, Table } from './rule.ts';

/**
 * Lines of one table from two captures, each of which shows only some (`iptables-save | grep FORWARD`). A rule shown twice is one
 * rule. Where one capture has all the rules of the other's chain and more, its order holds; otherwise those of the first come first.
 */
export function mergeFragments(first: Table, second: Table): Table {
  const chains = new Map<string, Chain>(first.chains);
  for (const [name, chain] of second.chains) {
    const present = chains.get(name);
    chains.set(name, present === undefined ? chain : mergeChains(present, chain));
  }
  return { ...first, chains };
}

function mergeChains(a: Chain, b: Chain): Chain {
  const base = a.base === null || b.base === null ? a.base ?? b.base : { ...a.base, policy: a.base.policy ?? b.base.policy, counter: a.base.counter ?? b.base.counter };
  const rules = numbered(mergeRules(a.rules, b.rules));
  const captured = a.captured === 'all' || b.captured === 'all' ? 'all' : 'some';
  return { name: a.name, base, rules, source: a.source ?? b.source, captured };
}

function mergeRules(a: readonly Rule[], b: readonly Rule[]): readonly Rule[] {
  const inA = new Set(a.map(textOf));
  const inB = new Set(b.map(textOf));
  if (a.every((rule) => inB.has(textOf(rule)))) return b;
  return [...a, ...b.filter((rule) => !inA.has(textOf(rule)))];
}

/** The rule without its counters, which differ from capture to capture. */
function textOf(rule: Rule): string {
  return rule.source.text.trim().replace(/^\[\d+:\d+\] /, '').replace(/\s+/g, ' ');
}

function numbered(rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule, index) => (rule.number === index + 1 ? rule : { ...rule, number: index + 1 }));
}
