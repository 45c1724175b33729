import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { hostOf, isKubeProxys, servicesOf } from '../model/lvs-servers.ts';
import { groupsOf } from '../model/vrrp-groups.ts';
import type { VrrpGroup } from '../model/vrrp-groups.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'lvs' | 'lvsSettings' | 'holders' | 'sysctls' | 'vrrp' | 'components'>;

/** LV-14, LV-15, LV-17, LV-18: the director itself. */
export const lvDirector = analyzer({
  name: 'lv-director',
  asks: 'Are the directors themselves in order?',
  codes: ['LV-14', 'LV-15', 'LV-17', 'LV-18'],
  reads: ['lvs', 'lvsSettings', 'holders', 'sysctls', 'vrrp', 'components'],
  *analyze(view): Generator<Answer> {
    for (const host of new Set(view.lvs.services.map((found) => found.host))) yield* reuse(view, host);
    yield* twice(view);
    yield* missing(view);
    for (const group of groupsOf(view.vrrp)) yield* synced(view, group);
  },
});

function* reuse(view: View, host: string): Generator<Answer> {
  const mode = view.sysctls.number(host, 'net.ipv4.vs.conn_reuse_mode');
  const tracked = view.sysctls.number(host, 'net.ipv4.vs.conntrack');
  const kernel = view.lvsSettings.kernel(host);
  const subject = hostName(host);
  if (mode.state !== 'known') return;
  if (mode.value === 0) {
    const busy = view.lvs.of(host).flatMap((service) => service.realServers).find((server) => server.weight === 0 && (server.active ?? 0) > 0);
    if (busy === undefined) { yield nothing('LV-14', subject, mode.lines); return; }
    yield fault(finding('LV-14', {
      host, about: [about.host(host)], args: { director: subject, what: `${busy.address ?? 'a server'} has weight 0 and still ${String(busy.active)} active connections; with conn_reuse_mode=0 clients that use a port again go back to it, so it never drains` },
      proofs: [proof(host, busy.source, 'weight 0, still busy'), ...proofs(host, mode, 'rows are used again')], lowered: [{ by: 0.25, because: 'the connections may be old ones that end by themselves' }], settle: [{ host, command: 'ipvsadm -ln; sleep 60; ipvsadm -ln' }],
    }));
    return;
  }
  if (tracked.state === 'known' && tracked.value === 0) { yield nothing('LV-14', subject, tracked.lines); return; }
  if (kernel.state !== 'known' || tracked.state !== 'known') { yield unsettled('LV-14', subject, kernel, tracked); return; }
  const old = kernel.value.major < 5 || (kernel.value.major === 5 && kernel.value.minor < 9);
  if (!old) { yield nothing('LV-14', subject, kernel.lines); return; }
  const [kernelLine] = kernel.lines;
  if (kernelLine === undefined) return;
  yield fault(finding('LV-14', {
    host, about: [about.host(host)], args: { director: subject, what: `kernel ${kernel.value.release} with conn_reuse_mode=1 and conntrack=1 drops the first SYN of a client that uses a port again, which costs it one second` },
    proofs: [proof(host, kernelLine, 'before 5.9'), ...proofs(host, mode, 'rows are not used again'), ...proofs(host, tracked, 'and tracked')],
    lowered: /\.el[89]|\.el1\d/.test(kernel.value.release) ? [{ by: 0.4, because: 'the vendor of this kernel takes changes over from newer ones' }] : [],
  }));
}

