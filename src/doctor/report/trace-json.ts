import type { SourceLine } from '../evidence.ts';
import type { Hop, Trace } from '../trace/trace.ts';
import { fingerprint } from './fingerprint.ts';

/** Answer of `fairway trace --json`: docs/schemas/trace.json. */
export const traceSchema = 'fairway.trace/1';

type PlaceJson = { readonly file: string; readonly line: number; readonly text: string } | null;

export interface HopJson {
  /** From 1; the hops of a branch go on behind those of the trunk. */
  readonly n: number;
  readonly layer: Hop['layer'];
  readonly instance: string;
  readonly state: Hop['state'];
  readonly says: string;
  readonly evidence: PlaceJson;
  readonly rule: { readonly table: string; readonly path: readonly string[]; readonly number: number | null; readonly text: string; readonly comment: string | null; readonly packets: number | null; readonly evidence: PlaceJson } | null;
  readonly details: readonly { readonly text: string; readonly evidence: PlaceJson }[];
  readonly assumptions: readonly string[];
  readonly findings: readonly { readonly id: string; readonly code: string; readonly severity: string; readonly claim: string; readonly confidence: number }[];
}

export interface TraceJson {
  readonly schema: string;
  readonly tool: { readonly name: 'fairway'; readonly version: string };
  readonly target: { readonly text: string; readonly scheme: string; readonly host: string; readonly address: string | null; readonly port: number; readonly path: string };
  readonly client: string | null;
  readonly hosts: readonly string[];
  readonly captures: number;
  readonly hops: readonly HopJson[];
  readonly branches: readonly { readonly names: readonly string[]; readonly ends: Trace['ends']; readonly hops: readonly HopJson[] }[];
  readonly verdict: { readonly ends: Trace['ends']; readonly because: string; readonly hop: number | null; readonly branch: number | null; readonly confidence: number | null; readonly lowered: Trace['lowered'] };
  readonly missing: readonly { readonly host: string; readonly command: string; readonly unlocks: readonly string[] }[];
}

export function traceJson(trace: Trace, version: string): TraceJson {
  const { target, deciding } = trace;
  const inTrunk = deciding === null ? -1 : trace.trunk.indexOf(deciding);
  const branch = deciding === null || inTrunk >= 0 ? -1 : trace.branches.findIndex((each) => each.hops.includes(deciding));
  const inBranch = deciding === null || branch < 0 ? -1 : trace.branches[branch]?.hops.indexOf(deciding) ?? -1;
  return {
    schema: traceSchema, tool: { name: 'fairway', version },
    target: { text: target.text, scheme: target.scheme, host: target.host, address: target.address, port: target.port, path: target.path },
    client: trace.client, hosts: trace.hosts, captures: trace.captures,
    hops: trace.trunk.map((hop, at) => hopJson(hop, at + 1)),
    branches: trace.branches.map(({ names, ends, hops }) => ({ names, ends, hops: hops.map((hop, at) => hopJson(hop, trace.trunk.length + at + 1)) })),
    verdict: {
      ends: trace.ends, because: trace.because, hop: inTrunk >= 0 ? inTrunk + 1 : inBranch >= 0 ? trace.trunk.length + inBranch + 1 : null, branch: branch >= 0 ? branch : null,
      confidence: trace.ends === 'could-not-tell' ? null : trace.confidence, lowered: trace.lowered,
    },
    missing: trace.missing.map(({ host, command, unlocks }) => ({ host, command, unlocks })),
  };
}

function hopJson(hop: Hop, n: number): HopJson {
  return {
    n, layer: hop.layer, instance: hop.at, state: hop.state, says: hop.says, evidence: placeJson(hop.line),
    rule: hop.rule === null ? null : { table: hop.rule.table, path: hop.rule.path, number: hop.rule.number, text: hop.rule.text, comment: hop.rule.comment, packets: hop.rule.packets, evidence: placeJson(hop.rule.line) },
    details: hop.details.map(({ text, line }) => ({ text, evidence: placeJson(line) })), assumptions: hop.assumptions,
    findings: hop.findings.map((finding) => ({ id: fingerprint(finding), code: finding.code, severity: finding.severity, claim: finding.claim, confidence: finding.confidence })),
  };
}

function placeJson(line: SourceLine | null): PlaceJson {
  return line === null ? null : { file: line.file, line: line.line, text: line.text };
}
