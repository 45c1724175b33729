import type { SourceLine } from '../evidence.ts';
import type { Finding } from '../findings/finding.ts';
import { endpointText } from './target.ts';
import type { Target } from './target.ts';
import type { Hop, Layer } from './trace.ts';

/** Families of codes that speak of a layer. */
const families: Readonly<Record<Layer, readonly string[]>> = {
  client: ['DNS-08'], dns: ['DNS'], vip: ['L2', 'VR'], balancer: ['LV', 'AF'], forward: ['FW', 'LV-02', 'LV-03', 'LV-04', 'RT'], conntrack: ['CT'],
  router: ['RO', 'PP', 'TC', 'AF'], tls: ['TL'], member: ['EP', 'LV-05', 'LV-06', 'TC', 'FW'], return: ['RT', 'LV-03', 'LV-09', 'CT-07'],
};

/** Gives each finding to the hop that it says most about: the one whose deciding line proves it, else one of its layer. */
export function attached(findings: readonly Finding[], target: Target, trunk: readonly Hop[], ways: readonly (readonly Hop[])[]): { readonly trunk: readonly Hop[]; readonly ways: readonly (readonly Hop[])[] } {
  const lists = [trunk, ...ways].map((hops) => hops.map((hop) => ({ hop, mine: [] as Finding[] })));
  for (const finding of findings) {
    const best = lists.map((list) => {
      const scores = list.map(({ hop }) => score(finding, hop, target));
      const top = Math.max(0, ...scores);
      return { top, at: top === 0 ? -1 : scores.indexOf(top) };
    });
    const highest = Math.max(...best.map((each) => each.top));
    if (highest === 0) continue;
    // Where the trunk is as good as the branches, it is said once.
    best.forEach(({ top, at }, list) => { if (top === highest && (list === 0 || best[0]?.top !== highest)) lists[list]?.[at]?.mine.push(finding); });
  }
  const [first = [], ...rest] = lists.map((list) => list.map(({ hop, mine }) => (mine.length === 0 ? hop : { ...hop, findings: mine })));
  return { trunk: first, ways: rest };
}

function score(finding: Finding, hop: Hop, target: Target): number {
  const family = families[hop.layer].some((each) => finding.code === each || finding.code.startsWith(`${each}-`));
  if (!family) return 0;
  const proves = (line: SourceLine | null): boolean => line !== null && finding.proofs.some((proof) => keyOf(proof.line) === keyOf(line));
  if (hop.rule !== null && proves(hop.rule.line)) return 4;
  if (proves(hop.line)) return 3;
  if (hop.details.some((each) => proves(each.line))) return 2;
  return hop.state !== 'skipped' && concerns(finding, hop, target) ? 1 : 0;
}

function concerns(finding: Finding, hop: Hop, target: Target): boolean {
  const named = [`address ${target.address ?? target.host}`, `service ${endpointText(target.address ?? target.host, target.port)}`, `service ${target.address ?? target.host}:${String(target.port)}`, `name ${target.host}`];
  if (finding.about.some((word) => named.includes(word))) return true;
  return hop.at !== '' && finding.host === hop.at && hop.layer !== 'vip' && finding.about.includes(`host ${hop.at}`);
}

function keyOf({ file, line }: SourceLine): string {
  return `${file}\0${String(line)}`;
}
