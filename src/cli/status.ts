import { askRouter, stateSocketPath } from '../status/state-socket.ts';
import type { StatusView } from '../status/status-view.ts';
import type { Command, Invocation } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import { statusText } from './status-text.ts';

/** Asks the router of the state directory in force. Fails with "missing" when none runs there. */
export async function askRunning(invocation: Invocation, target: string): Promise<unknown> {
  const { stateDir } = invocation.config().config;
  const answer = await askRouter(stateDir, target);
  switch (answer.kind) {
    case 'answer': return answer.value;
    case 'refused': throw new CommandFailure(exitCodes.usage, answer.message);
    case 'nobody': throw new CommandFailure(exitCodes.missing, `No Fairway can be asked at ${stateSocketPath(stateDir)}: ${answer.message}.`, 'Name the state directory of the router with --state-dir, or start one with fairway run.');
  }
}

export const status: Command = {
  name: 'status',
  argument: '',
  argumentHelp: '',
  summary: 'show what a running router serves now',
  examples: [
    { line: 'fairway status --state-dir /tmp/fairway', does: 'rules, members and their health, certificates, reloads with reasons, drift, refusals' },
    { line: "fairway status --json | jq '.rules[].members[] | select(.health == \"down\")'", does: 'members that are down, as data' },
  ],
  settings: ['stateDir'],
  options: [{ flags: '--all', help: 'every rule and certificate, however many there are' }],
  async run(invocation) {
    // The router of this state directory is the same program: its answer has the documented shape.
    const view = await askRunning(invocation, '/v1/status') as StatusView;
    invocation.terminal.out(invocation.json ? `${JSON.stringify(view, null, 2)}\n` : statusText(invocation.terminal, view, { all: invocation.options['all'] === true, now: Date.now() }));
    return view.counts.refused > 0 || view.problems.some(({ severity }) => severity === 'error') || view.refusedByHaproxy.length > 0 || view.failure !== null || !view.haproxy.answers
      ? exitCodes.findings
      : exitCodes.fine;
  },
};
