import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { membersOf } from '../model/vrrp-groups.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'vrrp' | 'holders'>;

/** VR-09 once more: addresses of keepalived that the network configuration sets as well. */
export const vrStatic = analyzer({
  name: 'vr-static',
  asks: 'Does only keepalived set the virtual addresses?',
  codes: ['VR-09'],
  reads: ['vrrp', 'holders'],
  *analyze(view: View): Generator<Answer> {
    for (const member of membersOf(view.vrrp)) {
      const files = view.holders.configured.filter((found) => found.host === member.host);
      const [any] = files;
      for (const vip of member.vips) {
        const set = files.find(({ record }) => record.address === vip);
        if (set === undefined) { if (any !== undefined) yield nothing('VR-09', `${vip} on ${hostName(member.host)}`, [any.record.source]); continue; }
        // What the running state shows of it is told by itself: a backup that has the address.
        yield fault(finding('VR-09', {
          host: member.host, about: [about.host(member.host), about.address(vip)],
          args: { host: hostName(member.host), instance: member.instance, what: `${set.record.file} gives ${vip} to the host at boot, whatever keepalived decides`, remedy: `Take ${vip} out of ${set.record.file}: only keepalived may set it.` },
          proofs: [proof(member.host, set.record.source, 'set at boot'), ...(member.config === null ? [] : [proof(member.host, member.config.vips.find((each) => each.address === vip)?.source ?? member.config.source, 'the address is keepalived\'s')])],
        }));
      }
    }
  },
});
