import { finding } from '../findings/finding.ts';
import type { Lowered } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { groupsOf } from '../model/vrrp-groups.ts';
import type { VrrpGroup, VrrpMember } from '../model/vrrp-groups.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'vrrp' | 'holders'>;

/** VR-01: two masters of one group at once. */
export const vrMasters = analyzer({
  name: 'vr-masters',
  asks: 'Is exactly one member of each VRRP group master?',
  codes: ['VR-01'],
  reads: ['vrrp', 'holders'],
  *analyze(view): Generator<Answer> {
    for (const group of groupsOf(view.vrrp)) yield* judge(view, group);
  },
});

function* judge(view: View, group: VrrpGroup): Generator<Answer> {
  const states = group.members.flatMap((member) => { const state = view.vrrp.stateOf(member.host, member.instance); return state === null ? [] : [{ member, ...state }]; });
  const masters = states.filter((each) => each.state === 'MASTER');
  const subject = `${group.instance} (${group.vips.join(', ')})`;
  const [first, second] = masters;
  if (first === undefined || second === undefined) {
    if (states.length > 1) yield nothing('VR-01', subject, states.map((each) => each.line));
    else if (first !== undefined && expectsOthers(first.member)) yield couldNotLook('VR-01', subject, 'the state of the other members is not in the evidence', [{ host: '', command: 'journalctl -u keepalived --no-pager   # on the other members of the group' }]);
    return;
  }
  const vip = group.vips[0];
  // What the interfaces say is worth more than a log that may have ended before its host gave up.
  const without = vip === undefined ? undefined : masters.find(({ member }) => view.holders.completeHosts.includes(member.host) && !view.holders.of(vip).some((held) => held.host === member.host && held.place !== 'parked'));
  if (without !== undefined) { yield nothing('VR-01', subject, view.holders.onHost(without.member.host).map((held) => held.line).slice(0, 2)); return; }
  const holding = vip === undefined ? [] : view.holders.of(vip).filter((held) => masters.some(({ member }) => member.host === held.host) && held.place !== 'parked');
  const lowered: Lowered[] = holding.length >= 2 ? [] : [{ by: 0.2, because: 'the addresses of both hosts were not captured: one of the logs may be old' }];
  yield fault(finding('VR-01', {
    host: '', about: [...group.vips.map(about.address), about.host(first.member.host), about.host(second.member.host)],
    args: {
      first: hostName(first.member.host), second: hostName(second.member.host), instance: group.instance, vip: vip ?? 'its addresses', dev: first.member.config?.interface ?? holding[0]?.held.dev ?? 'any',
      why: holding.length >= 2 ? 'both have the address' : 'neither has logged that it gave up',
    },
    proofs: [proof(first.member.host, first.line, 'master'), proof(second.member.host, second.line, 'master as well'), ...holding.map((held) => proof(held.host, held.line, 'and holds the address'))],
    rulesOut: [{ code: 'L2-07', what: 'A short double master', because: `no later BACKUP in the log of ${hostName(second.member.host)}`, line: second.line }],
    lowered, ...(lowered.length > 0 ? { settle: masters.map(({ member }) => ({ host: member.host, command: 'ip address show' })) } : {}),
  }));
}

function expectsOthers(member: VrrpMember): boolean {
  return member.config !== null;
}
