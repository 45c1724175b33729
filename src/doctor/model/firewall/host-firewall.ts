import type { IpSet } from './ip-set.ts';
import type { Table } from './rule.ts';

/** All the packet filtering of one host, as far as captured: both engines at once, since both are live at once. */
export interface HostFirewall {
  readonly host: string;
  readonly tables: readonly Table[];
  readonly ipSets: ReadonlyMap<string, IpSet>;
  /** What the captures do not cover, with the command that would: the walk's answer holds only if nothing there decides otherwise. */
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly what: string;
  readonly command: string;
}

/**
 * Puts together what several captures of one host say. nft lists the tables that iptables-nft made as well, but with arguments left
 * out (`xt match physdev`): where iptables-save has the same table, that one is taken and the nft copy is left aside.
 */
export function joinTables(host: string, tables: readonly Table[], ipSets: readonly IpSet[]): HostFirewall {
  const chosen: Table[] = [];
  for (const table of tables) {
    const same = chosen.findIndex((other) => other.engine === table.engine && other.family === table.family && other.name === table.name);
    if (same < 0) chosen.push(table);
    else if (better(table, chosen[same] ?? table)) chosen[same] = table;
  }
  const has = (engine: Table['engine']): boolean => tables.some((table) => table.engine === engine);
  const gaps: Gap[] = [];
  if (!has('legacy')) gaps.push({ what: 'rules of the legacy engine, if there are any', command: 'iptables-legacy-save -c' });
  if (!has('nft')) gaps.push({ what: 'rules of nf_tables, if there are any', command: 'nft list ruleset' });
  return { host, tables: chosen, ipSets: new Map(ipSets.map((set) => [set.name, set])), gaps };
}

/** More complete wins; of two complete ones the one with fewer parts that cannot be read; else the later capture. */
function better(candidate: Table, present: Table): boolean {
  if (candidate.complete !== present.complete) return candidate.complete;
  return opaqueParts(candidate) <= opaqueParts(present);
}

function opaqueParts(table: Table): number {
  let count = 0;
  for (const chain of table.chains.values()) {
    for (const rule of chain.rules) for (const step of rule.steps) if (step.kind === 'opaque' || step.kind === 'opaque-target') count++;
  }
  return count;
}
