import { createLogger } from '../lib/logger.ts';
import { systemClock } from '../lib/clock.ts';
import { settingKeys } from '../config/settings.ts';
import type { Command } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import { printPlan } from './run-dry.ts';
import { serve } from './run-serve.ts';
import { shutdownSignals } from './shutdown-signals.ts';
import { wireRouter } from './wire-router.ts';

export const run: Command = {
  name: 'run',
  argument: '[dir]',
  argumentHelp: 'directory of manifests (YAML or JSON, sub-directories too)',
  summary: 'serve the routes of a directory, and follow its changes',
  examples: [
    { line: 'fairway run manifests/ --http-port 8080 --https-port 8443', does: 'serve them on ports that need no root' },
    { line: 'fairway run manifests/ --dry-run', does: 'print what would be sent to HAProxy, and send nothing' },
  ],
  settings: settingKeys,
  options: [{ flags: '--dry-run', help: 'print the steps that would make HAProxy serve the directory, and end' }],
  async run(invocation) {
    const { config, notices } = invocation.config({ directory: invocation.args[0] });
    if (config.directory === '') throw new CommandFailure(exitCodes.usage, 'No directory of manifests is named.', 'fairway run manifests/   (or the variable FAIRWAY_DIRECTORY)');
    const { terminal } = invocation;
    const logger = createLogger({
      ...config.log, clock: systemClock, write: (line) => { terminal.err(line); },
      colour: !invocation.plain && process.stderr.isTTY && process.stderr.hasColors(),
    });
    for (const notice of notices) logger.warn(notice);
    if (invocation.options['dryRun'] === true) return printPlan(invocation, config, logger);
    return serve({ config, logger, clock: systemClock, version: invocation.version, pid: process.pid, signals: shutdownSignals(), wire: wireRouter });
  },
};
