import type { Config } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Invocation } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { RouterObserver } from './running-router.ts';
import { safe } from './terminal.ts';
import { wireRouter } from './wire-router.ts';

const nobody: RouterObserver = { converged: () => undefined, verified: () => undefined, adopted: () => undefined, restarted: () => undefined, failed: () => undefined };

/** `run --dry-run`: prints the plan. HAProxy, if one runs, is only read. */
export async function printPlan(invocation: Invocation, config: Config, logger: Logger): Promise<ExitCode> {
  const router = await wireRouter(config, logger, systemClock, nobody);
  const steps = await router.plan();
  if (invocation.json) invocation.terminal.out(`${JSON.stringify({ steps }, null, 2)}\n`);
  else invocation.terminal.out(steps.length === 0 ? 'nothing to do\n' : steps.map((step) => `${safe(step)}\n`).join(''));
  return exitCodes.fine;
}
