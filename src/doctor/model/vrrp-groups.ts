import type { Address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import { addressOfVipText } from './vrrp.ts';
import type { Vrrp } from './vrrp.ts';

/** One host's part in a VRRP group, from whatever told of it: configuration, data dump, log. */
export interface VrrpMember {
  readonly host: string;
  readonly instance: string;
  readonly config: RecordOf<'vrrp-config'> | null;
  readonly vrid: number | null;
  readonly vips: readonly Address[];
  /** The first line that names the instance. */
  readonly line: SourceLine;
}

/** Members on different hosts that share the virtual addresses; where those are not known, the id and the name. */
export interface VrrpGroup {
  readonly members: readonly VrrpMember[];
  readonly vips: readonly Address[];
  readonly instance: string;
}

export function membersOf(vrrp: Vrrp): VrrpMember[] {
  return vrrp.hosts.flatMap((host) => {
    const events = vrrp.events(host);
    const configs = vrrp.configs.filter((found) => found.host === host).map((found) => found.record);
    const data = vrrp.data.filter((found) => found.host === host).map((found) => found.record);
    const names = new Set([...configs.map((each) => each.name), ...data.map((each) => each.instance), ...events.flatMap((event) => event.instance ?? [])]);
    return [...names].flatMap((instance): VrrpMember[] => {
      const config = configs.find((each) => each.name === instance) ?? null;
      const dumped = data.find((each) => each.instance === instance);
      const own = events.filter((event) => event.instance === instance);
      // `Sending/queueing gratuitous ARPs on eth0 for 10.0.0.100` names the address where nothing else does.
      const announced = own.flatMap((event) => { const word = event.event === 'garp' ? / for (\S+)$/.exec(event.text)?.[1] : undefined; return word === undefined ? [] : addressOfVipText(word) ?? []; });
      const vips = [...new Set([...(config?.vips.map((vip) => vip.address) ?? []), ...(dumped?.vips.flatMap((vip) => addressOfVipText(vip.text) ?? []) ?? []), ...announced])];
      const line = config?.source ?? dumped?.source ?? own[0]?.source;
      // A script's name stands in parentheses as well (`VRRP_Script(chk)`): only what has a state is an instance.
      if (line === undefined || (config === null && dumped === undefined && !own.some((event) => ['master', 'backup', 'fault'].includes(event.event)))) return [];
      const id = dumped?.values.get('virtual router id')?.value ?? dumped?.values.get('vrid')?.value;
      return [{ host, instance, config, vrid: config?.vrid ?? (id === undefined ? null : Number(id)), vips, line }];
    });
  });
}

export function groupsOf(vrrp: Vrrp): VrrpGroup[] {
  const groups: VrrpMember[][] = [];
  for (const member of membersOf(vrrp)) {
    const group = groups.find((each) => each.some((other) => together(member, other)));
    if (group === undefined) groups.push([member]);
    else group.push(member);
  }
  return groups.map((members) => ({ members, vips: [...new Set(members.flatMap((member) => member.vips))], instance: members[0]?.instance ?? '' }));
}

function together(a: VrrpMember, b: VrrpMember): boolean {
  if (a.host === b.host) return false;
  if (a.vrid !== null && b.vrid !== null && a.vrid !== b.vrid) return false;
  if (a.vips.length > 0 && b.vips.length > 0) return a.vips.some((vip) => b.vips.includes(vip));
  return a.instance === b.instance;
}
