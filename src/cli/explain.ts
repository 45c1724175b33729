import { judgingSettings } from './check.ts';
import type { Command } from './command.ts';
import { textOption } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import { explainReport, parseRequest } from './explain-report.ts';
import type { ExplainOptions, ExplainReport } from './explain-report.ts';
import { explainText } from './explain-text.ts';
import { judgeDirectory } from './judge-directory.ts';
import { originsOf } from './run-views.ts';
import { askRunning } from './status.ts';

export const explain: Command = {
  name: 'explain',
  argument: '<url>',
  argumentHelp: 'the request, such as https://shop.example.com/cart; without a scheme it counts as http',
  summary: 'tell which route takes a request, and why the others do not',
  examples: [
    { line: 'fairway explain https://shop.example.com/cart --from manifests/', does: 'as a directory of manifests would decide it' },
    { line: 'fairway explain http://shop.example.com/ --state-dir /tmp/fairway', does: 'as a running router decides it, and whether its HAProxy agrees' },
  ],
  settings: ['stateDir', 'listen.http', 'listen.https', ...judgingSettings],
  options: [
    { flags: '--from <dir>', help: 'decide by the manifests of this directory instead of asking a running router' },
    { flags: '--method <method>', help: 'method of the request' },
    { flags: '--sni <name>', help: 'server name of the TLS handshake where it is not the host; none for a client that sends none' },
    { flags: '--http-version <version>', help: '1.1 or 2' },
  ],
  async run(invocation) {
    const [url = ''] = invocation.args;
    const options: ExplainOptions = {
      url, method: textOption(invocation, 'method') ?? null, sni: textOption(invocation, 'sni') ?? null, httpVersion: textOption(invocation, 'httpVersion') ?? null,
    };
    const parsed = parseRequest(options);
    if (!parsed.ok) throw new CommandFailure(exitCodes.usage, `${parsed.message}.`);
    const from = textOption(invocation, 'from');
    let report: ExplainReport;
    if (from === undefined) {
      const query = new URLSearchParams({ url, ...(options.method === null ? {} : { method: options.method }), ...(options.sni === null ? {} : { sni: options.sni }), ...(options.httpVersion === null ? {} : { http_version: options.httpVersion }) });
      // The router is the same program: its answer has the documented shape.
      report = await askRunning(invocation, `/v1/explain?${query.toString()}`) as ExplainReport;
    } else {
      const { config } = invocation.config();
      const judged = judgeDirectory(from, config, Date.now());
      report = explainReport({
        table: judged.table(), options, request: parsed.request, method: parsed.method,
        ports: config.listen, originOf: originsOf(judged.verdicts),
      });
    }
    invocation.terminal.out(invocation.json ? `${JSON.stringify(report, null, 2)}\n` : explainText(invocation.terminal, report));
    return report.answer.does === 'answer' || report.haproxy?.agrees === false ? exitCodes.findings : exitCodes.fine;
  },
};
