import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture, Unread } from '../doctor/evidence.ts';
import { treeOf } from '../doctor/capture/file-tree.ts';
import type { Tree } from '../doctor/capture/file-tree.ts';
import { importTree } from '../doctor/capture/import.ts';
import { examine } from '../doctor/doctor.ts';
import type { Report } from '../doctor/doctor.ts';
import { catalogue, families, isFindingCode } from '../doctor/findings/catalogue.ts';
import { retiredAnswer } from '../doctor/findings/retired.ts';
import { sniff } from '../doctor/reading.ts';
import { fingerprint } from '../doctor/report/fingerprint.ts';
import { doctorHtml } from '../doctor/report/html/page.ts';
import { doctorJson } from '../doctor/report/json.ts';
import { findingPage } from '../doctor/report/page.ts';
import { sarif } from '../doctor/report/sarif.ts';
import { doctorText } from '../doctor/report/text.ts';
import { collectHere } from './collect.ts';
import type { Command, Invocation } from './command.ts';
import { textOption } from './command.ts';
import { CommandFailure, exitCodes } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { safe, toned } from './terminal.ts';

export const doctor: Command = {
  name: 'doctor',
  argument: '[path...]',
  argumentHelp: 'evidence: folders (one for each host, a sosreport, copies of /proc), archives, pasted sessions; - for standard input; none for this host',
  summary: 'tell what is wrong on the way to the router, from captured evidence or live on this host',
  examples: [
    { line: 'fairway doctor incident/', does: 'findings from a folder of captures, each with the line that proves it' },
    { line: 'fairway doctor paste.txt --only L2,CT', does: 'a single pasted session, two layers only' },
    { line: 'fairway doctor', does: 'live on this host; nothing is changed on it' },
    { line: 'fairway doctor incident/ --html report.html', does: 'the same as a page to attach to a ticket' },
    { line: 'fairway doctor --explain L2-01', does: 'the page of one finding' },
  ],
  settings: [],
  options: [
    { flags: '--only <codes>', help: 'only these codes or layers, with commas: L2,CT-01' },
    { flags: '--skip <codes>', help: 'not these codes or layers' },
    { flags: '--explain <code>', help: 'print the page of a finding' },
    { flags: '--sarif', help: 'print the answer as SARIF 2.1.0' },
    { flags: '--html <file>', help: 'also write the answer as one page for a browser; it asks no network for anything' },
    { flags: '--fail-on <severity>', help: 'least severity that makes the exit code 1: error, warning (default) or note' },
    { flags: '--baseline <file>', help: 'an earlier --json answer: what it has does not count again' },
    { flags: '-v, --verbose', help: 'also what passed, every proof, every unread line' },
  ],
  async run(invocation) {
    const page = textOption(invocation, 'explain');
    if (page !== undefined) return explainCode(invocation, page);
    const threshold = thresholdOf(invocation);
    const question = { only: codes(invocation, 'only'), skip: codes(invocation, 'skip') };
    const baseline = baselineOf(invocation);
    const { captures, unread } = invocation.args.length === 0 ? await live() : await evidence(invocation.args);
    const report = await examine(captures, unread, question);
    writePage(invocation, (about) => doctorHtml(report, { ...about, baseline }));
    invocation.terminal.out(rendered(invocation, report, baseline));
    return exitCode(report, threshold, baseline);
  },
};

const severities = ['error', 'warning', 'note'] as const;

function thresholdOf(invocation: Invocation): number {
  const text = textOption(invocation, 'failOn') ?? 'warning';
  const rank = severities.findIndex((severity) => severity === text);
  if (rank < 0) throw new CommandFailure(exitCodes.usage, `--fail-on: "${safe(text)}" is none of ${severities.join(', ')}.`);
  return rank;
}

function codes(invocation: Invocation, name: 'only' | 'skip'): readonly string[] {
  const named = (textOption(invocation, name) ?? '').split(',').map((each) => each.trim()).filter((each) => each !== '');
  return named.map((each) => {
    const upper = each.toUpperCase();
    if (isFindingCode(upper) || families.some(([prefix]) => prefix === upper)) return upper;
    if (Object.values(catalogue).some((entry) => entry.name === each)) return each;
    throw new CommandFailure(exitCodes.usage, `--${name}: "${safe(each)}" is no code and no layer.`, `Layers: ${families.map(([prefix]) => prefix).join(', ')}.`);
  });
}

