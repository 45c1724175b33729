import type { SourceLine } from '../../evidence.ts';
import type { Field, ValueSet } from './field.ts';

/**
 * One rule model for every engine: legacy iptables, iptables on nf_tables, and nft itself. A rule is a list of steps taken from left
 * to right: a condition that does not hold ends the rule, an action is carried out where it stands (nft counts and marks in the
 * middle of a rule; an iptables rule has its conditions first and one target last).
 */
export interface Table {
  readonly kind: 'firewall-table';
  /** The form it was read from: only nft lists tables in the order in which they came into being. */
  readonly form: 'iptables-save' | 'iptables-list' | 'nft';
  readonly engine: Engine;
  /** False when nothing in the capture tells which engine it is (no header, list form): then it may be either, and is taken as `engine`. */
  readonly engineKnown: boolean;
  readonly family: Family;
  readonly name: string;
  readonly chains: ReadonlyMap<string, Chain>;
  readonly sets: ReadonlyMap<string, NamedSet>;
  /** `flags dormant`: listed, but not hooked in. */
  readonly dormant: boolean;
  /** False when only some lines of the table are in the evidence (grep, cut paste). */
  readonly complete: boolean;
  /** The line that opens the table, or the first of its lines that is there. */
  readonly source: SourceLine;
}

/** `nft` also stands for iptables-nft: both live in nf_tables, and both are live beside `legacy`. */
export type Engine = 'legacy' | 'nft';
export type Family = 'ip' | 'ip6' | 'inet' | 'bridge' | 'arp' | 'netdev';
export type Hook = 'ingress' | 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting' | 'egress';

export interface Chain {
  readonly name: string;
  readonly base: BaseChain | null;
  readonly rules: readonly Rule[];
  /** The line that declares it; null when only its rules (or only jumps to it) were captured. */
  readonly source: SourceLine | null;
  /** `all`: every rule is there. `some`: lines may be missing between those captured. `none`: jumped to, never seen. */
  readonly captured: 'all' | 'some' | 'none';
}

export interface BaseChain {
  readonly hook: Hook;
  readonly type: 'filter' | 'nat' | 'route';
  readonly priority: number;
  /** Null when the evidence does not show it. */
  readonly policy: 'accept' | 'drop' | null;
  readonly counter: Counter | null;
  /** Only for ingress and egress. */
  readonly devices: readonly string[];
}

export interface Counter {
  readonly packets: number;
  readonly bytes: number;
  /** `iptables -L` without `-x` rounds to K, M, G. */
  readonly rounded: boolean;
}

export interface Rule {
  /** 1-based within the chain as captured, as `iptables -L --line-numbers` counts. */
  readonly number: number;
  readonly steps: readonly Step[];
  readonly comment: string | null;
  readonly counter: Counter | null;
  readonly source: SourceLine;
  /** What reading it found odd; lowers confidence of everything decided by this chain. */
  readonly oddities: readonly Oddity[];
}

export interface Oddity {
  readonly code: 'not-a-mac' | 'not-an-address' | 'unreadable-part' | 'rounded';
  readonly text: string;
}

export type Step = Condition | Action;

export type Condition =
  /** The field must have a value in the set; a packet without the field never fits, negated or not. */
  | { readonly kind: 'field'; readonly field: Field; readonly within: ValueSet; readonly not: boolean }
  /** nft concatenation or a set with several dimensions: all fields of one element must fit. */
  | { readonly kind: 'element'; readonly fields: readonly Field[]; readonly set: string | NamedSet; readonly not: boolean }
  /** iptables -m set: which fields are meant depends on the type of the set, which only `ipset save` shows. */
  | { readonly kind: 'ipset'; readonly name: string; readonly directions: readonly ('src' | 'dst')[]; readonly not: boolean }
  | { readonly kind: 'physdev'; readonly options: readonly PhysdevOption[] }
  /** Holds now and then, and no capture can say when: limit, statistic, recent, quota, connlimit. */
  | { readonly kind: 'sometimes'; readonly what: string }
  /** Cannot be evaluated from what was captured. `command` shows what would help. */
  | { readonly kind: 'opaque'; readonly what: string; readonly command: string | null }
  /** Never holds for any packet. */
  | { readonly kind: 'never' };

export type PhysdevOption =
  | { readonly option: 'in' | 'out'; readonly name: string; readonly not: boolean }
  | { readonly option: 'is-in' | 'is-out' | 'is-bridged'; readonly not: boolean };

export type Action =
  | { readonly kind: 'accept' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'reject'; readonly reply: string }
  | { readonly kind: 'return' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'verdict-map'; readonly fields: readonly Field[]; readonly map: string | NamedSet }
  /** One of several verdicts, drawn by lot (numgen, hashes): */
  | { readonly kind: 'lot'; readonly what: string; readonly verdicts: readonly Action[] }
  | { readonly kind: 'count' }
  /** mark = (mark & ~clear) ^ flip. */
  | { readonly kind: 'mark'; readonly of: 'packet' | 'connection'; readonly clear: number; readonly flip: number }
  | { readonly kind: 'copy-mark'; readonly from: 'packet' | 'connection'; readonly fromMask: number; readonly toMask: number }
  | { readonly kind: 'translate'; readonly what: 'source' | 'destination'; readonly to: TranslateTo }
  | { readonly kind: 'no-track' }
  /** Hands the packet to a local socket. */
  | { readonly kind: 'tproxy'; readonly port: number | null }
  /** A program outside the kernel decides. */
  | { readonly kind: 'queue'; readonly text: string }
  /** Logging, MSS clamping, set updates and the like: the packet goes on. */
  | { readonly kind: 'pass'; readonly text: string }
  | { readonly kind: 'opaque-target'; readonly what: string; readonly command: string | null };

export interface TranslateTo {
  /** `interface`: MASQUERADE and REDIRECT take the address of the device. Null keeps the address. `map`: NETMAP prefix, host bits kept. `computed`: drawn from a map. */
  readonly address: { readonly from: string; readonly to: string } | 'interface' | 'computed' | { readonly prefix: string; readonly length: number } | null;
  /** Null keeps the port where it can. */
  readonly ports: { readonly from: number; readonly to: number } | null;
  readonly random: boolean;
}

export interface NamedSet {
  readonly name: string;
  /** Which side of the packet iptables' set match is asked for comes from the rule; nft's elements are taken as the fields stand. */
  readonly elements: readonly SetElement[];
  /** False when its elements are changed by the packets themselves (`flags dynamic`, timeouts): what is listed may not be what was there. */
  readonly steady: boolean;
  readonly source: SourceLine | null;
}

export interface SetElement {
  readonly values: readonly ValueSet[];
  /** Map elements: what follows the colon. */
  readonly verdict: Action | null;
  /** ipset: `nomatch`. */
  readonly except: boolean;
}
