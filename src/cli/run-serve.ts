import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { makeDirectory } from '../haproxy/process/state-directory.ts';
import { reloadReasons } from '../haproxy/reload-reasons.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { tidyMemory } from '../lib/tidy-memory.ts';
import { lateMetrics } from '../metrics/late-metrics.ts';
import type { RunningRouter, RouterObserver } from './running-router.ts';
import { DirectoryMissing } from '../sources/require-directory.ts';
import { startAdminServer } from '../status/admin-server.ts';
import { createHistory } from '../status/history.ts';
import { startStateSocket, stateSocketPath } from '../status/state-socket.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { metricsPage } from './metrics-page.ts';
import { portFailure } from './port-failure.ts';
import { observerOf } from './run-observer.ts';
import { explainRunning, statusOf } from './run-views.ts';
import type { ShutdownSignals } from './shutdown-signals.ts';

/** What `serve` is made of. */
export interface ServeParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly version: string;
  readonly pid: number;
  readonly signals: ShutdownSignals;
  /** Makes the router; nothing runs and nothing is bound before its `start`. */
  readonly wire: (config: Config, logger: Logger, clock: Clock, observer: RouterObserver) => Promise<RunningRouter>;
}

/**
 * Runs a router until it is asked to end.
 *
 * Order at start: admin port and state socket first (so that probes are answered "not yet"), then the router. Order at the end: readiness fails, then the
 * time that balancers need to notice, then HAProxy drains, then the ports close. A second signal gives up waiting.
 */
export async function serve({ config, logger, clock, version, pid, signals, wire }: ServeParts): Promise<ExitCode> {
  const history = createHistory(Object.keys(reloadReasons));
  const metrics = lateMetrics(async () => (await import('../metrics/fairway-metrics.ts')).createFairwayMetrics(Object.keys(reloadReasons), version));
  const router = await wire(config, logger, clock, observerOf(logger, history, metrics)).catch((error: unknown) => { throw startFailure(error); });
  const facts = { version, pid, startedAt: clock.now(), directory: config.directory };
  let [serving, stopping] = [false, false];
  const notReady = (): string | null => (stopping ? 'Fairway is stopping' : serving ? router.problem() : 'the first complete table is not served yet');
  const failed = (message: string): void => { logger.error(message); };

  const admin = await startAdminServer({
    address: config.listen.adminAddress, port: config.listen.admin, login: config.metrics.login, failed,
    live: [{ name: 'loop', problem: () => null }],
    ready: [{ name: 'serving', problem: notReady }],
    metrics: metricsPage({ router, metrics, config, clock, ready: () => notReady() === null }),
  }).catch((error: unknown) => { throw portFailure(error, 'admin', config.listen.adminAddress, config.listen.admin, '--admin-port'); });

  const closers: (() => Promise<void>)[] = [() => admin.close()];
  try {
    // The driver locks and fills the directory later; what goes wrong here it tells then, in better words.
    await makeDirectory(config.stateDir).catch(() => undefined);
    const socket = await startStateSocket({
      path: stateSocketPath(config.stateDir), failed,
      status: () => statusOf(router, history, facts, notReady() === null, clock),
      explain: (query) => explainRunning(router, config, query),
    }).catch((error: unknown) => {
      throw new CommandFailure(exitCodes.internal, error instanceof Error ? error.message : String(error), 'Give each router a state directory of its own with --state-dir.');
    });
    closers.push(() => socket.close());
    logger.info('Starting', { version, directory: config.directory, state: config.stateDir, admin: `${config.listen.adminAddress}:${admin.port}` });

    const started = router.start().catch(async (error: unknown) => {
      // An HAProxy that was taken over goes on with what it has; none was started, or start would have succeeded.
      await router.stop('leave').catch(() => undefined);
      throw startFailure(error);
    });
    const asked = await Promise.race([started.then(() => null), signals.first]);
    // Asked to end before it served: a start that is cut off in the middle could leave an HAProxy behind, so it is waited for.
    if (asked !== null) await Promise.race([started.catch(() => undefined), signals.second]);
    if (asked === null) {
      await metrics.load();
      // HAProxy serves already. Tidied before it is said, since changes wait meanwhile (0.4 s at 10,000 routes).
      await tidyMemory();
      serving = true;
      const view = router.view();
      logger.info('Serving', { http: config.listen.http, https: config.listen.https, rules: view?.table.rules.length ?? 0, adopted: view?.adopted ?? false });
    }
    const shutdown = asked ?? await signals.first;
    stopping = true;
    await wind(router, config, logger, signals, shutdown.hurry || asked !== null, shutdown.signal);
    return exitCodes.fine;
  } finally {
    stopping = true;
    await Promise.allSettled(closers.map((close) => close()));
    signals.release();
  }
}

async function wind(router: RunningRouter, config: Config, logger: Logger, signals: ShutdownSignals, hurry: boolean, signal: string): Promise<void> {
  const leave = config.stop.leaveHaproxy;
  const delay = hurry || leave ? 0 : config.stop.readinessDelay;
  logger.info(leave ? 'Stopping; HAProxy goes on serving' : 'Stopping', { signal, delay, drain: leave ? undefined : config.stop.drain });
  if (delay > 0) await Promise.race([sleep(delay), signals.second]);
  const workers = router.view()?.workers ?? [];
  const stopped = router.stop(leave ? 'leave' : 'stop');
  const impatient = await Promise.race([stopped.then(() => false), signals.second.then(() => true)]);
  if (impatient && !leave) {
    logger.warn('Asked again: open connections are given up');
    // SIGTERM ends HAProxy at once (management manual, section 4, "Stopping HAProxy"); the stop that waits sees it.
    for (const { pid } of workers) end(pid);
  }
  await stopped;
  logger.info('Stopped');
}

/** The process may have ended by itself a moment ago. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Errors that a person at the command line can do something about lose their stack; all others keep it. */
function startFailure(error: unknown): unknown {
  if (error instanceof CommandFailure || !(error instanceof Error)) return error;
  if (error instanceof DirectoryMissing) return new CommandFailure(exitCodes.missing, error.message);
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return error;
  return new CommandFailure(exitCodes.internal, error.message);
}
