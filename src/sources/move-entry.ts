import type { FieldProblem } from '../resources/metadata.ts';
import type { ManifestEntry } from './read-manifests.ts';
import type { SourceProblem } from './source.ts';

const moveField = (field: FieldProblem, by: number): FieldProblem => (field.line === undefined ? field : { ...field, line: field.line + by });

const moveProblem = (problem: SourceProblem, by: number): SourceProblem => ({
  ...problem,
  line: problem.line + by,
  ...(problem.fields === undefined ? {} : { fields: problem.fields.map((field) => moveField(field, by)) }),
});

/** The same object `by` lines further down, without decoding it again. The entry itself when nothing moves. */
export function moveEntry(entry: ManifestEntry, by: number): ManifestEntry {
  if (by === 0) return entry;
  const { resource } = entry;
  return {
    hash: entry.hash,
    line: entry.line + by,
    problems: entry.problems.map((problem) => moveProblem(problem, by)),
    resource: resource === null ? null : {
      ...resource,
      metadata: { ...resource.metadata, origin: { ...resource.metadata.origin, line: resource.metadata.origin.line + by } },
      problems: resource.problems.map((problem) => moveField(problem, by)),
    },
  };
}
