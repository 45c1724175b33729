import { readFileSync } from 'node:fs';
import { withoutKeys } from '../lib/logger.ts';
import { runCommandLine } from './commander-program.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { processTerminal } from './terminal.ts';

// `fairway check | head`: the reader leaving early is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.fine);
  throw error;
});

// A router outlives whoever reads its log: a pipe that broke loses lines, never the router (and with it an orderly stop).
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

/**
 * The router runs for months: it loads its own parts, not the doctor's as well. The doctor is in a hurry: a third of its time would go
 * into loading the router. Everybody else gets the whole list.
 */
const commandsFor = async (name: string | undefined): Promise<readonly Command[]> => {
  switch (name) {
    case 'run': return [(await import('./run.ts')).run];
    case 'doctor': return [(await import('./doctor.ts')).doctor];
    default: return (await import('./commands.ts')).commands;
  }
};

try {
  const words = process.argv.slice(2);
  process.exitCode = await runCommandLine(words, { commands: await commandsFor(words[0]), version, terminal: processTerminal });
} catch (error) {
  process.stderr.write(`fairway: internal error: ${withoutKeys(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`);
  process.exitCode = exitCodes.internal;
}

// The code waits for what is written to reach its reader. Something that holds the process open for longer is a fault of ours.
setTimeout(() => { process.exit(); }, 3_000).unref();
