import type { Resource } from '../resources/kinds.ts';
import { patchSorted } from '../lib/patch-sorted.ts';
import { compareResources, compareText } from '../resources/order.ts';
import type { SourceProblem } from './source.ts';

/** What one file brings. `kept`: from an earlier reading, because the file cannot be trusted now. */
export interface Contribution {
  readonly resources: readonly Resource[];
  readonly kept: readonly Resource[];
}

/** Kind, namespace and name hold no slash, so a joined key means one object only. It is never taken apart. */
const keyOf = ({ kind, metadata }: Resource): string => `${kind}/${metadata.namespace}/${metadata.name}`;

const nothing: Contribution = { resources: [], kept: [] };

/**
 * All objects of all files, each name once. Where a name is written twice, the same place wins whichever was read first:
 * what stands in a file before what was kept, then the older object, then file name, then line.
 */
export class ObjectIndex {
  #resources: readonly Resource[] = [];
  readonly #files = new Map<string, Contribution>();
  /** One object nearly always; a list, best first, where a name is taken twice. */
  readonly #byKey = new Map<string, Resource | readonly Resource[]>();
  readonly #duplicates = new Map<string, readonly SourceProblem[]>();
  readonly #kept = new Set<Resource>();
  /** Names whose objects changed since anybody asked, with the object that was used then: a hundred files are sorted in once. */
  #touched = new Map<string, Resource | undefined>();

  /** Every object that is used, by kind, namespace and name; the same array while nothing changes. */
  get resources(): readonly Resource[] {
    this.#settle();
    return this.#resources;
  }

  /** One problem for every object that lost its name to another. */
  get duplicates(): readonly SourceProblem[] {
    this.#settle();
    return [...this.#duplicates.values()].flat();
  }

  /** Replaces what `file` brings. */
  put(file: string, contribution: Contribution): void {
    const before = this.#files.get(file) ?? nothing;
    if (contribution.resources.length + contribution.kept.length === 0) this.#files.delete(file);
    else this.#files.set(file, contribution);
    const old = new Set([...before.resources, ...before.kept]);
    const now = new Set([...contribution.resources, ...contribution.kept]);
    const touch = (resource: Resource): string => {
      const key = keyOf(resource);
      if (!this.#touched.has(key)) this.#touched.set(key, this.#winner(key));
      return key;
    };
    // An object that only changes sides (kept, and back) is touched too: its rank changes.
    for (const one of before.kept) touch(one);
    for (const one of before.kept) this.#kept.delete(one);
    for (const one of contribution.kept) touch(one);
    for (const one of contribution.kept) this.#kept.add(one);
    for (const one of old) if (!now.has(one)) this.#remove(touch(one), one);
    for (const one of now) if (!old.has(one)) this.#add(touch(one), one);
  }

  #winner(key: string): Resource | undefined {
    const found = this.#byKey.get(key);
    return isList(found) ? found[0] : found;
  }

  #candidates(key: string): readonly Resource[] {
    const found = this.#byKey.get(key);
    return found === undefined ? [] : isList(found) ? found : [found];
  }

  #add(key: string, resource: Resource): void {
    const others = this.#candidates(key);
    this.#byKey.set(key, others.length === 0 ? resource : [...others, resource]);
  }

  #remove(key: string, resource: Resource): void {
    const others = this.#candidates(key).filter((one) => one !== resource);
    const [only] = others;
    if (only === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, others.length === 1 ? only : others);
  }

  #settle(): void {
    if (this.#touched.size === 0) return;
    const touched = this.#touched;
    this.#touched = new Map();
    const gone: Resource[] = [];
    const come: Resource[] = [];
    for (const [key, before] of touched) {
      const candidates = this.#candidates(key);
      if (candidates.length > 1) this.#byKey.set(key, [...candidates].sort((a, b) => this.#rank(a, b)));
      this.#tell(key);
      const winner = this.#winner(key);
      if (winner === before) continue;
      if (before !== undefined) gone.push(before);
      if (winner !== undefined) come.push(winner);
    }
    this.#resources = patchSorted(this.#resources, gone, come, compareResources);
  }

  #rank(a: Resource, b: Resource): number {
    return (
      Number(this.#kept.has(a)) - Number(this.#kept.has(b)) ||
      a.metadata.creationTimestamp - b.metadata.creationTimestamp ||
      compareText(a.metadata.origin.file, b.metadata.origin.file) ||
      a.metadata.origin.line - b.metadata.origin.line ||
      // Two objects on one line (JSON without line breaks): by content, so that reading one of them anew changes nothing.
      compareText(JSON.stringify(a), JSON.stringify(b))
    );
  }

  #tell(key: string): void {
    const [winner, ...losers] = this.#candidates(key);
    const told = winner === undefined ? [] : losers.filter((one) => !this.#kept.has(one)).map((loser) => duplicate(winner, loser));
    if (told.length === 0) this.#duplicates.delete(key);
    else this.#duplicates.set(key, told);
  }
}

const isList = (found: Resource | readonly Resource[] | undefined): found is readonly Resource[] => Array.isArray(found);

function duplicate(winner: Resource, loser: Resource): SourceProblem {
  const { namespace, name, origin } = loser.metadata;
  const subject = `${loser.kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  const place = `${winner.metadata.origin.file}:${winner.metadata.origin.line}`;
  const why = winner.metadata.creationTimestamp < loser.metadata.creationTimestamp ? 'which is older' : 'which comes first';
  return {
    code: 'source-duplicate', file: origin.file, line: origin.line, severity: 'error', subject,
    message: `${subject} at ${origin.file}:${origin.line} is also written at ${place}, ${why}; this one is not used.`,
    hint: 'Remove or rename one of the two.',
  };
}
