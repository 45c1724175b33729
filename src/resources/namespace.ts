import type { FieldProblem, Metadata } from './metadata.ts';

/** A Namespace (core/v1). */
export interface Namespace {
  readonly kind: 'Namespace';
  readonly metadata: Metadata;
  readonly problems: readonly FieldProblem[];
}
