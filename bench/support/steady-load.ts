import { Worker } from 'node:worker_threads';
import { atEnd } from './endings.ts';

export interface SteadyWish {
  readonly http: number;
  readonly https: number;
  /** Asked in turn, in clear text on kept connections. */
  readonly hosts: readonly string[];
  readonly perSecond: number;
  /** Asked in turn, each on a TLS connection of its own. */
  readonly tlsHosts: readonly string[];
  readonly tlsPerSecond: number;
}

export interface SteadyReport {
  readonly sent: number;
  readonly succeeded: number;
  /** Number of failures, and what the first of them were. */
  readonly failed: number;
  readonly failures: readonly string[];
  /** Requests a second that were really sent. */
  readonly perSecond: number;
}

/** Steady load from a thread of its own: what the benchmark does must not slow it. Runs until `stop`. */
export const startSteadyLoad = (wish: SteadyWish): { stop(): Promise<SteadyReport> } => {
  const worker = new Worker(new URL('./steady-load-worker.ts', import.meta.url), { workerData: wish });
  const report = new Promise<SteadyReport>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  report.catch(() => undefined);
  const now = (): void => { worker.unref(); };
  atEnd({ end: async () => { await worker.terminate(); }, now });
  return {
    async stop() {
      worker.postMessage('stop');
      const final = await report;
      await worker.terminate();
      return final;
    },
  };
};
