import type { Settle, SourceLine } from '../evidence.ts';
import { catalogue } from './catalogue.ts';
import type { FindingCode } from './catalogue.ts';
import { fill } from './entry.ts';
import type { ArgsOf, Entry, FixEntry, Severity } from './entry.ts';

/** A line that proves the claim, with what it shows. */
export interface Proof {
  readonly line: SourceLine;
  readonly host: string;
  /** `neighbour entry of the client`: what to look at in the line. */
  readonly shows: string;
}

/** Another fault that would look the same and is not what happened, with the line that says so. */
export interface RuledOut {
  /** Of the catalogue; null when the other fault has no code. */
  readonly code: string | null;
  readonly what: string;
  readonly because: string;
  readonly line: SourceLine | null;
}

export interface Lowered {
  readonly by: number;
  readonly because: string;
}

/** The doctor's answer: one fault, proved. */
export interface Finding {
  readonly code: FindingCode;
  readonly name: string;
  readonly title: string;
  readonly severity: Severity;
  readonly security: boolean;
  /** What it is about, as stable words (`host node1`, `address 10.0.0.1`): findings about the same thing may belong to one story. */
  readonly about: readonly string[];
  /** Host whose evidence says so, `''` when several do. */
  readonly host: string;
  readonly claim: string;
  readonly args: Readonly<Record<string, string>>;
  readonly proofs: readonly Proof[];
  readonly rulesOut: readonly RuledOut[];
  /** 0 to 1. */
  readonly confidence: number;
  readonly lowered: readonly Lowered[];
  /** What would make it surer. */
  readonly settle: readonly Settle[];
  readonly fixes: readonly FixEntry[];
  readonly verify: { readonly text: string; readonly command?: string };
}

export interface Details<C extends FindingCode> {
  readonly host: string;
  readonly about: readonly string[];
  readonly args: ArgsOf<(typeof catalogue)[C]>;
  /** At least one: no evidence, no finding. */
  readonly proofs: readonly [Proof, ...Proof[]];
  readonly rulesOut?: readonly RuledOut[];
  readonly lowered?: readonly Lowered[];
  readonly settle?: readonly Settle[];
  /** Where the evidence allows less than the entry's severity (one sample of a counter: `note`). */
  readonly severity?: Severity;
}

/** Confidence of a claim that nothing speaks against. Never 1: evidence may be old or of another network. */
const surest = 0.95;

export function finding<C extends FindingCode>(code: C, details: Details<C>): Finding {
  const entry: Entry = catalogue[code];
  const args: Readonly<Record<string, string>> = details.args;
  const lowered = details.lowered ?? [];
  const confidence = Math.max(0.1, lowered.reduce((left, each) => left - each.by, surest));
  return {
    code, name: entry.name, title: entry.title, severity: details.severity ?? entry.severity, security: entry.security === true,
    about: details.about, host: details.host, claim: fill(entry.message, args), args, proofs: unique(details.proofs), rulesOut: details.rulesOut ?? [],
    confidence: Math.round(confidence * 100) / 100, lowered, settle: details.settle ?? [],
    fixes: entry.fix.map((fix) => ({ ...fix, text: fill(fix.text, args), ...(fix.command === undefined ? {} : { command: fill(fix.command, args) }) })),
    verify: { text: fill(entry.verify.text, args), ...(entry.verify.command === undefined ? {} : { command: fill(entry.verify.command, args) }) },
  };
}

function unique(proofs: readonly Proof[]): Proof[] {
  const seen = new Set<string>();
  return proofs.filter(({ line }) => {
    const key = `${line.file}\0${String(line.line)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
