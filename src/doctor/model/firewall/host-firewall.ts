import type { IpSet } from './ip-set.ts';
import { mergeFragments } from './merge-fragments.ts';
import type { Engine, Table } from './rule.ts';
import { usesTracking } from './tracking-use.ts';

/** All the packet filtering of one host, as far as captured: both engines at once, since both are live at once. */
export interface HostFirewall {
  readonly host: string;
  readonly tables: readonly Table[];
  readonly ipSets: ReadonlyMap<string, IpSet>;
  /** Whether some rule makes the kernel track connections: without one nat chains are passed over. */
  readonly tracks: boolean;
  /** What the captures do not cover, with the command that would: the walk's answer holds only if nothing there decides otherwise. */
  readonly gaps: readonly Gap[];
}

export interface Gap {
  readonly what: string;
  readonly command: string;
}

/**
 * Puts together what several captures of one host say. nft lists the tables that iptables-nft made as well, but with arguments left
 * out (`xt match physdev`): where iptables-save has the same table, that one is taken and the nft copy is left aside. Lines of one
 * table out of several greps are put together. `looked` says of which engine a whole listing was captured, be it an empty one.
 */
export function joinTables(host: string, tables: readonly Table[], ipSets: readonly IpSet[], looked: Readonly<Record<Engine, boolean>> = { legacy: false, nft: false }): HostFirewall {
  const chosen: Table[] = [];
  for (const table of tables.map((one) => withEngine(one, tables))) {
    const same = chosen.findIndex((other) => sameTable(other, table));
    const present = chosen[same];
    if (present === undefined) chosen.push(table);
    else if (!present.complete && !table.complete && present.form === table.form) chosen[same] = mergeFragments(present, table);
    else if (better(table, present)) chosen[same] = table;
  }
  const age = (table: Table): number => tables.findIndex((one) => one.form === 'nft' && sameTable(one, table));
  const listed = chosen.filter((table) => table.engine === 'nft').sort((a, b) => age(a) - age(b));
  return {
    host,
    tables: [...chosen.filter((table) => table.engine === 'legacy'), ...listed],
    ipSets: new Map(ipSets.map((set) => [set.name, set])),
    tracks: chosen.some(usesTracking),
    gaps: gapsOf(tables, looked),
  };
}

/** A table of which nothing tells the engine is the one that nft lists under the same name, where it lists one. */
function withEngine(table: Table, all: readonly Table[]): Table {
  if (table.engineKnown) return table;
  const twin = all.find((other) => other.engineKnown && other.family === table.family && other.name === table.name);
  return twin === undefined ? table : { ...table, engine: twin.engine };
}

function sameTable(a: Table, b: Table): boolean {
  return a.engine === b.engine && a.family === b.family && a.name === b.name;
}

function gapsOf(tables: readonly Table[], looked: Readonly<Record<Engine, boolean>>): readonly Gap[] {
  const has = (engine: Engine): boolean => looked[engine] || tables.some((table) => table.engine === engine && table.engineKnown);
  const gaps: Gap[] = [];
  if (!has('legacy') && !tables.some((table) => !table.engineKnown)) gaps.push({ what: 'rules of the legacy engine, if there are any', command: 'iptables-legacy-save -c' });
  if (!has('nft')) gaps.push({ what: 'rules of nf_tables, if there are any', command: 'nft list ruleset' });
  return gaps;
}

/** More complete wins; of two complete ones the one with fewer parts that cannot be read; else the later capture. */
function better(candidate: Table, present: Table): boolean {
  if (candidate.complete !== present.complete) return candidate.complete;
  return opaqueParts(candidate) <= opaqueParts(present) && !(candidate.form === 'nft' && present.form === 'iptables-save');
}

function opaqueParts(table: Table): number {
  let count = 0;
  for (const chain of table.chains.values()) {
    for (const rule of chain.rules) for (const step of rule.steps) if (step.kind === 'opaque' || step.kind === 'opaque-target') count++;
  }
  return count;
}
