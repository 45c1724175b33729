import { address } from '../doctor/address.ts';
import type { Address } from '../doctor/address.ts';
import type { Capture, Unread } from '../doctor/evidence.ts';
import { judge } from '../doctor/doctor.ts';
import type { Report } from '../doctor/doctor.ts';
import { facetsOf } from '../doctor/model/facets.ts';
import { indexRecords } from '../doctor/model/record-index.ts';
import { readCaptures } from '../doctor/reading.ts';
import { traceHtml } from '../doctor/report/html/trace-page.ts';
import { traceJson } from '../doctor/report/trace-json.ts';
import { traceText } from '../doctor/report/trace-text.ts';
import { parseTarget } from '../doctor/trace/target.ts';
import type { ParsedTarget } from '../doctor/trace/target.ts';
import type { Trace } from '../doctor/trace/trace.ts';
import { traceEvidence } from '../doctor/trace/trace-evidence.ts';
import { askRouter, stateSocketPath } from '../status/state-socket.ts';
import type { StatusView } from '../status/status-view.ts';
import type { Command, Invocation } from './command.ts';
import { textOption } from './command.ts';
import { evidence, live, writePage } from './doctor.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import type { ExplainReport } from './explain-report.ts';
import { safe, toned } from './terminal.ts';
import { traceRouter } from './trace-router.ts';

type Asked = Extract<ParsedTarget, { ok: true }>;

interface Answer {
  readonly trace: Trace;
  /** What the same evidence says beside; null for a live trace. */
  readonly report: Report | null;
}

export const trace: Command = {
  name: 'trace',
  argument: '<target>',
  argumentHelp: 'https://shop.example.com/cart, http://..., or tcp://10.0.0.1:443 for a connection alone',
  summary: 'follow one request hop by hop and back: through captured evidence, or live through the running router',
  examples: [
    { line: 'fairway trace https://shop.example.com/cart --state-dir /tmp/fairway', does: 'every step of the running router, each asked for real' },
    { line: 'fairway trace tcp://10.1.26.252:10051 --from 10.0.19.92 --evidence incident/', does: 'through captured evidence; ends with the rule that drops it' },
    { line: 'fairway trace https://shop.example.com/ --evidence incident/ --html trace.html', does: 'the same as a page to attach to a ticket' },
  ],
  settings: ['stateDir'],
  options: [
    { flags: '--from <address>', help: 'the client: rules and ways back depend on it' },
    { flags: '--to <address>', help: 'go to this address instead of asking name servers' },
    { flags: '--evidence <path...>', help: 'folders, archives or pasted sessions, as for fairway doctor; - for standard input' },
    { flags: '--html <file>', help: 'also write the answer as one page for a browser; it asks no network for anything' },
    { flags: '-v, --verbose', help: 'everything that is known of every hop' },
  ],
  async run(invocation) {
    const parsed = parseTarget(invocation.args[0] ?? '');
    if (!parsed.ok) throw new CommandFailure(exitCodes.usage, `${safe(parsed.message)}.`);
    const from = addressOption(invocation, 'from');
    const to = addressOption(invocation, 'to');
    const paths = invocation.options['evidence'];
    const given = Array.isArray(paths) ? (paths as readonly string[]) : [];
    if (given.length > 0) {
      return answered(invocation, await throughEvidence(parsed, from, to, await evidence(given)));
    }
    const running = parsed.target.scheme === 'tcp' ? null : await throughRouter(invocation, parsed, from, to);
    if (running !== null) return answered(invocation, { trace: running, report: null });
    invocation.terminal.err(parsed.target.scheme === 'tcp' ? 'Captures of this host are taken; name others with --evidence.\n' : `No Fairway answers at ${stateSocketPath(invocation.config().config.stateDir)}: captures of this host are taken instead; name others with --evidence.\n`);
    return answered(invocation, await throughEvidence(parsed, from, to, await live()));
  },
};

function addressOption(invocation: Invocation, name: 'from' | 'to'): Address | null {
  const text = textOption(invocation, name);
  if (text === undefined) return null;
  const read = address(text);
  if (read === null) throw new CommandFailure(exitCodes.usage, `--${name}: "${safe(text)}" is no address.`);
  return read;
}

async function throughEvidence({ target }: Asked, from: Address | null, to: Address | null, { captures, unread }: { readonly captures: readonly Capture[]; readonly unread: readonly Unread[] }): Promise<Answer> {
  const index = indexRecords(await readCaptures(captures));
  if (captures.length > 0 && index.hosts.length === 0) throw new CommandFailure(exitCodes.unreadable, 'Nothing in the evidence could be read.', 'fairway doctor PATH tells each line with the reason.');
  const report = judge(index, unread);
  return { trace: traceEvidence(facetsOf(index), report, { target, from, to }), report };
}

/** Null when no router runs with this state directory. */
async function throughRouter(invocation: Invocation, { target, portGiven }: Asked, from: Address | null, to: Address | null): Promise<Trace | null> {
  const { stateDir } = invocation.config().config;
  const url = `${target.scheme}://${target.host.includes(':') ? `[${target.host}]` : target.host}${target.path}`;
  const explained = await askRouter(stateDir, `/v1/explain?${new URLSearchParams({ url, http_version: '1.1' }).toString()}`);
  if (explained.kind === 'nobody') return null;
  if (explained.kind === 'refused') throw new CommandFailure(exitCodes.usage, safe(explained.message));
  const status = await askRouter(stateDir, '/v1/status');
  if (status.kind !== 'answer') throw new CommandFailure(exitCodes.missing, `The router does not tell its status: ${safe(status.message)}.`);
  // The router of this state directory is the same program: its answers have the documented shapes.
  return traceRouter({ target, portGiven, from, to, explained: explained.value as ExplainReport, status: status.value as StatusView, now: Date.now() });
}

function answered(invocation: Invocation, { trace: result, report }: Answer): ExitCode {
  const { terminal } = invocation;
  writePage(invocation, (about) => traceHtml(result, report, about));
  terminal.out(invocation.json
    ? `${JSON.stringify(traceJson(result, invocation.version), null, 2)}\n`
    : traceText(result, { width: terminal.width, paint: (tone, text) => toned(terminal, tone, text), clean: safe, verbose: invocation.options['verbose'] === true }));
  switch (result.ends) {
    case 'delivered': return result.branches.some((branch) => branch.ends === 'dropped' || branch.ends === 'refused') ? exitCodes.findings : exitCodes.fine;
    case 'dropped':
    case 'refused': return exitCodes.findings;
    case 'could-not-tell': return exitCodes.missing;
  }
}
