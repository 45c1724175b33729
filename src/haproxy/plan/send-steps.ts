import type { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { stepCommands, type Names } from './step-commands.ts';
import type { Step } from './steps.ts';

export interface Refused {
  readonly step: Step;
  readonly command: string;
  readonly reply: string;
}

export interface Sent {
  readonly confirmed: number;
  readonly refused: readonly Refused[];
  /** Only time is missing: open connections. */
  readonly later: readonly Step[];
}

/** Sends steps in order and reads every reply. Rejects with RuntimeSocketError when the transport fails. */
export const sendSteps = async (socket: RuntimeSocket, steps: readonly Step[], names: Names): Promise<Sent> => {
  const commands = stepCommands(steps, names);
  const replies = await socket.send(commands.map(({ command }) => command));
  const refused = new Map<Step, Refused>();
  const later = new Set<Step>();
  commands.forEach(({ command, steps: carried, judge }, index) => {
    const reply = replies[index] ?? '';
    const judgement = judge(reply);
    if (judgement === 'later') for (const step of carried) later.add(step);
    // Only the first refusal of a step tells why; what follows it fails for lack of the first.
    if (judgement === 'refused') for (const step of carried) if (!refused.has(step)) refused.set(step, { step, command: command.text, reply });
  });
  return { confirmed: steps.length - refused.size - later.size, refused: [...refused.values()], later: [...later] };
};
