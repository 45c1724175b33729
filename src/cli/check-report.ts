import type { Verdict } from '../admission/verdict.ts';
import type { Resource } from '../resources/kinds.ts';
import type { SourceProblem } from '../sources/source.ts';

/** Where an object stands. */
export interface ObjectReference {
  readonly kind: string;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

export interface CheckedObject extends ObjectReference {
  readonly verdict: 'admitted' | 'refused';
  /** What it is served as; null for kinds that claim no host, and for refused ones. */
  readonly claim: { readonly host: string; readonly path: string; readonly termination: string } | null;
  readonly refusals: readonly {
    readonly code: string; readonly reason: string; readonly message: string; readonly hint: string;
    readonly path: string | null; readonly file: string; readonly line: number; readonly winner: ObjectReference | null;
  }[];
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly message: string; readonly hint: string; readonly file: string; readonly line: number }[];
}

/** Answer of `fairway check --json`: docs/schemas/check.json. */
export interface CheckReport {
  readonly directory: string;
  readonly summary: { readonly objects: number; readonly admitted: number; readonly refused: number; readonly warnings: number; readonly errors: number };
  /** In the order file, line. */
  readonly objects: readonly CheckedObject[];
  /** What is wrong with files and documents, in the order file, line. */
  readonly problems: readonly { readonly code: string; readonly severity: 'error' | 'warning'; readonly file: string; readonly line: number; readonly subject: string | null; readonly message: string; readonly hint: string }[];
}

function reference(resource: Resource): ObjectReference {
  const { namespace, name, origin } = resource.metadata;
  return { kind: resource.kind, namespace, name, file: origin.file, line: origin.line };
}

const byPlace = (a: { readonly file: string; readonly line: number }, b: { readonly file: string; readonly line: number }): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line;

function checkedObject({ resource, claim, refusals, warnings }: Verdict): CheckedObject {
  const { file } = resource.metadata.origin;
  return {
    ...reference(resource),
    verdict: refusals.length === 0 ? 'admitted' : 'refused',
    claim: claim === null ? null : { host: claim.wildcard ? `*.${claim.host}` : claim.host, path: claim.path, termination: claim.termination },
    refusals: refusals.map((refusal) => ({
      code: refusal.code, reason: refusal.reason, message: refusal.message, hint: refusal.hint, path: refusal.path ?? null,
      file, line: refusal.line, winner: refusal.winner === undefined ? null : reference(refusal.winner),
    })),
    warnings: warnings.map(({ code, path, message, hint, line }) => ({ code, path, message, hint, file, line })),
  };
}

export function checkReport(directory: string, verdicts: readonly Verdict[], problems: readonly SourceProblem[]): CheckReport {
  const objects = verdicts.map(checkedObject).toSorted(byPlace);
  const refused = objects.filter((object) => object.verdict === 'refused').length;
  const found = problems
    .map(({ code, severity, file, line, subject, message, hint }) => ({ code, severity, file, line, subject: subject ?? null, message, hint }))
    .toSorted(byPlace);
  return {
    directory,
    summary: {
      objects: objects.length,
      admitted: objects.length - refused,
      refused,
      warnings: objects.reduce((sum, object) => sum + object.warnings.length, 0) + found.filter(({ severity }) => severity === 'warning').length,
      errors: found.filter(({ severity }) => severity === 'error').length,
    },
    objects,
    problems: found,
  };
}
