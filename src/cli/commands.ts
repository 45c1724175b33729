import { check } from './check.ts';
import { collect } from './collect.ts';
import type { Command } from './command.ts';
import { doctor } from './doctor.ts';
import { explain } from './explain.ts';
import { run } from './run.ts';
import { status } from './status.ts';
import { trace } from './trace.ts';

/** Every command, in the order of `--help`: first what serves, then what looks at it. */
export const commands: readonly Command[] = [run, check, explain, status, trace, doctor, collect];
