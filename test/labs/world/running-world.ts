import type { World } from '../lab.ts';
import type { FixEntry } from '../../../src/doctor/findings/entry.ts';
import type { Finding } from '../../../src/doctor/findings/finding.ts';

/** What the runner needs of a world beyond what a lab may use. */
export interface RunningWorld extends World {
  /** How many commands of fixes were applied. */
  readonly fixesApplied: number;
  /** Runs the collecting script on every host (not on switches), all at once; `FOLDER/HOST.tar.gz` each. `args` without `-o`. */
  collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void>;
  /** Ends every process of the lab and puts back what `atEnd` was told of. */
  stop(): Promise<void>;
}

/** Throws when no fix of the finding says these words: the command would then be ours, not the doctor's. */
export function mustSay(finding: Finding, command: string, words: RegExp): void {
  if (finding.fixes.some((fix) => words.test(wordsOf(fix)))) return;
  throw new Error(`the fixes of ${finding.code} do not say ${String(words)}, so "${command}" is no fix of the finding:\n${finding.fixes.map((fix) => `  ${wordsOf(fix)}`).join('\n')}`);
}

function wordsOf(fix: FixEntry): string {
  return fix.command === undefined ? fix.text : `${fix.text} ${fix.command}`;
}
