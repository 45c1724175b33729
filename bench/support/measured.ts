import { setTimeout as sleep } from 'node:timers/promises';
import { accepts, pin, startHaproxy } from './haproxy.ts';
import type { BenchRouter } from './router.ts';

/** A HAProxy that is measured, held to the first core. */
export interface Measured {
  readonly port: number;
  /** Of the process that serves now. */
  readonly pid: () => number;
  /** Puts another process in its place. */
  readonly renew: () => Promise<void>;
}

export const measuredHaproxy = async (configuration: string, port: number): Promise<Measured> => {
  const start = async (): ReturnType<typeof startHaproxy> => {
    const child = await startHaproxy(configuration, port);
    pin(child.pid, 0);
    return child;
  };
  let child = await start();
  return {
    port,
    pid: () => child.pid,
    async renew() {
      await child.end('SIGKILL');
      child = await start();
    },
  };
};

/** Fairway's HAProxy: killed, it is started again by Fairway with everything it had. */
export const measuredRouter = (router: BenchRouter): Measured => {
  let [pid = 0] = router.haproxyPids();
  pin(pid, 0);
  return {
    port: router.http,
    pid: () => pid,
    async renew() {
      const before = pid;
      process.kill(before, 'SIGKILL');
      for (const until = performance.now() + 30_000; pid === before || !(await accepts(router.http));) {
        if (performance.now() > until) throw new Error('HAProxy was not started again within 30 s');
        await sleep(20);
        [pid = before] = router.haproxyPids().filter((one) => one !== before);
      }
      pin(pid, 0);
    },
  };
};