function* twice(view: View): Generator<Answer> {
  for (const service of servicesOf(view.lvs)) {
    const vip = service.server.vip;
    if (vip === null || isKubeProxys(view.holders, service)) continue;
    for (const server of service.server.realServers) {
      const other = hostOf(view.holders, server);
      if (other === null || other === service.director || server.forward === 'local') continue;
      const table = view.lvs.of(other).find((each) => each.vip === vip && each.port === service.server.port);
      const block = view.vrrp.blocks.find((found) => found.host === other && found.record.keyword === 'virtual_server' && found.record.args[0] === vip);
      const line = table?.source ?? block?.record.source;
      if (line === undefined) continue;
      const only = view.sysctls.number(other, 'net.ipv4.vs.backup_only');
      const subject = `${hostName(other)} for ${service.text}`;
      if (only.state === 'unknown') { yield unsettled('LV-15', subject, only); continue; }
      // The setting asks for the state of the sync daemon (ip_vs.h: sync_state & IP_VS_STATE_BACKUP): without one nobody is a backup.
      const alone = view.lvsSettings.syncDaemon(other).state === 'absent';
      if (only.state === 'absent' || (only.value === 1 && !alone)) { yield nothing('LV-15', subject, only.lines); continue; }
      const why = only.value === 1 ? 'backup_only is 1, but no sync daemon says that it is a backup, so' : 'with backup_only=0';
      const dev = view.holders.of(server.address ?? '').find((held) => held.host === other)?.held.dev ?? 'eth0';
      yield fault(finding('LV-15', {
        host: service.director, about: [about.host(service.director), about.host(other), about.address(vip)], args: { director: hostName(service.director), vip, other: hostName(other), why, dev },
        proofs: [proof(service.director, server.source, 'it is a real server here'), proof(other, line, 'and a director there'), ...proofs(other, only, only.value === 1 ? 'which counts for a backup only' : 'and balances as backup too')],
      }));
    }
  }
}

function* missing(view: View): Generator<Answer> {
  for (const { host, record } of view.lvs.missing) {
    const block = view.vrrp.blocks.find((found) => found.host === host && found.record.keyword === 'virtual_server');
    const settings = view.components.kubeProxy.find((each) => each.settings['mode'] === 'ipvs');
    const flags = view.components.flags.find((found) => found.host === host && found.record.program === 'kube-proxy' && found.record.flags.get('proxy-mode') === 'ipvs');
    const line = block?.record.source ?? flags?.record.source ?? settings?.line;
    if (line === undefined) continue;
    yield fault(finding('LV-17', {
      host, about: [about.host(host), ...(block === undefined ? [] : [about.address(block.record.args[0] ?? '')])],
      args: { host: hostName(host), who: block === undefined ? 'kube-proxy in mode ipvs' : `keepalived (virtual_server ${block.record.args.join(' ')})` },
      proofs: [proof(host, record.source, 'no IPVS'), proof(block?.host ?? flags?.host ?? settings?.host ?? host, line, 'who needs it')],
    }));
  }
}

function* synced(view: View, group: VrrpGroup): Generator<Answer> {
  const several = group.members.length > 1 || group.members.some((member) => (member.config?.unicastPeers.length ?? 0) > 0);
  for (const member of group.members) {
    const services = view.lvs.of(member.host).filter((service) => service.vip !== null && group.vips.includes(service.vip));
    const block = view.vrrp.blocks.find((found) => found.host === member.host && found.record.keyword === 'virtual_server' && group.vips.includes(found.record.args[0] ?? ''));
    const line = services[0]?.source ?? block?.record.source;
    const vip = services[0]?.vip ?? block?.record.args[0];
    if (!several || line === undefined || vip === undefined) continue;
    const subject = `${hostName(member.host)} for ${vip}`;
    const option = view.vrrp.option(member.host, member.instance, 'lvs_sync_daemon');
    const daemon = view.lvsSettings.syncDaemon(member.host);
    if (daemon.state === 'known') { yield nothing('LV-18', subject, daemon.lines); continue; }
    if (option !== null) { yield nothing('LV-18', subject, [option.line]); continue; }
    // The same hash over the same servers gives the same answer on the new master.
    if (services.length > 0 && services.every((service) => service.scheduler === 'sh' || service.scheduler === 'mh')) { yield nothing('LV-18', subject, [line]); continue; }
    if (daemon.state === 'unknown' && member.config === null) { yield couldNotLook('LV-18', subject, daemon.because, daemon.settle); continue; }
    const active = services.some((service) => service.realServers.some((server) => (server.active ?? 0) > 0));
    yield fault(finding('LV-18', {
      host: member.host, about: [about.host(member.host), about.address(vip)],
      args: { host: hostName(member.host), vip, how: daemon.state === 'absent' ? 'no sync daemon runs' : 'keepalived is not told to start a sync daemon', dev: member.config?.interface ?? 'eth0', instance: member.instance },
      proofs: [proof(member.host, line, 'a director'), proof(member.host, member.line, 'of a group')],
      ...(active ? {} : { severity: 'note' as const }), ...(daemon.state === 'unknown' ? { lowered: [{ by: 0.15, because: 'the daemons themselves were not captured' }], settle: daemon.settle } : {}),
    }));
  }
}
