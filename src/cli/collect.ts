import { spawn } from 'node:child_process';
import { collectScript } from '../doctor/capture/collect-script.ts';
import type { Command } from './command.ts';
import { textOption } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import { safe } from './terminal.ts';

export const collect: Command = {
  name: 'collect',
  argument: '',
  argumentHelp: '',
  summary: 'put the evidence of this host into one archive, changing nothing on it',
  examples: [
    { line: 'fairway collect -o node1.tar.gz', does: 'evidence of this host' },
    { line: 'fairway collect --print > collect.sh', does: 'the same as one POSIX script for hosts without Fairway' },
    { line: 'fairway collect --print | ssh node1 sh -s - -o - > node1.tar.gz', does: 'evidence of another host, nothing left behind there' },
  ],
  settings: [],
  options: [
    { flags: '-o, --output <file>', help: 'archive to write; - for standard output (default: fairway-HOST-TIME.tar.gz)' },
    { flags: '--print', help: 'print the script instead of running it' },
    { flags: '--pause <seconds>', help: 'between the two samples of counters (default: 10)' },
    { flags: '--ask <address>', help: 'also ask the network who answers for this address' },
    { flags: '--redact', help: 'replace addresses and names by others, the same for the same' },
    { flags: '--redact-key <key>', help: 'the same key on every host makes the replacements agree' },
  ],
  async run(invocation) {
    if (invocation.options['print'] === true) {
      invocation.terminal.out(collectScript(invocation.version));
      return exitCodes.fine;
    }
    const pause = textOption(invocation, 'pause') ?? '10';
    if (!/^\d{1,4}$/.test(pause)) throw new CommandFailure(exitCodes.usage, `--pause: "${safe(pause)}" is no number of seconds.`);
    const ask = textOption(invocation, 'ask');
    if (ask !== undefined && !/^[0-9A-Fa-f.:]{2,45}$/.test(ask)) throw new CommandFailure(exitCodes.usage, `--ask: "${safe(ask)}" is no address.`);
    const output = textOption(invocation, 'output');
    const key = textOption(invocation, 'redactKey');
    await collectHere([
      ...(output === undefined ? [] : ['-o', output]), '-i', pause, ...(ask === undefined ? [] : ['-a', ask]),
      ...(invocation.options['redact'] === true ? ['-r'] : []), ...(key === undefined ? [] : ['-k', key]),
    ], 'inherit', invocation.version);
    return exitCodes.fine;
  },
};

/** Runs the collecting script with this host's sh. It comes by standard input: nothing is left on the disk. */
export async function collectHere(args: readonly string[], output: 'inherit' | 'ignore', version = ''): Promise<void> {
  const child = spawn('sh', ['-s', '-', ...args], { stdio: ['pipe', output, 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.on('error', () => { /* the script ended early; its exit code tells */ });
  child.stdin.end(collectScript(version));
  const code = await ended;
  if (code === 2) throw new CommandFailure(exitCodes.usage, 'the collecting script refused its arguments.');
  if (code !== 0) throw new CommandFailure(exitCodes.unreadable, `the collecting script ended with ${String(code)}.`);
}
