import type { Verdict } from '../admission/verdict.ts';
import type { Logger } from '../lib/logger.ts';
import { none } from '../lib/none.ts';
import { differenceBetween } from '../lib/patch-sorted.ts';
import type { FairwayMetrics } from '../metrics/fairway-metrics.ts';
import type { RouterObserver } from './running-router.ts';
import type { SourceProblem } from '../sources/source.ts';
import type { History } from '../status/history.ts';

/** Told of what the loop does: remembers it, counts it, and logs what became different about objects and files; the loop and the driver log their own doing. */
export function observerOf(logger: Logger, history: History, metrics: FairwayMetrics): RouterObserver {
  // By identity: admission and sources give unchanged answers as the same values, so what was in the last lists was told.
  let told = { verdicts: none as readonly Verdict[], problems: none as readonly SourceProblem[] };
  // The loop tries again every second: the same failure is told once.
  let failure: string | null = null;
  return {
    converged(facts) {
      failure = null;
      history.converged(facts);
      metrics.converged(facts);
      for (const problem of differenceBetween(told.problems, facts.problems).come) {
        logger[problem.severity === 'error' ? 'error' : 'warn'](problem.message, { code: problem.code, at: `${problem.file}:${problem.line}`, hint: problem.hint });
      }
      // Looking at each of 30,000 verdicts after every change would leave a megabyte of garbage behind.
      for (const verdict of differenceBetween(told.verdicts, facts.verdicts).come) {
        if (verdict.refusals.length + verdict.warnings.length > 0) tellVerdict(logger, verdict);
      }
      told = { verdicts: facts.verdicts, problems: facts.problems };
    },
    verified(facts) {
      history.verified(facts);
      metrics.verified(facts);
      if (facts.outcome.drift.length > 0) logger.warn('Drift repaired: HAProxy had been changed by somebody else', { differences: facts.outcome.drift.length });
    },
    adopted() {
      metrics.adopted();
      logger.info('Took over the HAProxy that was running');
    },
    restarted(facts) {
      history.restarted(facts);
      metrics.restarted();
      logger.warn('HAProxy serves again', { message: facts.message });
    },
    failed(facts) {
      history.failed(facts);
      metrics.failed();
      if (facts.message !== failure) logger.error('The objects could not be brought into HAProxy; what it had before is served on, and it is tried again', { because: facts.message });
      failure = facts.message;
    },
  };
}

function tellVerdict(logger: Logger, { resource, refusals, warnings }: Verdict): void {
  const { namespace, name, origin } = resource.metadata;
  const object = `${resource.kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;
  for (const { reason, code, message, hint, line, winner } of refusals) {
    const won = winner === undefined ? undefined : `${winner.metadata.namespace}/${winner.metadata.name}`;
    logger.warn('Refused', { object, reason, code, message, hint, at: `${origin.file}:${line}`, winner: won });
  }
  for (const { code, path, message, hint, line } of warnings) logger.warn('Not quite as written', { object, code, path, message, hint, at: `${origin.file}:${line}` });
}
