import { settingKeys, settingOf } from '../config/settings.ts';
import { checkReport } from './check-report.ts';
import { checkText } from './check-text.ts';
import type { Command } from './command.ts';
import { exitCodes } from './exit-codes.ts';
import { judgeDirectory } from './judge-directory.ts';

/** Settings that change a verdict. */
export const judgingSettings = settingKeys.filter((key) => settingOf(key).judges === true);

export const check: Command = {
  name: 'check',
  argument: '<dir>',
  argumentHelp: 'directory of manifests',
  summary: 'judge every object of a directory, without serving anything',
  examples: [
    { line: 'fairway check manifests/', does: 'every object with its verdict, reason and file:line; exit code 1 if any is refused' },
    { line: "fairway check manifests/ --json | jq '.objects[] | select(.verdict == \"refused\")'", does: 'the refused ones as data' },
  ],
  settings: judgingSettings,
  options: [],
  async run(invocation) {
    const [directory = ''] = invocation.args;
    const { config } = invocation.config();
    const judged = judgeDirectory(directory, config, Date.now());
    const report = checkReport(directory, judged.verdicts, judged.problems);
    invocation.terminal.out(invocation.json ? `${JSON.stringify(report, null, 2)}\n` : checkText(invocation.terminal, report));
    return report.summary.refused > 0 || report.summary.errors > 0 ? exitCodes.findings : exitCodes.fine;
  },
};
