import { contains, prefix } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { isKubeProxys, servicesOf } from '../model/lvs-servers.ts';
import type { Service } from '../model/lvs-servers.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'lvs' | 'holders' | 'firewalls' | 'sysctls' | 'sockets' | 'links' | 'routes'>;

/** LV-10 and LV-20 once more: rules that IPVS' packets never meet, and segments that do not fit into its tunnel. */
export const lvTranslation = analyzer({
  name: 'lv-translation',
  asks: 'Do the director\'s own rules and devices take what IPVS sends through them?',
  codes: ['LV-10', 'LV-20'],
  reads: ['lvs', 'holders', 'firewalls', 'sysctls', 'sockets', 'links', 'routes'],
  *analyze(view: View): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      if (isKubeProxys(view.holders, service)) continue;
      if (service.server.realServers.some((server) => server.forward === 'masq')) yield* sources(view, service);
      if (service.server.realServers.some((server) => server.forward === 'tunnel')) yield* sizes(view, service);
    }
  },
});

/** A rule that names IPVS' traffic (`-m ipvs`, or a network of its real servers) means to translate it; without vs.conntrack it never sees it. */
function* sources(view: View, service: Service): Generator<Answer> {
  const { director } = service;
  const filter = view.firewalls.of(director);
  if (filter.state !== 'known') return;
  const servers = service.server.realServers.flatMap((server) => (server.forward === 'masq' && server.address !== null ? [server] : []));
  const rule = filter.value.tables.filter((table) => table.name === 'nat').flatMap((table) => [...table.chains.values()].flatMap((chain) => chain.rules)).find(({ source: { text } }) => {
    if (!/-A POSTROUTING .*-j (?:MASQUERADE|SNAT)\b/.test(text)) return false;
    const vaddr = /--vaddr (\S+?)(?:\/32)? /.exec(text)?.[1];
    if (/ -m ipvs /.test(text)) return vaddr === undefined || vaddr === service.server.vip;
    const net = prefix(/(?<!! )-d (\S+) /.exec(text)?.[1] ?? '');
    return net !== null && servers.some((server) => server.address !== null && contains(net, server.address) === true);
  });
  const [server] = servers;
  if (rule === undefined || server === undefined) return;
  const setting = 'net.ipv4.vs.conntrack';
  const on = view.sysctls.number(director, setting);
  const subject = `${service.text} on ${hostName(director)}`;
  if (on.state !== 'known') { yield unsettled('LV-10', subject, on); return; }
  if (on.value !== 0) { yield nothing('LV-10', subject, [...on.lines, rule.source]); return; }
  const vip = service.server.vip ?? service.text;
  yield fault(finding('LV-10', {
    host: director, about: [about.host(director), about.address(vip)],
    args: { director: hostName(director), vip, setting, value: '0', effect: 'the rule that should put its own address in place of the client\'s never sees these packets, and real servers answer past the director' },
    proofs: [proof(director, rule.source, 'meant for them'), ...proofs(director, on, 'and not met'), proof(director, server.source, 'masqueraded')],
    ...((rule.counter?.packets ?? 0) > 0 ? { lowered: [{ by: 0.2, because: 'the rule counts other packets' }] } : {}),
  }));
}

/** IPIP takes 20 bytes. Whether that hurts is seen where a client sends full segments again and again. */
function* sizes(view: View, service: Service): Generator<Answer> {
  const { director, server: { vip } } = service;
  const server = service.server.realServers.find((each) => each.forward === 'tunnel');
  if (vip === null || server?.address === undefined || server.address === null) return;
  const route = view.routes.toward(director, server.address);
  const dev = route.state === 'known' ? route.value.hops[0]?.dev ?? null : null;
  const link = dev === null ? null : view.links.link(director, dev);
  const mtu = link?.state === 'known' ? link.value.mtu : null;
  if (link?.state !== 'known' || mtu === null || dev === null) return;
  const room = mtu - 20 - 40;
  const senders = view.sockets.hosts.flatMap((host) => view.sockets.inState(host, 'ESTAB').filter((socket) => socket.peer.address === vip && socket.details.has('mss')).map((socket) => ({ host, socket })));
  const [any] = senders;
  const subject = `${vip} on ${hostName(director)}`;
  const stuck = senders.find(({ socket }) => Number(socket.details.get('mss')) > room && socket.sendQ >= Number(socket.details.get('mss')) && (Number(socket.details.get('backoff') ?? 0) > 0 || Number((socket.details.get('retrans') ?? '0/0').split('/')[0]) > 0));
  if (stuck === undefined) { if (any !== undefined) yield nothing('LV-20', subject, [any.socket.detailsSource ?? any.socket.source]); return; }
  const host = view.holders.of(server.address).find((held) => held.place === 'wire')?.host ?? server.address;
  yield fault(finding('LV-20', {
    host: director, about: [about.address(vip), about.host(director), about.host(stuck.host), ...(stuck.socket.local.address === null ? [] : [about.address(stuck.socket.local.address)])],
    args: { host: hostName(host), vip, dev: 'tunl0', what: `${hostName(stuck.host)} sends segments of ${stuck.socket.details.get('mss') ?? ''} bytes again and again, while the tunnel over ${dev} of ${hostName(director)} has room for ${String(room)}` },
    proofs: [proof(director, server.source, 'passed on by tunnel'), proof(director, link.value.source, 'the device under the tunnel'), proof(stuck.host, stuck.socket.detailsSource ?? stuck.socket.source, 'too large, and sent again'), proof(stuck.host, stuck.socket.source, 'what waits')],
    lowered: [{ by: 0.1, because: 'another narrow place on the way would look the same' }], settle: [{ host: stuck.host, command: `ping -c 2 -M do -s ${String(mtu - 28)} ${vip}` }],
    rulesOut: [{ code: 'RT-01', what: 'The reverse path filter', because: 'the connection is established', line: stuck.socket.source }],
  }));
}
