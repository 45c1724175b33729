import type { SourceLine } from '../../evidence.ts';
import type { Branch, Hop, HopState, Layer, RuleRef, Trace } from '../../trace/trace.ts';
import type { Pointed } from './excerpt.ts';
import type { HopView, LaneView } from './lanes.ts';

const names = {
  client: 'client', dns: 'names', vip: 'VIP and ARP', balancer: 'balancer', forward: 'packet filter', conntrack: 'connection tracking', router: 'router', tls: 'TLS', member: 'member', return: 'the way back',
} as const satisfies Record<Layer, string>;

const states = { ok: 'ok', dropped: 'failed', refused: 'failed', unknown: 'unknown', skipped: 'skipped', 'not-reached': 'ahead' } as const satisfies Record<HopState, HopView['state']>;

/** A traced request as lanes: one, or one for each kind of branch behind a balancer; the way back is a lane of its own. */
export function traceLanes(trace: Trace): readonly LaneView[] {
  const verdict = `${trace.ends.replaceAll('-', ' ')}: ${trace.because} (confidence ${trace.confidence.toFixed(2)})`;
  const title = `${trace.target.text}${trace.client === null ? '' : ` from ${trace.client}`}`;
  if (trace.branches.length === 0) return lanesOf(title, verdict, trace.trunk);
  return trace.branches.flatMap((branch) => lanesOf(`${title}, by ${branchNames(branch)}`, trace.branches.length === 1 ? verdict : branch.ends.replaceAll('-', ' '), [...trace.trunk, ...branch.hops]));
}

function lanesOf(title: string, verdict: string, hops: readonly Hop[]): readonly LaneView[] {
  const back = hops.filter((hop) => hop.layer === 'return');
  const there: LaneView = { title, verdict, hops: hops.filter((hop) => hop.layer !== 'return').map(hopView) };
  if (back.length === 0) return [there];
  const state = back.find((hop) => hop.state === 'dropped' || hop.state === 'refused') ?? back.find((hop) => hop.state === 'unknown') ?? back[0];
  return [there, { title: `The way back of ${title}`, verdict: backWords[state?.state ?? 'unknown'], hops: back.map(hopView) }];
}

const backWords = {
  ok: 'the answer arrives', dropped: 'the answer is lost', refused: 'the answer is refused', unknown: 'not known', skipped: 'not asked', 'not-reached': 'there is no answer to come back',
} as const satisfies Record<HopState, string>;

function branchNames({ names: all }: Branch): string {
  return all.length <= 3 ? all.join(', ') : `${all.slice(0, 3).join(', ')} and ${String(all.length - 3)} like them`;
}

function hopView(hop: Hop): HopView {
  const pointed: Pointed[] = [];
  const point = (line: SourceLine | null, shows: string): void => { if (line !== null) pointed.push({ line, shows }); };
  point(hop.line, hop.says);
  if (hop.rule !== null) point(hop.rule.line, 'the rule that decides');
  for (const each of hop.details) point(each.line, each.text);
  const details = [
    ...(hop.rule === null ? [] : [ruleText(hop.rule)]),
    ...hop.details.map((each) => each.text),
    ...hop.findings.map((finding) => `${finding.code} ${finding.title}`),
    ...hop.assumptions.map((each) => `taken for granted: ${each}`),
    ...hop.settle.map((each) => `to settle it${each.host === '' ? '' : `, on ${each.host}`}: ${each.command}`),
  ];
  return {
    layer: names[hop.layer], where: hop.at, state: states[hop.state], says: hop.says, details, lines: pointed,
    excluded: hop.findings.flatMap((finding) => finding.rulesOut.map((other) => ({ what: `${other.code === null ? '' : `${other.code} `}${other.what}`, because: other.because, line: other.line }))),
  };
}

function ruleText(rule: RuleRef): string {
  const place = rule.number === null ? 'policy' : `rule ${String(rule.number)}`;
  return `table ${rule.table}, ${rule.path.join(' > ')}, ${place}: ${rule.text}${rule.comment === null ? '' : ` ("${rule.comment}")`}${rule.packets === null ? '' : `, ${String(rule.packets)} packets`}`;
}
