import type { SourceLine } from '../evidence.ts';
import { ipPriorities } from '../model/firewall/hook-order.ts';
import type { BaseChain, Chain, Counter, Engine, Hook, Rule, Table } from '../model/firewall/rule.ts';
import type { ReadRule } from './iptables-rule.ts';

const builtin: Readonly<Record<string, Hook>> = { PREROUTING: 'prerouting', INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output', POSTROUTING: 'postrouting' };

const hooksOfTable: Readonly<Record<string, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** The hook of a built-in chain; null for a user's chain. */
export function builtinHook(table: string, chain: string): Hook | null {
  return hooksOfTable[table]?.includes(chain) === true ? builtin[chain] ?? null : null;
}

export function priorityOf(table: string, hook: Hook, engine: Engine): number {
  switch (table) {
    case 'raw':
      return ipPriorities.raw;
    case 'mangle':
      return ipPriorities.mangle;
    case 'nat':
      return hook === 'prerouting' || hook === 'output' ? ipPriorities.dstnat : ipPriorities.srcnat;
    // iptables-nft hangs it at 150, the kernel's own table at 50: nothing else stands between.
    case 'security':
      return engine === 'nft' ? 150 : ipPriorities.security;
    default:
      return ipPriorities.filter;
  }
}

interface ChainDraft {
  readonly name: string;
  base: BaseChain | null;
  source: SourceLine | null;
  readonly rules: Rule[];
  captured: Chain['captured'];
}

/** A table of iptables while its lines are read, whichever form they have. */
export class IptablesTableDraft {
  readonly name: string;
  readonly engine: Engine;
  private readonly chains = new Map<string, ChainDraft>();

  constructor(name: string, engine: Engine) {
    this.name = name;
    this.engine = engine;
  }

  declare(name: string, policy: BaseChain['policy'], counter: Counter | null, source: SourceLine | null): void {
    const chain = this.chain(name);
    chain.source = source;
    if (chain.base !== null) chain.base = { ...chain.base, policy, counter };
  }

  add(name: string, read: ReadRule, counter: Counter | null, source: SourceLine): void {
    const { rules } = this.chain(name);
    const oddities = counter?.rounded === true ? [...read.oddities, { code: 'rounded' as const, text: 'counters are rounded (no -x)' }] : read.oddities;
    rules.push({ number: rules.length + 1, steps: read.steps, comment: read.comment, counter, source, oddities });
  }

  has(name: string): boolean {
    return this.chains.has(name);
  }

  private chain(name: string): ChainDraft {
    let chain = this.chains.get(name);
    if (chain === undefined) {
      const hook = builtinHook(this.name, name);
      const base: BaseChain | null = hook === null ? null : {
        hook,
        type: this.name === 'nat' ? 'nat' : this.name === 'mangle' && hook === 'output' ? 'route' : 'filter',
        priority: priorityOf(this.name, hook, this.engine),
        policy: null,
        counter: null,
        devices: [],
      };
      chain = { name, base, source: null, rules: [], captured: 'all' };
      this.chains.set(name, chain);
    }
    return chain;
  }

  /** `captured` says how much of a chain is there; `complete` whether the whole table is. */
  finish(given: { readonly form: Table['form']; readonly family: 'ip' | 'ip6'; readonly engineKnown: boolean; readonly complete: boolean; readonly source: SourceLine; readonly captured: (chain: string) => Chain['captured'] }): Table {
    const chains = new Map<string, Chain>();
    for (const chain of this.chains.values()) chains.set(chain.name, { ...chain, captured: given.captured(chain.name) });
    return {
      kind: 'firewall-table',
      form: given.form,
      engine: this.engine,
      engineKnown: given.engineKnown,
      family: given.family,
      name: this.name,
      chains,
      sets: new Map(),
      dormant: false,
      complete: given.complete,
      source: given.source,
    };
  }
}
