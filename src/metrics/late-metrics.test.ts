import { expect, test } from 'vitest';
import { createFairwayMetrics, type FairwayMetrics } from './fairway-metrics.ts';
import { lateMetrics } from './late-metrics.ts';

const readings = { ready: true, oldWorkers: 0 };
const countOf = async (metrics: FairwayMetrics, name: string): Promise<string | undefined> => new RegExp(`^${name} (\\d+)$`, 'm').exec(await metrics.text(readings))?.[1];

test('what was told before the library was there is counted, once, and so is what is told later', async () => {
  let loads = 0;
  const late = lateMetrics(() => {
    loads += 1;
    return Promise.resolve(createFairwayMetrics([], '1'));
  });
  late.adopted();
  late.failed();
  late.failed();
  late.restarted();
  late.verified({ outcome: { steps: 3, reload: null, drift: ['one', 'two'], refused: [], milliseconds: 1 } });
  late.converged({ table: { rules: [], certificates: [], defaultCertificate: '', refused: [] }, verdicts: [], problems: [], outcome: { steps: 4, reload: null, drift: [], refused: [], milliseconds: 1 }, changeToLive: 5 });
  expect(loads).toBe(0);
  await late.load();
  late.failed();
  const expected = { fairway_haproxy_adoptions_total: '1', fairway_failed_rounds_total: '3', fairway_haproxy_restarts_total: '1', fairway_drift_repaired_total: '2', fairway_changes_total: '1', fairway_plan_steps_total: '7' };
  for (const [name, count] of Object.entries(expected)) expect([name, await countOf(late, name)]).toEqual([name, count]);
  await late.load();
  expect(loads).toBe(1);
});

test('a scrape loads it as well', async () => {
  const late = lateMetrics(() => Promise.resolve(createFairwayMetrics([], '1')));
  late.failed();
  expect(await countOf(late, 'fairway_failed_rounds_total')).toBe('1');
});
