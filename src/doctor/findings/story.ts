import { catalogue } from './catalogue.ts';
import type { Entry, Severity } from './entry.ts';
import type { Finding } from './finding.ts';

/** A fault with those it brought about, told root first. */
export interface Story {
  readonly root: Finding;
  /** Their own children are inside them. */
  readonly children: readonly Story[];
}

const rank: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

/** Worst first, then the surest, then by code and place: the same evidence always gives the same order. */
export function worstFirst(a: Finding, b: Finding): number {
  return rank[a.severity] - rank[b.severity] || b.confidence - a.confidence || compare(a.code, b.code) || compare(a.claim, b.claim);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Joins findings to stories: one is the child of another when the catalogue says that the other may bring it about and both are about
 * the same thing. A child has one parent, the surest that fits; a circle is never closed.
 */
export function stories(findings: readonly Finding[]): Story[] {
  const ordered = [...findings].sort(worstFirst);
  const parents = new Map<Finding, Finding>();
  for (const child of ordered) {
    const causes = ordered.filter((cause) => cause !== child && explains(cause, child) && !descends(cause, child, parents));
    const best = causes.sort((a, b) => shared(b, child) - shared(a, child) || b.confidence - a.confidence || compare(a.code, b.code))[0];
    if (best !== undefined) parents.set(child, best);
  }
  const tell = (root: Finding): Story => ({ root, children: ordered.filter((each) => parents.get(each) === root).map(tell) });
  // A warning that brought about an error is as urgent as the error.
  return ordered.filter((each) => !parents.has(each)).map(tell).sort((a, b) => worst(a) - worst(b));
}

function worst(story: Story): number {
  return Math.min(rank[story.root.severity], ...story.children.map(worst));
}

function explains(cause: Finding, child: Finding): boolean {
  const entry: Entry = catalogue[cause.code];
  return entry.explains.includes(child.code) && shared(cause, child) > 0;
}

function shared(a: Finding, b: Finding): number {
  const addresses = a.about.filter((each) => !each.startsWith('host ') && b.about.includes(each)).length;
  const talksOfAddresses = a.about.some((each) => each.startsWith('address ')) && b.about.some((each) => each.startsWith('address '));
  // Two faults about different addresses of one host have nothing to do with each other.
  if (talksOfAddresses && addresses === 0) return 0;
  return addresses * 2 + a.about.filter((each) => each.startsWith('host ') && b.about.includes(each)).length;
}

function descends(finding: Finding, from: Finding, parents: ReadonlyMap<Finding, Finding>): boolean {
  for (let at: Finding | undefined = finding; at !== undefined; at = parents.get(at)) if (at === from) return true;
  return false;
}
