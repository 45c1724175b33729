import type { Doubt } from './field-holds.ts';
import type { HookEntry } from './hook-order.ts';
import type { Passing } from './passing.ts';
import type { Chain, Hook, Rule, Table } from './rule.ts';

/** What comes next for a packet between its arrival and its end. */
export type Turn =
  | { readonly kind: 'hook'; readonly hook: Hook; readonly layer: 'ip' | 'bridge' | 'device' }
  /** The routing decision after PREROUTING; the turns that follow depend on it. */
  | { readonly kind: 'route' }
  /** A frame goes to another port of its bridge, past the rules of IP. */
  | { readonly kind: 'switch' }
  /** After OUTPUT: a translated or marked packet is routed again. */
  | { readonly kind: 'reroute' }
  /** A packet to the host's own address comes in again on lo. */
  | { readonly kind: 'loop' };

/** A place in a chain: `step` of rule number `rule` (0-based both). */
export interface Frame {
  readonly chain: Chain;
  rule: number;
  step: number;
}

/** One rule (or policy) that did something to the packet. */
export interface TrailStep {
  readonly hook: Hook;
  readonly table: Table;
  /** From the base chain to the chain of the rule. */
  readonly chainPath: readonly string[];
  readonly chain: Chain;
  /** Null for a policy or the end of a chain. */
  readonly rule: Rule | null;
  readonly did: string;
}

export type Ending =
  | { readonly kind: 'delivered'; readonly to: 'this host' | 'device'; readonly device: string | null }
  | { readonly kind: 'dropped'; readonly by: TrailStep }
  | { readonly kind: 'rejected'; readonly by: TrailStep; readonly reply: string }
  | { readonly kind: 'no-route' }
  | { readonly kind: 'unknown'; readonly doubt: Doubt; readonly at: TrailStep | null };

/** A doubt, and which of the two answers this way goes on with. */
export interface TakenDoubt extends Doubt {
  readonly taken: boolean;
  readonly at: TrailStep;
}

/** One way through the rules. Where an answer is open the walk is copied, and each copy goes on with one answer. */
export interface Walk {
  passing: Passing;
  /** What is still to come, next first. */
  turns: readonly Turn[];
  /** The hook at hand. */
  hook: Hook;
  entries: readonly HookEntry[];
  entry: number;
  frames: Frame[];
  trail: TrailStep[];
  doubts: readonly TakenDoubt[];
  assumptions: readonly string[];
  /** How often each rule counted the packet, and each base chain's policy: to hold beside the kernel's own counters. */
  counted: Map<Rule | Chain, number>;
}

export function copyWalk(walk: Walk): Walk {
  return {
    ...walk,
    passing: { ...walk.passing },
    frames: walk.frames.map((frame) => ({ ...frame })),
    trail: [...walk.trail],
    counted: new Map(walk.counted),
  };
}

export function assume(walk: Walk, text: string): void {
  if (!walk.assumptions.includes(text)) walk.assumptions = [...walk.assumptions, text];
}

export function currentEntry(walk: Walk): Extract<HookEntry, { kind: 'chain' }> {
  const entry = walk.entries[walk.entry];
  if (entry?.kind !== 'chain') throw new Error('the walk stands in no chain');
  return entry;
}

export function trailStep(walk: Walk, rule: Rule | null, did: string): TrailStep {
  const entry = currentEntry(walk);
  return {
    hook: walk.hook,
    table: entry.table,
    chainPath: walk.frames.map((frame) => frame.chain.name),
    chain: walk.frames.at(-1)?.chain ?? entry.chain,
    rule,
    did,
  };
}
