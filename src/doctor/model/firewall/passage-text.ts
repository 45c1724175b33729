import type { Packet } from './packet.ts';
import { protocolName } from './protocols.ts';
import type { TrailStep } from './walk-state.ts';

/** `filter table of iptables (legacy)`, `inet fw table of nft`. */
export function tableText({ table }: Pick<TrailStep, 'table'>): string {
  if (table.form === 'nft') return `${table.family} ${table.name}`;
  return table.name;
}

/** `FORWARD > neutron-openvswi-FORWARD > sg-chain`. */
export function pathText(step: Pick<TrailStep, 'chainPath' | 'hook'>): string {
  return step.chainPath.length > 1 ? step.chainPath.join(' > ') : `hook ${step.hook}`;
}

/** The rule as captured, without its counter; long ones cut. */
export function ruleText(step: TrailStep): string {
  if (step.rule === null) return `the policy of ${step.chain.name} is DROP`;
  const text = step.rule.source.text.trim().replace(/^\[\d+:\d+\] /, '');
  return text.length > 300 ? `${text.slice(0, 300)} ...` : text;
}

/** A rule that lets exactly this packet pass, put before the place where it ended. */
export function acceptCommand(step: TrailStep, packet: Packet): string {
  const { table, chain, rule } = step;
  const port = typeof packet.destinationPort === 'number' ? packet.destinationPort : null;
  const source = /[x*]/.test(packet.source) ? null : packet.source;
  const protocol = protocolName(packet.protocol);
  if (table.form === 'nft') {
    const family = packet.family === 4 ? 'ip' : 'ip6';
    const parts = [...(source === null ? [] : [`${family} saddr ${source}`]), `${family} daddr ${packet.destination}`, port === null ? `meta l4proto ${protocol}` : `${protocol} dport ${String(port)}`];
    const place = rule === null ? `add rule ${table.family} ${table.name} ${chain.name}` : `insert rule ${table.family} ${table.name} ${chain.name} index ${String(rule.number - 1)}`;
    return `nft ${place} ${parts.join(' ')} accept`;
  }
  const place = rule === null ? `-A ${chain.name}` : `-I ${chain.name} ${String(rule.number)}`;
  const parts = [...(source === null ? [] : [`-s ${source}`]), `-d ${packet.destination}`, `-p ${protocol}`, ...(port === null ? [] : [`--dport ${String(port)}`])];
  return `${iptablesOf(table)}${table.name === 'filter' ? '' : ` -t ${table.name}`} ${place} ${parts.join(' ')} -j ACCEPT`;
}

/** The program that writes this table: the plain name speaks to one engine only, on most machines to nf_tables. */
export function iptablesOf(table: TrailStep['table']): string {
  return `${table.family === 'ip6' ? 'ip6tables' : 'iptables'}${table.engine === 'legacy' && table.engineKnown ? '-legacy' : ''}`;
}

/** Shows the rule's counter. */
export function lookCommand(step: TrailStep): string {
  const { table, chain } = step;
  if (table.form === 'nft') return `nft list chain ${table.family} ${table.name} ${chain.name}`;
  return `${table.engine === 'legacy' && table.engineKnown ? 'iptables-legacy-save' : 'iptables-save'} -c -t ${table.name} | grep -e '${chain.name}'`;
}

/** `2 packets so far`, or what to say where no counter was captured. */
export function countText(packets: number | undefined): string {
  return packets === undefined ? 'its counter was not captured' : `${String(packets)} packets so far`;
}
