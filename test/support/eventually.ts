import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `attempt` until it neither throws nor rejects, and gives its value; after `within` milliseconds the last failure
 * is thrown. For states that come by themselves (a health check that turns, a file that is noticed), never to hide a race.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, within = 5_000, every = 20): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    try {
      return await attempt();
    } catch (failure) {
      if (Date.now() >= end) throw failure;
      await sleep(every);
    }
  }
}
