import { expect, test } from 'vitest';
import { route, service, verdictOn } from '../../test/support/admission-objects.ts';
import type { Verdict } from '../admission/verdict.ts';
import type { Outcome } from '../haproxy/driver.ts';
import type { Logger } from '../lib/logger.ts';
import { patchSorted } from '../lib/patch-sorted.ts';
import type { FairwayMetrics } from '../metrics/fairway-metrics.ts';
import type { SourceProblem } from '../sources/source.ts';
import type { History } from '../status/history.ts';
import { observerOf } from './run-observer.ts';

const outcome: Outcome = { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 };
const idle = (): void => undefined;

const world = () => {
  const lines: string[] = [];
  const log = (message: string, facts: { readonly object?: string; readonly code?: string } = {}): void => { lines.push([message, facts.object ?? facts.code].join(' ')); };
  const quiet = { converged: idle, verified: idle, failed: idle, restarted: idle, adopted: idle };
  const observer = observerOf({ warn: log, error: log, info: log } as unknown as Logger, quiet as unknown as History, quiet as unknown as FairwayMetrics);
  return {
    observer,
    /** What one round logs. */
    told: (verdicts: readonly Verdict[], problems: readonly SourceProblem[] = []): readonly string[] => {
      lines.length = 0;
      observer.converged({ at: 0, table: { rules: [], certificates: [], defaultCertificate: '', refused: [] }, verdicts, problems, outcome, changeToLive: null });
      return [...lines];
    },
  };
};

const byName = (a: Verdict, b: Verdict): number => (a.resource.metadata.name < b.resource.metadata.name ? -1 : 1);
/** Refused: its path does not begin with a slash. */
const refused = (name: string): Verdict => verdictOn(route({ name, path: 'x' }));
const fine = verdictOn(route({ name: 'fine' }));
const warned = verdictOn(route({ name: 'warned' }), {}, [service('shop', 'web')]);
const problem = (code: SourceProblem['code']): SourceProblem => ({ code, file: 'a.yaml', line: 1, message: 'Problem.', hint: '', severity: 'error' });

test('what is wrong with objects is told when it comes, and not again while it stays', () => {
  const { told } = world();
  const [a, b] = [refused('a'), refused('b')];
  const first = patchSorted<Verdict>([], [], [a, fine, warned], byName);
  expect(told(first)).toEqual(['Refused Route shop/a', 'Not quite as written Route shop/warned']);
  expect(told(first)).toEqual([]);
  // One patch further, and two: lists whose descent is known, and one that must be compared.
  const second = patchSorted(first, [], [b], byName);
  expect(told(second)).toEqual(['Refused Route shop/b']);
  const fourth = patchSorted(patchSorted(second, [a], [], byName), [], [refused('c')], byName);
  expect(told(fourth)).toEqual(['Refused Route shop/c']);
  // It went, and comes again.
  expect(told(patchSorted(fourth, [], [a], byName))).toEqual(['Refused Route shop/a']);
});

test('problems of files as well', () => {
  const { told } = world();
  const [one, other] = [problem('source-broken-document'), problem('source-nameless')];
  expect(told([], [one])).toEqual(['Problem. source-broken-document']);
  expect(told([], [one, other])).toEqual(['Problem. source-nameless']);
  expect(told([], [other])).toEqual([]);
  expect(told([], [one, other])).toEqual(['Problem. source-broken-document']);
});
