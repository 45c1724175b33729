import type { SourceLine } from '../../evidence.ts';
import type { Branch, Hop, HopState, Layer, RuleRef, Trace } from '../../trace/trace.ts';
import type { Pointed } from './excerpt.ts';
import type { HopView, LaneView } from './lanes.ts';

const names = {
  client: 'client', dns: 'names', vip: 'VIP and ARP', balancer: 'balancer', forward: 'packet filter', conntrack: 'connection tracking', router: 'router', tls: 'TLS', member: 'member', return: 'the way back',
} as const satisfies Record<Layer, string>;

const states = { ok: 'ok', dropped: 'failed', refused: 'failed', unknown: 'unknown', skipped: 'skipped', 'not-reached': 'ahead' } as const satisfies Record<HopState, HopView['state']>;

/** A traced request as lanes: one, or one for each kind of branch behind a balancer. */
export function traceLanes(trace: Trace): readonly LaneView[] {
  const verdict = `${trace.ends.replaceAll('-', ' ')}: ${trace.because} (confidence ${trace.confidence.toFixed(2)})`;
  const title = `${trace.target.text}${trace.client === null ? '' : ` from ${trace.client}`}`;
  const trunk = trace.trunk.map(hopView);
  if (trace.branches.length === 0) return [{ title, verdict, hops: trunk }];
  return trace.branches.map((branch) => ({ title: `${title}, by ${branchNames(branch)}`, verdict: trace.branches.length === 1 ? verdict : branch.ends.replaceAll('-', ' '), hops: [...trunk, ...branch.hops.map(hopView)] }));
}

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
  return { layer: names[hop.layer], where: hop.at, state: states[hop.state], says: hop.says, details, lines: pointed };
}

function ruleText(rule: RuleRef): string {
  const place = rule.number === null ? 'policy' : `rule ${String(rule.number)}`;
  return `table ${rule.table}, ${rule.path.join(' > ')}, ${place}: ${rule.text}${rule.comment === null ? '' : ` ("${rule.comment}")`}${rule.packets === null ? '' : `, ${String(rule.packets)} packets`}`;
}
