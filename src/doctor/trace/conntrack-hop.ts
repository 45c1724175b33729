import { detail, hop } from './trace.ts';
import type { Detail, Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** What connection tracking of the hosts on the way says of this connection, and whether it had room for it. */
export function conntrackHop({ view, address, client, target }: Tracing, hosts: readonly string[]): Hop {
  const passed = [...new Set(hosts)];
  const tracking = passed.filter((host) => {
    const firewall = view.firewalls.of(host);
    return firewall.state === 'known' ? firewall.value.tracks : view.conntrack.hosts.includes(host);
  });
  if (tracking.length === 0) return hop('conntrack', '', 'skipped', passed.length === 0 ? 'no host on the way is known' : `${passed.join(', ')}: no rules in the evidence that track connections`);
  const details: Detail[] = [];
  const full = tracking.find((host) => view.kernel.of(host).length > 0);
  for (const host of tracking) {
    for (const row of view.conntrack.rows(host)) {
      if (row.original.dst !== address || row.original.dport !== target.port || (client !== null && row.original.src !== client)) continue;
      if (details.length < 6) details.push(detail(`${host}: ${row.state ?? row.protocol}${row.unreplied ? ', unanswered' : ''}${row.assured ? ', assured' : ''}`, row.source));
    }
  }
  const line = details[0]?.line ?? null;
  if (full !== undefined) {
    const [first] = view.kernel.of(full);
    return hop('conntrack', full, 'unknown', `the table of ${full} has been full: new connections are lost while it is`, { line: first?.source ?? line, details, settle: [{ host: full, command: 'conntrack -C; sysctl net.netfilter.nf_conntrack_max; conntrack -S; sleep 10; conntrack -S' }] });
  }
  const room = tracking.flatMap((host) => {
    const count = view.conntrack.count(host);
    const max = view.conntrack.max(host);
    return count.state === 'known' && max.state === 'known' ? [{ host, count: count.value, max: max.value, line: count.lines[0] ?? null }] : [];
  });
  const unseen = tracking.filter((host) => !room.some((each) => each.host === host));
  const settle = unseen.map((host) => ({ host, command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max; dmesg | grep conntrack' }));
  const tight = room.find((each) => each.count >= each.max);
  if (tight !== undefined) return hop('conntrack', tight.host, 'unknown', `the table of ${tight.host} is full: ${String(tight.count)} of ${String(tight.max)}`, { line: tight.line, details, settle });
  if (unseen.length > 0) return hop('conntrack', unseen[0] ?? '', 'unknown', `whether the table of ${unseen.join(', ')} had room was not captured`, { line, details, settle });
  return hop('conntrack', room[0]?.host ?? '', 'ok', room.map((each) => `${each.host}: ${String(each.count)} of ${String(each.max)} entries`).join('; '), { line: line ?? room[0]?.line ?? null, details });
}
