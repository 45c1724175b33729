import { createHash } from 'node:crypto';
import type { Report } from '../doctor.ts';
import type { SourceLine } from '../evidence.ts';
import type { Finding } from '../findings/finding.ts';
import type { Story } from '../findings/story.ts';
import { fingerprint } from './fingerprint.ts';

/** Answer of `fairway doctor --json`: docs/schemas/doctor.json. */
export const doctorSchema = 'fairway.doctor/1';

export interface DoctorJson {
  readonly schema: string;
  readonly tool: { readonly name: 'fairway'; readonly version: string };
  readonly hosts: readonly string[];
  readonly evidence: readonly EvidenceJson[];
  /** Roots first, each with the ids of those it brought about. */
  readonly findings: readonly FindingJson[];
  readonly passed: readonly { readonly code: string; readonly subject: string; readonly lines: readonly SourceLine[] }[];
  readonly unknown: readonly { readonly code: string; readonly subject: string; readonly because: string; readonly settle: readonly { readonly host: string; readonly command: string }[] }[];
  readonly missing: readonly { readonly host: string; readonly command: string; readonly unlocks: readonly string[] }[];
  readonly unread: readonly { readonly file: string; readonly line: number; readonly text: string; readonly reason: string; readonly host: string }[];
  readonly summary: { readonly errors: number; readonly warnings: number; readonly notes: number; readonly unknown: number; readonly known: number };
}

export interface EvidenceJson {
  readonly id: number;
  readonly host: string;
  readonly command: string;
  readonly takenAt: string | null;
  readonly sample: number;
  readonly file: string;
  readonly line: number;
  readonly formats: readonly string[];
  readonly complete: boolean;
  /** Of the lines; null for texts too large to hold. */
  readonly sha256: string | null;
}

export interface FindingJson {
  readonly id: string;
  readonly code: string;
  readonly name: string;
  readonly title: string;
  readonly result: 'fail';
  readonly severity: Finding['severity'];
  readonly security: boolean;
  readonly host: string;
  readonly about: readonly string[];
  readonly claim: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly confidence: number;
  readonly lowered: readonly { readonly by: number; readonly because: string }[];
  readonly evidence: readonly { readonly file: string; readonly line: number; readonly text: string; readonly host: string; readonly shows: string }[];
  readonly excludes: readonly { readonly code: string | null; readonly what: string; readonly because: string; readonly line: SourceLine | null }[];
  readonly causedBy: string | null;
  readonly explains: readonly string[];
  readonly fix: readonly { readonly text: string; readonly command: string | null; readonly widensAccess: string | null }[];
  readonly verify: { readonly text: string; readonly command: string | null };
  readonly settle: readonly { readonly host: string; readonly command: string }[];
  /** In the baseline already. */
  readonly known: boolean;
}

export function doctorJson(report: Report, version: string, baseline: ReadonlySet<string> = new Set()): DoctorJson {
  const findings = report.stories.flatMap((story) => told(story, null, baseline));
  const count = (severity: Finding['severity']): number => findings.filter((finding) => finding.severity === severity && !finding.known).length;
  return {
    schema: doctorSchema,
    tool: { name: 'fairway', version },
    hosts: report.hosts,
    evidence: report.captures.map(({ capture, formats, complete }, id) => ({
      id, host: capture.host, command: capture.command, takenAt: capture.takenAt === null ? null : new Date(capture.takenAt).toISOString(), sample: capture.sample,
      file: capture.file, line: capture.firstLine, formats, complete, sha256: capture.big === null ? createHash('sha256').update(capture.lines.join('\n')).digest('hex') : null,
    })),
    findings,
    passed: report.passed.map(({ code, subject, lines }) => ({ code, subject, lines })),
    unknown: report.open.map(({ code, subject, because, settle }) => ({ code, subject, because, settle })),
    missing: report.missing.map(({ host, command, unlocks }) => ({ host, command, unlocks })),
    unread: report.unread.map(({ file, line, text, reason, host }) => ({ file, line, text, reason, host })),
    summary: { errors: count('error'), warnings: count('warning'), notes: count('note'), unknown: report.open.length, known: findings.filter((finding) => finding.known).length },
  };
}

function told(story: Story, cause: string | null, baseline: ReadonlySet<string>): FindingJson[] {
  const { root } = story;
  const id = fingerprint(root);
  const own: FindingJson = {
    id, code: root.code, name: root.name, title: root.title, result: 'fail', severity: root.severity, security: root.security, host: root.host, about: root.about,
    claim: root.claim, arguments: root.args, confidence: root.confidence, lowered: root.lowered,
    evidence: root.proofs.map(({ line, host, shows }) => ({ file: line.file, line: line.line, text: line.text, host, shows })),
    excludes: root.rulesOut, causedBy: cause, explains: story.children.map((child) => fingerprint(child.root)),
    fix: root.fixes.map((fix) => ({ text: fix.text, command: fix.command ?? null, widensAccess: fix.widensAccess ?? null })),
    verify: { text: root.verify.text, command: root.verify.command ?? null }, settle: root.settle, known: baseline.has(id),
  };
  return [own, ...story.children.flatMap((child) => told(child, id, baseline))];
}
