import { encodeCommand } from '../runtime/command.ts';
import { RuntimeSocketError, type Command, type RuntimeSocket } from '../runtime/runtime-socket.ts';
import { stepCommands, type Names } from './step-commands.ts';
import type { Step } from './steps.ts';

export interface Refused {
  readonly step: Step;
  readonly command: string;
  readonly reply: string;
  /** It does not fit HAProxy's buffer: its file could still be read at a start. */
  readonly tooLong: boolean;
}

export interface Sent {
  readonly confirmed: number;
  readonly refused: readonly Refused[];
  /** Only time is missing: open connections. */
  readonly later: readonly Step[];
}

/** `tune.bufsize` of the configuration. */
const bufferSize = 32_768;

/** Why a command cannot be sent at all: one object's oversized or malformed text must not keep everybody else's changes back. */
const unsendable = (command: Command): RuntimeSocketError | null => {
  try {
    encodeCommand(command, bufferSize);
    return null;
  } catch (error) {
    if (error instanceof RuntimeSocketError) return error;
    throw error;
  }
};

/** Sends steps in order and reads every reply. Rejects with RuntimeSocketError when the transport fails. */
export const sendSteps = async (socket: RuntimeSocket, steps: readonly Step[], names: Names): Promise<Sent> => {
  const commands = stepCommands(steps, names);
  const refused = new Map<Step, Refused>();
  for (const { command, steps: carried } of commands) {
    const problem = unsendable(command);
    if (problem === null) continue;
    for (const step of carried) refused.set(step, { step, command: problem.command, reply: problem.message, tooLong: problem.code === 'too-long' });
  }
  const sent = commands.filter(({ steps: carried }) => !carried.some((step) => refused.has(step)));
  const replies = await socket.send(sent.map(({ command }) => command));
  const later = new Set<Step>();
  sent.forEach(({ command, steps: carried, judge }, index) => {
    const reply = replies[index] ?? '';
    const judgement = judge(reply);
    if (judgement === 'later') for (const step of carried) later.add(step);
    // Only the first refusal of a step tells why; what follows it fails for lack of the first.
    if (judgement === 'refused') for (const step of carried) if (!refused.has(step)) refused.set(step, { step, command: command.text, reply, tooLong: false });
  });
  return { confirmed: steps.length - refused.size - later.size, refused: [...refused.values()], later: [...later] };
};
