import type { Known, Settle, SourceLine } from '../evidence.ts';
import type { FindingCode } from '../findings/catalogue.ts';
import type { Finding, Proof } from '../findings/finding.ts';
import type { FacetName, Facets } from '../model/facets.ts';

/**
 * What an analyzer says about one subject. Three outcomes, never two: a fault; looked and found nothing (with what it looked at);
 * could not look, because. No answer at all means that the question does not arise here.
 */
export type Answer =
  | { readonly outcome: 'fault'; readonly finding: Finding }
  | { readonly outcome: 'nothing'; readonly code: FindingCode; readonly subject: string; readonly lines: readonly SourceLine[] }
  | { readonly outcome: 'could-not-look'; readonly code: FindingCode; readonly subject: string; readonly because: string; readonly settle: readonly Settle[] };

/** A value that says which codes it answers for and which sides of the model it reads; it is given no other side. */
export interface Analyzer {
  /** Name of its file. */
  readonly name: string;
  /** What it asks, in one line. */
  readonly asks: string;
  readonly codes: readonly FindingCode[];
  readonly reads: readonly FacetName[];
  analyze(view: Facets): Iterable<Answer>;
}

/** Makes an analyzer whose view has exactly the declared sides. That its answers have declared codes is checked when they are given. */
export function analyzer<const Reads extends readonly FacetName[]>(definition: {
  readonly name: string;
  readonly asks: string;
  readonly codes: readonly FindingCode[];
  readonly reads: Reads;
  readonly analyze: (view: Pick<Facets, Reads[number]>) => Iterable<Answer>;
}): Analyzer {
  return definition;
}

export function fault(finding: Finding): Answer {
  return { outcome: 'fault', finding };
}

export function nothing(code: FindingCode, subject: string, lines: readonly SourceLine[]): Answer {
  return { outcome: 'nothing', code, subject, lines };
}

export function couldNotLook(code: FindingCode, subject: string, because: string, settle: readonly Settle[]): Answer {
  return { outcome: 'could-not-look', code, subject, because, settle };
}

/** `could-not-look` out of one or several unknown answers. */
export function unsettled(code: FindingCode, subject: string, ...answers: readonly Known<unknown>[]): Answer {
  const open = answers.filter((answer) => answer.state === 'unknown');
  return couldNotLook(code, subject, open.map((answer) => answer.because).join('; '), open.flatMap((answer) => answer.settle));
}

export function proof(host: string, line: SourceLine, shows: string): Proof {
  return { host, line, shows };
}

/** Proofs of the lines behind an answer of the model. */
export function proofs(host: string, answer: Known<unknown>, shows: string): Proof[] {
  return answer.state === 'unknown' ? [] : answer.lines.map((line) => ({ host, line, shows }));
}

/** Words for `about`: the same thing is spelt the same by every analyzer, so that stories find together. */
export const about = {
  host: (name: string): string => `host ${name}`,
  address: (token: string): string => `address ${token}`,
  service: (token: string, port: number | string): string => `service ${token}:${String(port)}`,
  name: (hostname: string): string => `name ${hostname}`,
};
