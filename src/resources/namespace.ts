import { noteUnknown, problemsFound } from './fields.ts';
import type { Section } from './fields.ts';
import type { FieldProblem, Metadata } from './metadata.ts';

/** A Namespace (core/v1). */
export interface Namespace {
  readonly kind: 'Namespace';
  readonly metadata: Metadata;
  readonly problems: readonly FieldProblem[];
}

const known = new Set(['apiVersion', 'kind', 'metadata', 'spec', 'status']);

/** Only its labels and annotations matter here. */
export function decodeNamespace(object: Section, metadata: Metadata): Namespace {
  noteUnknown(object, known);
  return { kind: 'Namespace', metadata, problems: problemsFound(object) };
}
