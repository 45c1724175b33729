import type { Clock } from '../../lib/clock.ts';
import { readWorkers, signalWorker, writeWorkers, type WorkerRecord } from './pid-file.ts';

/**
 * Ends the workers of a state directory: USR1 lets them finish what is open and take nothing new (management manual, section 4),
 * TERM ends those that have not after `milliseconds`, KILL those that do not listen.
 */
export const stopWorkers = async (stateDir: string, milliseconds: number, clock: Clock): Promise<void> => {
  for (const worker of await readWorkers(stateDir)) signalWorker(worker, 'SIGUSR1');
  for (const worker of await leftAt(stateDir, clock.monotonic() + milliseconds, clock)) signalWorker(worker, 'SIGTERM');
  for (const worker of await leftAt(stateDir, clock.monotonic() + 2000, clock)) signalWorker(worker, 'SIGKILL');
  await writeWorkers(stateDir, []);
};

const leftAt = async (stateDir: string, until: number, clock: Clock): Promise<readonly WorkerRecord[]> => {
  for (;;) {
    const left = await readWorkers(stateDir);
    if (left.length === 0 || clock.monotonic() >= until) return left;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
};
