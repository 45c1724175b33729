import type { FairwayMetrics } from './fairway-metrics.ts';

/** Metrics whose library is loaded later. */
export interface LateMetrics extends FairwayMetrics {
  /** Loads it and counts what was told so far. At the first scrape it happens by itself. */
  load(): Promise<void>;
}

/** The library takes 40 ms to load: at a start others come first. What is told before that is counted then. */
export const lateMetrics = (load: () => Promise<FairwayMetrics>): LateMetrics => {
  let early: ((metrics: FairwayMetrics) => void)[] = [];
  let loaded: FairwayMetrics | null = null;
  let loading: Promise<FairwayMetrics> | null = null;
  const tell = (call: (metrics: FairwayMetrics) => void): void => {
    if (loaded === null) early.push(call);
    else call(loaded);
  };
  const ready = (): Promise<FairwayMetrics> => {
    loading ??= load().then((metrics) => {
      for (const call of early) call(metrics);
      early = [];
      loaded = metrics;
      return metrics;
    });
    return loading;
  };
  return {
    converged: (facts) => { tell((metrics) => { metrics.converged(facts); }); },
    verified: (facts) => { tell((metrics) => { metrics.verified(facts); }); },
    adopted: () => { tell((metrics) => { metrics.adopted(); }); },
    failed: () => { tell((metrics) => { metrics.failed(); }); },
    restarted: () => { tell((metrics) => { metrics.restarted(); }); },
    text: async (readings) => (await ready()).text(readings),
    load: async () => { await ready(); },
  };
};
