import type { World } from '../lab.ts';
import type { FixEntry } from '../../../src/doctor/findings/entry.ts';

/** What the runner needs of a world beyond what a lab may use. */
export interface RunningWorld extends World {
  /** How many commands of fixes were applied. */
  readonly fixesApplied: number;
  /** Runs the collecting script on every host (not on switches), all at once; `FOLDER/HOST.tar.gz` each. `args` without `-o`. */
  collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void>;
  /** Ends every process of the lab and puts back what `atEnd` was told of. */
  stop(): Promise<void>;
}

export function wordsOf(fix: FixEntry): string {
  return fix.command === undefined ? fix.text : `${fix.text} ${fix.command}`;
}
