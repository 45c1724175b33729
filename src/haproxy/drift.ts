import type { Logger } from '../lib/logger.ts';
import type { OneAtATime } from '../lib/one-at-a-time.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import type { Paths } from './config/haproxy-settings.ts';
import type { Outcome } from './driver.ts';
import { differences } from './observed/observed.ts';
import { observe } from './observed/observe.ts';
import type { Step } from './plan/steps.ts';
import { touchedBy } from './plan/touched.ts';
import { unchanged, type TableApplier } from './table-applier.ts';

/**
 * Differences between HAProxy and its image, read while changes go on: what they are about is passed over. Reading all that HAProxy has takes
 * half a second at 10,000 rules, for which no change need wait. Begins in a turn of its own, so that it knows of every change that is under way.
 * null: it cannot be told, since the image was in doubt before, or another one took over.
 */
export const glance = async (applier: TableApplier, turns: OneAtATime, paths: Paths): Promise<readonly string[] | null> => {
  const meanwhile: Step[] = [];
  const running = await turns.do(async () => {
    applier.record(meanwhile);
    return applier.isInDoubt ? null : applier.running;
  });
  try {
    if (running === null) return null;
    const found = await observe(running.socket, paths);
    return applier.running?.planner === running.planner ? differences(running.planner.observed, found, touchedBy(meanwhile)) : null;
  } finally {
    applier.record(null);
  }
};

/** Makes HAProxy once more what it was made, where it is not. One of the things that must not overlap. */
export const repair = async (applier: TableApplier, table: RoutingTable, paths: Paths, log: Logger): Promise<Outcome> => {
  const { running } = applier;
  if (running === null) return unchanged;
  const found = await observe(running.socket, paths);
  const drift = differences(running.planner.observed, found);
  if (drift.length === 0) return unchanged;
  for (const line of drift) log.warn('HAProxy differs from what Fairway made it; repairing', { what: line });
  applier.planFrom(found, running);
  return { ...(await applier.apply(table)), drift };
};