function explainCode(invocation: Invocation, text: string): ExitCode {
  const code = text.toUpperCase();
  const named = isFindingCode(code) ? code : Object.values(catalogue).find((entry) => entry.name === text)?.code;
  const gone = named === undefined ? retiredAnswer(text) : null;
  if (gone !== null) throw new CommandFailure(exitCodes.usage, safe(gone));
  if (named === undefined || !isFindingCode(named)) throw new CommandFailure(exitCodes.usage, `"${safe(text)}" is no finding's code.`, `There are: ${Object.keys(catalogue).join(', ')}.`);
  invocation.terminal.out(invocation.json ? `${JSON.stringify(catalogue[named], null, 2)}\n` : findingPage(named));
  return exitCodes.fine;
}

function baselineOf(invocation: Invocation): ReadonlySet<string> {
  const file = textOption(invocation, 'baseline');
  if (file === undefined) return new Set();
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as { readonly findings?: readonly { readonly id?: unknown }[] };
    return new Set((value.findings ?? []).flatMap(({ id }) => (typeof id === 'string' ? [id] : [])));
  } catch (error) {
    throw new CommandFailure(exitCodes.unreadable, `${safe(file)} cannot be read as a baseline: ${error instanceof Error ? error.message : 'unreadable'}.`, 'Make one with: fairway doctor PATH --json > baseline.json');
  }
}

/** Captures of everything named on a command line. */
export async function evidence(paths: readonly string[]): Promise<{ readonly captures: readonly Capture[]; readonly unread: readonly Unread[] }> {
  const captures: Capture[] = [];
  const unread: Unread[] = [];
  for (const path of paths) {
    let tree: Tree;
    try {
      tree = path === '-' ? await standardInput() : await treeOf(path);
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      throw new CommandFailure(missing ? exitCodes.missing : exitCodes.unreadable, missing ? `there is no ${safe(path)}.` : `${safe(path)} cannot be read: ${error instanceof Error ? error.message : 'unreadable'}.`);
    }
    const read = importTree(tree, sniff);
    captures.push(...read.captures);
    unread.push(...read.unread);
  }
  return { captures, unread };
}

const mostInput = 256 * 1024 * 1024;

async function standardInput(): Promise<Tree> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = chunk as Buffer;
    parts.push(bytes);
    length += bytes.length;
    if (length > mostInput) throw new CommandFailure(exitCodes.unreadable, 'standard input is longer than 256 MiB; give a file instead.');
  }
  return { name: '', files: [{ path: 'stdin', shown: '-', bytes: length, modified: null, content: Buffer.concat(parts), big: null }], omitted: [] };
}

/** This host, by the same script that `fairway collect` gives out. */
export async function live(): Promise<{ readonly captures: readonly Capture[]; readonly unread: readonly Unread[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'fairway-doctor-'));
  try {
    await collectHere(['-d', folder, '-i', '2'], 'ignore');
    const { captures, unread } = importTree(await treeOf(folder), sniff);
    // The files are gone when somebody reads the report: the command tells where a line comes from.
    return { captures: captures.map((capture) => ({ ...capture, file: capture.command })), unread };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The page beside the answer: it has its own file, so that every output format may go with it. */
export function writePage(invocation: Invocation, page: (about: { readonly version: string; readonly madeAt: string }) => string): void {
  const file = textOption(invocation, 'html');
  if (file === undefined) return;
  const text = page({ version: invocation.version, madeAt: new Date().toISOString().replace(/\.\d+Z$/, 'Z') });
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandFailure(exitCodes.usage, `--html: ${safe(file)} cannot be written: ${error instanceof Error ? error.message : 'unknown reason'}.`);
  }
}

function rendered(invocation: Invocation, report: Report, baseline: ReadonlySet<string>): string {
  if (invocation.options['sarif'] === true) return `${JSON.stringify(sarif(report, invocation.version, baseline), null, 2)}\n`;
  if (invocation.json) return `${JSON.stringify(doctorJson(report, invocation.version, baseline), null, 2)}\n`;
  const { terminal } = invocation;
  return doctorText(report, { width: terminal.width, paint: (tone, text) => toned(terminal, tone, text), clean: safe, verbose: invocation.options['verbose'] === true, baseline });
}

/** The same in every output format. */
function exitCode(report: Report, threshold: number, baseline: ReadonlySet<string>): ExitCode {
  if (report.findings.some((finding) => severities.indexOf(finding.severity) <= threshold && !baseline.has(fingerprint(finding)))) return exitCodes.findings;
  if (report.captures.length > 0 && report.captures.every((each) => each.formats.length === 0)) return exitCodes.unreadable;
  // Nothing was found and nothing could be looked at: no answer, rather than a good one.
  return report.passed.length === 0 && report.findings.length === 0 ? exitCodes.missing : exitCodes.fine;
}
