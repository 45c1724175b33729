import type { Settle, SourceLine } from '../evidence.ts';
import type { Finding } from '../findings/finding.ts';
import type { Target } from './target.ts';

/** Parts of a request's way, in the order in which a request meets them. */
export const layers = ['client', 'dns', 'vip', 'balancer', 'forward', 'conntrack', 'router', 'tls', 'member', 'return'] as const;
export type Layer = (typeof layers)[number];

/**
 * `ok`: lets it pass. `dropped`: it is lost without a word. `refused`: somebody says no. `unknown`: the evidence does not tell.
 * `skipped`: there is no such hop for this request. `not-reached`: a hop before it ends the request.
 */
export type HopState = 'ok' | 'dropped' | 'refused' | 'unknown' | 'skipped' | 'not-reached';

/** How a request ends: exactly one of these. */
export type Ends = 'delivered' | 'dropped' | 'refused' | 'could-not-tell';

/** The rule (or the policy) that decided. */
export interface RuleRef {
  readonly table: string;
  /** From the base chain to the chain of the rule. */
  readonly path: readonly string[];
  /** 1-based, as `iptables -L --line-numbers` counts; null for a policy. */
  readonly number: number | null;
  readonly text: string;
  readonly comment: string | null;
  /** Packets counted by it; null where the capture has no counters. */
  readonly packets: number | null;
  readonly line: SourceLine | null;
}

/** A fact about a hop, with the line that shows it. */
export interface Detail {
  readonly text: string;
  readonly line: SourceLine | null;
}

export interface Hop {
  readonly layer: Layer;
  /** Host or instance; `''` when there is none. */
  readonly at: string;
  readonly state: HopState;
  /** One sentence without a full stop. */
  readonly says: string;
  readonly line: SourceLine | null;
  readonly details: readonly Detail[];
  readonly rule: RuleRef | null;
  /** Taken for granted, each lowers the confidence. */
  readonly assumptions: readonly string[];
  /** What would settle it. */
  readonly settle: readonly Settle[];
  /** Of the analyzers, as far as they concern this hop. */
  readonly findings: readonly Finding[];
}

/** Ways that a balancer may choose and that go alike. */
export interface Branch {
  /** Every one of them: `10.1.26.136:10051`, ... */
  readonly names: readonly string[];
  readonly hops: readonly Hop[];
  readonly ends: Ends;
}

export interface Missing extends Settle {
  readonly unlocks: readonly Layer[];
}

export interface Trace {
  readonly target: Target;
  /** Address of the client; null when nobody said. */
  readonly client: string | null;
  readonly hosts: readonly string[];
  readonly captures: number;
  /** Hops that every request takes. */
  readonly trunk: readonly Hop[];
  /** Empty where nothing is chosen. */
  readonly branches: readonly Branch[];
  readonly ends: Ends;
  /** The hop that decides; null when the request is delivered. */
  readonly deciding: Hop | null;
  /** Why it ends so, in one sentence. */
  readonly because: string;
  readonly confidence: number;
  readonly lowered: readonly { readonly by: number; readonly because: string }[];
  readonly missing: readonly Missing[];
}

/** A hop out of what differs from an ordinary one. */
export function hop(layer: Layer, at: string, state: HopState, says: string, more: Partial<Omit<Hop, 'layer' | 'at' | 'state' | 'says'>> = {}): Hop {
  return { layer, at, state, says, line: null, details: [], rule: null, assumptions: [], settle: [], findings: [], ...more };
}

export function detail(text: string, line: SourceLine | null = null): Detail {
  return { text, line };
}
