import type { Answer } from './analyzers/analyzer.ts';
import { analyzers } from './analyzers/analyzers.ts';
import type { Capture, Settle, SourceLine, Unread } from './evidence.ts';
import type { FindingCode } from './findings/catalogue.ts';
import { catalogue } from './findings/catalogue.ts';
import type { Finding } from './findings/finding.ts';
import { stories, worstFirst } from './findings/story.ts';
import type { Story } from './findings/story.ts';
import { facetsOf, viewOf } from './model/facets.ts';
import type { FacetName } from './model/facets.ts';
import { indexRecords } from './model/record-index.ts';
import type { RecordIndex } from './model/record-index.ts';
import { readCaptures } from './reading.ts';
import type { ReadCapture } from './reading.ts';

export interface Question {
  /** Codes or families (`L2`, `CT-01`) to answer for; empty: all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

/** Something that could not be told, and what would tell it. */
export interface Open {
  readonly code: FindingCode;
  readonly subject: string;
  readonly because: string;
  readonly settle: readonly Settle[];
}

/** A question that was answered with no. */
export interface Passed {
  readonly code: FindingCode;
  readonly subject: string;
  readonly lines: readonly SourceLine[];
}

export interface Report {
  readonly captures: readonly ReadCapture[];
  readonly hosts: readonly string[];
  readonly findings: readonly Finding[];
  readonly stories: readonly Story[];
  readonly passed: readonly Passed[];
  readonly open: readonly Open[];
  readonly unread: readonly Unread[];
  /** The smallest next collection: commands by host, those that unlock most first. */
  readonly missing: readonly Missing[];
}

export interface Missing {
  readonly host: string;
  readonly command: string;
  readonly unlocks: readonly FindingCode[];
}

/** Evidence in, report out. Pure but for reading texts that are too large to hold. */
export async function examine(captures: readonly Capture[], importUnread: readonly Unread[] = [], question: Question = { only: [], skip: [] }, onRead?: (analyzer: string, facet: FacetName) => void): Promise<Report> {
  return judge(indexRecords(await readCaptures(captures)), importUnread, question, onRead);
}

/** The same from records that were read already. */
export function judge(index: RecordIndex, importUnread: readonly Unread[] = [], question: Question = { only: [], skip: [] }, onRead?: (analyzer: string, facet: FacetName) => void): Report {
  const facets = facetsOf(index);
  const answers: Answer[] = [];
  for (const each of analyzers) {
    if (!each.codes.some((code) => asked(code, question))) continue;
    const view = viewOf(facets, each.reads, onRead === undefined ? undefined : (facet) => { onRead(each.name, facet); });
    for (const answer of each.analyze(view)) {
      const code = codeOf(answer);
      if (!each.codes.includes(code)) throw new Error(`the analyzer ${each.name} answers for ${code} without declaring it`);
      if (asked(code, question)) answers.push(answer);
    }
  }
  const findings = answers.flatMap((answer) => (answer.outcome === 'fault' ? [answer.finding] : [])).sort(worstFirst);
  const open = answers.flatMap((answer): Open[] => (answer.outcome === 'could-not-look' ? [{ code: answer.code, subject: answer.subject, because: answer.because, settle: answer.settle }] : []));
  return {
    captures: index.captures, hosts: index.hosts, findings, stories: stories(findings), open,
    passed: answers.flatMap((answer): Passed[] => (answer.outcome === 'nothing' ? [{ code: answer.code, subject: answer.subject, lines: answer.lines }] : [])),
    unread: [...importUnread, ...index.unread], missing: missing(findings, open),
  };
}

function codeOf(answer: Answer): FindingCode {
  return answer.outcome === 'fault' ? answer.finding.code : answer.code;
}

function asked(code: FindingCode, { only, skip }: Question): boolean {
  const named = (list: readonly string[]): boolean => list.some((each) => each === code || each === catalogue[code].name || code.startsWith(`${each}-`));
  return (only.length === 0 || named(only)) && !named(skip);
}

function missing(findings: readonly Finding[], open: readonly Open[]): Missing[] {
  const wanted = new Map<string, { host: string; command: string; unlocks: Set<FindingCode> }>();
  const add = (settle: Settle, code: FindingCode): void => {
    const key = `${settle.host}\0${settle.command}`;
    const entry = wanted.get(key) ?? { host: settle.host, command: settle.command, unlocks: new Set<FindingCode>() };
    wanted.set(key, entry);
    entry.unlocks.add(code);
  };
  for (const finding of findings) for (const settle of finding.settle) add(settle, finding.code);
  for (const each of open) for (const settle of each.settle) add(settle, each.code);
  return [...wanted.values()].map(({ host, command, unlocks }) => ({ host, command, unlocks: [...unlocks].sort() })).sort((a, b) => b.unlocks.length - a.unlocks.length || (a.host < b.host ? -1 : a.host > b.host ? 1 : 0) || (a.command < b.command ? -1 : 1));
}
