import type { BaseChain, Chain, Hook, Table } from './rule.ts';

/** What a packet meets at one hook, in order. */
export type HookEntry =
  | { readonly kind: 'chain'; readonly table: Table; readonly chain: Chain; readonly base: BaseChain; readonly nat: 'source' | 'destination' | null }
  /** Connection tracking looks the packet up (or gives it a new entry). */
  | { readonly kind: 'track' }
  /** The nat chains have been asked: an existing translation is applied, a new connection is settled. */
  | { readonly kind: 'settle'; readonly what: 'source' | 'destination' };

/** NF_IP_PRI_* of linux/netfilter_ipv4.h. */
export const ipPriorities = { raw: -300, conntrack: -200, mangle: -150, dstnat: -100, filter: 0, security: 50, srcnat: 100 } as const;

const lastPriority = 2_147_483_647;

/**
 * Base chains of one hook by priority. Kernel facts relied on:
 * chains of type nat do not run at their own priority: nf_nat registers once per hook, at dstnat (prerouting, output) or srcnat
 * (input, postrouting), and asks them in the order of theirs (nf_nat_register_fn);
 * of equal priorities the one registered last runs first (nf_hook_entries_grow), and a listing shows the order of creation.
 */
export function hookEntries(tables: readonly Table[], hook: Hook, family: 4 | 6): readonly HookEntry[] {
  interface Placed { readonly at: number; readonly within: number; readonly age: number; readonly entry: HookEntry }
  const placed: Placed[] = [];
  const natKind = hook === 'prerouting' || hook === 'output' ? 'destination' : hook === 'input' || hook === 'postrouting' ? 'source' : null;
  const natAt = natKind === 'destination' ? ipPriorities.dstnat : ipPriorities.srcnat;
  let age = 0;
  for (const table of tables) {
    if (table.dormant || !seesFamily(table, family)) continue;
    for (const chain of table.chains.values()) {
      const base = chain.base;
      if (base?.hook !== hook) continue;
      const nat = base.type === 'nat' ? natKind : null;
      age += 1;
      placed.push({
        at: nat === null ? base.priority : natAt,
        within: nat === null ? 0 : base.priority,
        age: table.engine === 'legacy' ? -age : age,
        entry: { kind: 'chain', table, chain, base, nat },
      });
    }
  }
  if (hook === 'prerouting' || hook === 'output') placed.push({ at: ipPriorities.conntrack, within: 0, age: lastPriority, entry: { kind: 'track' } });
  if (natKind !== null) placed.push({ at: natAt, within: lastPriority, age: 0, entry: { kind: 'settle', what: natKind } });
  placed.sort((a, b) => a.at - b.at || a.within - b.within || b.age - a.age);
  return placed.map((one) => one.entry);
}

function seesFamily(table: Table, family: 4 | 6): boolean {
  switch (table.family) {
    case 'ip':
      return family === 4;
    case 'ip6':
      return family === 6;
    case 'inet':
      return true;
    case 'bridge':
    case 'arp':
    case 'netdev':
      return false;
  }
}

/** Chains of the bridge family (and of netdev for ingress): they know nothing of tracking and nat. */
export function linkHookEntries(tables: readonly Table[], hook: Hook, family: 'bridge' | 'netdev'): readonly HookEntry[] {
  const placed = tables
    .filter((table) => !table.dormant && (table.family === family || (family === 'netdev' && table.family === 'inet')))
    .flatMap((table) => [...table.chains.values()].flatMap((chain) => (chain.base?.hook === hook ? [{ table, chain, base: chain.base }] : [])));
  placed.sort((a, b) => a.base.priority - b.base.priority);
  return placed.map((one) => ({ kind: 'chain', ...one, nat: null }));
}
