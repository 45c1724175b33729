import type { FieldProblem, Metadata } from './metadata.ts';

/** A Secret (core/v1). Values stay in memory only and are never printed. */
export interface Secret {
  readonly kind: 'Secret';
  readonly metadata: Metadata;
  readonly type: string;
  /** Decoded `data` overlaid with `stringData`. */
  readonly data: Readonly<Record<string, string>>;
  readonly problems: readonly FieldProblem[];
}
