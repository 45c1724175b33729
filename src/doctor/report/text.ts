import { wrap } from '../../lib/text-table.ts';
import type { Report } from '../doctor.ts';
import type { Missing } from '../doctor.ts';
import { families } from '../findings/catalogue.ts';
import type { Finding } from '../findings/finding.ts';
import type { Story } from '../findings/story.ts';
import { fingerprint } from './fingerprint.ts';

export interface TextOptions {
  /** Columns; Infinity for no breaks. */
  readonly width: number;
  /** Paints a word that says the same without colour. */
  readonly paint: (tone: 'good' | 'bad' | 'warn' | 'dim' | 'bold', text: string) => string;
  /** Makes text from evidence safe to print. */
  readonly clean: (text: string) => string;
  /** Also what passed, what was not read line by line, and all proofs. */
  readonly verbose: boolean;
  readonly baseline: ReadonlySet<string>;
}

const words = { error: 'ERROR', warning: 'WARNING', note: 'NOTE' } as const;
const tones = { error: 'bad', warning: 'warn', note: 'dim' } as const;
const indent = 9;

/** The report for a person: layers from the cable up, stories worst first, each root with what it brought about below it. */
export function doctorText(report: Report, options: TextOptions): string {
  const out: string[] = [`${summary(report, options)}\n`];
  for (const [prefix, title] of families) {
    const mine = report.stories.filter((story) => story.root.code.startsWith(`${prefix}-`));
    if (mine.length === 0) continue;
    out.push(`\n${options.paint('bold', title)}\n`);
    for (const story of mine) out.push(storyText(story, options, 0));
  }
  if (report.open.length > 0) out.push(openText(report, options));
  if (report.missing.length > 0) out.push(missingText(report.missing, options));
  if (report.unread.length > 0) out.push(unreadText(report, options));
  if (options.verbose && report.passed.length > 0) out.push(`\n${options.paint('bold', 'Looked at, and found nothing')}\n${report.passed.map(({ code, subject }) => paragraph(options, `${code} ${subject}`, '')).join('')}`);
  return out.join('');
}

function summary(report: Report, { baseline }: TextOptions): string {
  const fresh = report.findings.filter((finding) => !baseline.has(fingerprint(finding)));
  const number = (severity: Finding['severity'], noun: string): string => { const count = fresh.filter((finding) => finding.severity === severity).length; return `${String(count)} ${noun}${count === 1 ? '' : 's'}`; };
  const read = report.captures.filter((each) => each.formats.length > 0).length;
  const old = report.findings.length - fresh.length;
  return `${counted(report.hosts.length, 'host')}, ${counted(read, 'capture')} read: ${number('error', 'error')}, ${number('warning', 'warning')}, ${number('note', 'note')}${old > 0 ? `, ${String(old)} known from the baseline` : ''}, ${counted(report.open.length, 'question')} open`;
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function storyText(story: Story, options: TextOptions, depth: number): string {
  const { root } = story;
  const lead = ' '.repeat(depth * 3);
  const known = options.baseline.has(fingerprint(root)) ? ', known' : '';
  const out = [`${lead}${options.paint(tones[root.severity], words[root.severity].padEnd(indent - 1))} ${options.paint('bold', `${root.code} ${root.name}`)}  confidence ${root.confidence.toFixed(2)}${known}\n`];
  out.push(paragraph(options, root.claim, lead));
  const proofs = options.verbose || depth === 0 ? root.proofs : root.proofs.slice(0, 1);
  for (const { line, shows } of proofs.slice(0, options.verbose ? proofs.length : 6)) {
    out.push(`${lead}${' '.repeat(indent)}${options.paint('dim', `${options.clean(line.file)}:${String(line.line)}`)}  ${shows}\n${lead}${' '.repeat(indent + 2)}${fitted(options.clean(line.text.trim()), options.width - indent - 2 - lead.length)}\n`);
  }
  if (depth === 0 || options.verbose) {
    for (const out_ of root.rulesOut) out.push(labelled(options, lead, 'not', `${out_.code === null ? '' : `${out_.code} `}${out_.what}: ${out_.because}${out_.line === null ? '' : ` (${out_.line.file}:${String(out_.line.line)})`}`));
    for (const each of root.lowered) out.push(labelled(options, lead, 'unsure', each.because));
    root.fixes.forEach((fix, at) => {
      out.push(labelled(options, lead, at === 0 ? 'fix' : 'or', `${fix.text}${fix.widensAccess === undefined ? '' : ` WIDENS ACCESS: ${fix.widensAccess}`}`));
      if (fix.command !== undefined) out.push(`${lead}${' '.repeat(indent + 2)}${options.clean(fix.command)}\n`);
    });
    out.push(labelled(options, lead, 'check', root.verify.text));
    if (root.verify.command !== undefined) out.push(`${lead}${' '.repeat(indent + 2)}${options.clean(root.verify.command)}\n`);
  }
  if (story.children.length > 0) {
    out.push(`${lead}${' '.repeat(indent)}brought about:\n`);
    for (const child of story.children) out.push(storyText(child, options, depth + 1));
  }
  return out.join('');
}

function openText(report: Report, options: TextOptions): string {
  const shown = options.verbose ? report.open : report.open.slice(0, 8);
  const rest = report.open.length - shown.length;
  return `\n${options.paint('bold', 'Could not tell')}\n${shown.map(({ code, subject, because }) => paragraph(options, `${code} ${subject}: ${because}`, '')).join('')}${rest > 0 ? paragraph(options, `and ${String(rest)} more (-v)`, '') : ''}`;
}

function missingText(missing: readonly Missing[], options: TextOptions): string {
  const shown = options.verbose ? missing : missing.slice(0, 10);
  return `\n${options.paint('bold', 'To know more')}\n${shown.map(({ host, command, unlocks }) => `${' '.repeat(indent)}${host === '' ? '' : `${options.clean(host)}: `}${options.clean(command)}   ${options.paint('dim', unlocks.join(', '))}\n`).join('')}`;
}

function unreadText(report: Report, options: TextOptions): string {
  const shown = options.verbose ? report.unread : report.unread.slice(0, 8);
  const rest = report.unread.length - shown.length;
  return `\n${options.paint('bold', 'Not read (and not counted as absent)')}\n${shown.map(({ file, line, reason, text }) => `${' '.repeat(indent)}${options.clean(file)}${line > 0 ? `:${String(line)}` : ''}  ${reason}\n${text.trim() === '' ? '' : `${' '.repeat(indent + 2)}${fitted(options.clean(text.trim()), Math.min(options.width, 100) - indent - 2)}\n`}`).join('')}${rest > 0 ? paragraph(options, `and ${String(rest)} more (-v)`, '') : ''}`;
}

function paragraph(options: TextOptions, text: string, lead: string): string {
  const space = `${lead}${' '.repeat(indent)}`;
  return (options.width === Infinity ? [options.clean(text)] : wrap(options.clean(text), Math.max(20, options.width - space.length))).map((line) => `${space}${line}\n`).join('');
}

function labelled(options: TextOptions, lead: string, label: string, text: string): string {
  const lines = paragraph(options, text, lead);
  return `${lead}${options.paint('dim', label.padEnd(indent))}${lines.slice(lead.length + indent)}`;
}

function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(10, width - 3))}...`;
}
