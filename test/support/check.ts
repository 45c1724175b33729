import { fairway } from './fairway-command.ts';

/** What the tests read of `fairway check --json`. */
export interface CheckedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly verdict: 'admitted' | 'refused';
  readonly claim: { readonly host: string; readonly path: string; readonly termination: string } | null;
  readonly refusals: readonly { readonly code: string; readonly reason: string; readonly message: string; readonly line: number; readonly winner: { readonly namespace: string; readonly name: string } | null }[];
  readonly warnings: readonly { readonly code: string; readonly path: string; readonly line: number }[];
}

export interface Checked {
  readonly code: number;
  readonly objects: readonly CheckedObject[];
  readonly problems: readonly { readonly code: string; readonly severity: string; readonly file: string; readonly line: number; readonly subject: string | null }[];
  /** `admitted`, or the reasons, of a route by `namespace/name`. */
  verdict(route: string): string;
}

/** `fairway check DIRECTORY --json`, read. */
export async function check(directory: string, flags: readonly string[] = []): Promise<Checked> {
  const answer = await fairway(['check', directory, '--json', ...flags]);
  if (answer.code > 1) throw new Error(`check ended with ${answer.code}: ${answer.stderr}`);
  const report = answer.json() as Omit<Checked, 'verdict' | 'code'>;
  return {
    ...report,
    code: answer.code,
    verdict: (route) => {
      const object = report.objects.find(({ kind, namespace, name }) => kind === 'Route' && `${namespace}/${name}` === route);
      if (!object) return 'not there';
      return object.verdict === 'admitted' ? 'admitted' : [...new Set(object.refusals.map(({ reason }) => reason))].join(' ');
    },
  };
}
