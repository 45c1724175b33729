import type { Report } from '../doctor.ts';
import type { SourceLine } from '../evidence.ts';
import { catalogue } from '../findings/catalogue.ts';
import type { FindingCode } from '../findings/catalogue.ts';
import type { Entry, Severity } from '../findings/entry.ts';
import type { Finding } from '../findings/finding.ts';
import { fingerprint } from './fingerprint.ts';

const levels = { error: 'error', warning: 'warning', note: 'note' } as const satisfies Record<Severity, string>;

/** SARIF 2.1.0: a result for each finding (`fail`), each question that passed, and each that could not be told (`open`). */
export function sarif(report: Report, version: string, baseline: ReadonlySet<string> = new Set()): object {
  const named = new Set<FindingCode>([...report.findings.map((finding) => finding.code), ...report.passed.map((each) => each.code), ...report.open.map((each) => each.code)]);
  const rules = [...named].sort();
  const ruleIndex = (code: FindingCode): number => rules.indexOf(code);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'fairway doctor', version, rules: rules.map(rule) } },
      columnKind: 'utf16CodeUnits',
      results: [
        ...report.findings.map((finding) => result(finding, ruleIndex(finding.code), baseline)),
        ...report.passed.map(({ code, subject, lines }) => ({ ruleId: code, ruleIndex: ruleIndex(code), kind: 'pass', level: 'none', message: { text: `Looked at ${subject}: not so.` }, ...locations(lines.slice(0, 1)) })),
        ...report.open.map(({ code, subject, because, settle }) => ({ ruleId: code, ruleIndex: ruleIndex(code), kind: 'open', level: 'none', message: { text: `${subject}: ${because}.${settle[0] === undefined ? '' : ` To settle it: ${settle.map((each) => each.command).join('; ')}`}` } })),
      ],
    }],
  };
}

function rule(code: FindingCode): object {
  const entry: Entry = catalogue[code];
  return {
    id: code, name: entry.name, shortDescription: { text: entry.title }, fullDescription: { text: entry.page.happens },
    help: { text: entry.fix.map((fix) => fix.text).join('\n') }, defaultConfiguration: { level: levels[entry.severity] }, properties: { tags: entry.security === true ? ['security'] : [] },
  };
}

function result(finding: Finding, index: number, baseline: ReadonlySet<string>): object {
  const id = fingerprint(finding);
  const [first, ...others] = finding.proofs;
  return {
    ruleId: finding.code, ruleIndex: index, kind: 'fail', level: levels[finding.severity], message: { text: finding.claim },
    ...locations(first === undefined ? [] : [first.line]),
    relatedLocations: [
      ...others.map((proof, at) => ({ id: at + 1, message: { text: proof.shows }, ...physical(proof.line) })),
      ...finding.rulesOut.flatMap((out, at) => (out.line === null ? [] : [{ id: others.length + at + 1, message: { text: `not ${out.what}: ${out.because}` }, ...physical(out.line) }])),
    ],
    partialFingerprints: { 'fairwayFinding/v1': id }, rank: Math.round(finding.confidence * 100),
    ...(baseline.size > 0 ? { baselineState: baseline.has(id) ? 'unchanged' : 'new' } : {}),
    properties: { host: finding.host, about: finding.about, verify: finding.verify.text },
  };
}

function locations(lines: readonly SourceLine[]): { readonly locations?: readonly object[] } {
  return lines.length === 0 ? {} : { locations: lines.map(physical) };
}

function physical({ file, line, text }: SourceLine): object {
  return { physicalLocation: { artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') }, region: { startLine: Math.max(1, line), snippet: { text } } } };
}
