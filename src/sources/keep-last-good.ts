import type { Resource } from '../resources/kinds.ts';
import type { Contribution } from './object-index.ts';
import { resourcesOf } from './read-manifests.ts';
import type { Manifest } from './read-manifests.ts';
import type { SourceProblem } from './source.ts';

const sameName = (a: Resource): string => `${a.kind}/${a.metadata.namespace}/${a.metadata.name}`;

/**
 * What a file brings after it was read as `now` (undefined: it could not be read), when it brought `before`. While a part of
 * the file cannot be understood, an object that is missing from the rest may well stand in that part: it is kept. A file
 * that is whole again decides alone.
 */
export function keepLastGood(before: Contribution, now: Manifest | undefined): Contribution {
  const earlier = [...before.resources, ...before.kept];
  if (now === undefined) return before.kept.length === earlier.length ? before : { resources: [], kept: earlier };
  const resources = resourcesOf(now);
  if (!now.documents.some((document) => document.broken)) return { resources, kept: [] };
  const found = new Set(resources.map(sameName));
  return { resources, kept: earlier.filter((one) => !found.has(sameName(one))) };
}

/** The notice that objects are kept, or none. */
export function keptNotice(file: string, kept: readonly Resource[]): readonly SourceProblem[] {
  if (kept.length === 0) return [];
  const names = kept.slice(0, 5).map(({ kind, metadata }) => `${kind} ${metadata.namespace === '' ? '' : `${metadata.namespace}/`}${metadata.name}`);
  const others = kept.length > names.length ? ` and ${kept.length - names.length} more` : '';
  return [{
    code: 'source-kept', file, line: 1, severity: 'warning',
    message: `Served as they were in the last good version of this file: ${names.join(', ')}${others}.`,
    hint: 'Correct the file; the objects then follow what it says.',
  }];
}
