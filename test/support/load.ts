import { Worker } from 'node:worker_threads';

/** What one stream of requests asks for, in turn. */
export interface LoadTarget {
  readonly port: number;
  readonly host: string;
  readonly path?: string;
  readonly tls?: boolean;
  readonly cookie?: string;
  /** Statuses that count as fine; default: 200 only. */
  readonly accept?: readonly number[];
}

export interface LoadWish {
  readonly targets: readonly LoadTarget[];
  /** Requests a second over all targets. */
  readonly rps?: number;
  /**
   * `keep`: connections are kept and used again. `fresh`: a connection for each request. `both` (default): in turn.
   * Over a reload use `fresh`: an idle kept connection may be closed by the old worker in the moment it is used, which every
   * HTTP/1.1 client meets with a retry (RFC 9112, 9.3.1) and this one counts.
   */
  readonly connections?: 'keep' | 'fresh' | 'both';
}

export interface LoadFailure {
  /** Milliseconds since the load began. */
  readonly at: number;
  readonly host: string;
  readonly what: string;
}

export interface LoadReport {
  readonly sent: number;
  readonly succeeded: number;
  readonly failures: readonly LoadFailure[];
  readonly byMember: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly slowest: number;
}

export interface Load {
  /** So far. */
  report(): Promise<LoadReport>;
  /** Ends, waits for the requests still under way, and reports. */
  stop(): Promise<LoadReport>;
}

/** Messages between `startLoad` and its worker thread. */
export type LoadCommand = 'report' | 'stop';

/**
 * Requests at a steady pace from a thread of its own, so that a busy test neither slows it nor is slowed. It is open loop:
 * the next request does not wait for the last answer, as real clients do not. Resolves after the first 20 answers.
 */
export async function startLoad(wish: LoadWish): Promise<Load> {
  const worker = new Worker(new URL('./load-worker.ts', import.meta.url), { workerData: wish, execArgv: [] });
  const failed = new Promise<never>((_, reject) => worker.once('error', reject));
  // Whoever waits for a report hears of it; with nobody waiting it must not end the test run by itself.
  failed.catch(() => undefined);
  const next = (): Promise<LoadReport> => Promise.race([failed, new Promise<LoadReport>((resolve) => worker.once('message', resolve))]);
  const ask = (command: LoadCommand): Promise<LoadReport> => {
    const answer = next();
    worker.postMessage(command);
    return answer;
  };
  await next();
  return {
    report: () => ask('report'),
    stop: async () => {
      const report = await ask('stop');
      await worker.terminate();
      return report;
    },
  };
}

/** Runs `change` under load, with a moment of traffic before and after, and gives the load's report. */
export async function underLoad(wish: LoadWish, change: () => Promise<unknown>, after = 400): Promise<LoadReport> {
  const load = await startLoad(wish);
  try {
    await change();
  } catch (failure) {
    await load.stop();
    throw failure;
  }
  await new Promise((resolve) => setTimeout(resolve, after));
  return load.stop();
}
