import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { gatewayTo, hostOf, isKubeProxys, rowsOf, servicesOf } from '../model/lvs-servers.ts';
import type { Service } from '../model/lvs-servers.ts';
import type { RealServerRecord } from '../parsers/ipvs-services.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type Block = View['vrrp']['blocks'][number]['record'];

type View = Pick<Facets, 'lvs' | 'holders' | 'routes' | 'sysctls' | 'vrrp'>;

/** LV-07 to LV-11: does the forwarding method fit ports, network and way back, and is there anybody to forward to? */
export const lvForwarding = analyzer({
  name: 'lv-forwarding',
  asks: 'Can the forwarding method work for each real server?',
  codes: ['LV-07', 'LV-08', 'LV-09', 'LV-10', 'LV-11'],
  reads: ['lvs', 'holders', 'routes', 'sysctls', 'vrrp'],
  *analyze(view): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      if (isKubeProxys(view.holders, service)) continue;
      yield* anybody(service);
      const masquerades = service.server.realServers.find((server) => server.forward === 'masq');
      if (masquerades !== undefined) yield* mayForward(view, service, masquerades);
      for (const server of service.server.realServers) {
        if (server.forward === 'masq') yield* wayBack(view, service, server);
        if (server.forward === 'route' || server.forward === 'tunnel') yield* unchanged(view, service, server);
      }
    }
    for (const { host, record } of view.vrrp.blocks) if (record.keyword === 'virtual_server') yield* written(view, host, record);
  },
});

function* anybody(service: Service): Generator<Answer> {
  const { server, director } = service;
  const weightless = server.realServers.length > 0 && server.realServers.every((each) => each.weight === 0);
  if (server.realServers.length > 0 && !weightless) { yield nothing('LV-11', service.text, [server.source]); return; }
  if (!service.complete && !weightless) { yield couldNotLook('LV-11', service.text, 'the capture was cut or filtered: its real servers may be missing', [{ host: director, command: 'ipvsadm -ln' }]); return; }
  yield fault(finding('LV-11', {
    host: director, about: [about.host(director), ...(server.vip === null ? [] : [about.address(server.vip), about.service(server.vip, server.port ?? server.portText)])],
    args: { director: hostName(director), service: service.text, what: weightless ? `only real servers of weight 0 (${String(server.realServers.length)})` : 'no real server' },
    proofs: [proof(director, server.source, 'the service'), ...server.realServers.slice(0, 3).map((each) => proof(director, each.source, 'weight 0'))],
  }));
}

function* mayForward(view: View, service: Service, server: RealServerRecord): Generator<Answer> {
  const setting = 'net.ipv4.ip_forward';
  const on = view.sysctls.number(service.director, setting);
  if (on.state === 'unknown') { yield unsettled('LV-10', service.text, on); return; }
  if (on.state === 'absent' || on.value !== 0) { yield nothing('LV-10', service.text, on.lines); return; }
  const vip = service.server.vip ?? service.text;
  yield fault(finding('LV-10', {
    host: service.director, about: [about.host(service.director), about.address(vip)],
    args: { director: hostName(service.director), vip, setting, value: '0', effect: 'answers of the real servers are not passed on to the clients' },
    proofs: [proof(service.director, server.source, 'masqueraded'), ...proofs(service.director, on, 'forwarding is off')],
  }));
}

/** The way of an answer from a masqueraded real server to a client. */
function* wayBack(view: View, service: Service, server: RealServerRecord): Generator<Answer> {
  const host = hostOf(view.holders, server);
  if (host === null || host === service.director || server.address === null) return;
  const subject = `${server.address} (${hostName(host)}) for ${service.text}`;
  const client = rowsOf(view.lvs, service).find((row) => row.client !== null && !view.holders.of(row.client).some((held) => held.host === service.director))?.client ?? null;
  const route = client === null ? view.routes.toward(host, '198.51.100.1') : view.routes.toward(host, client);
  if (route.state === 'unknown') { yield unsettled('LV-09', subject, route); return; }
  if (route.state === 'absent') return;
  const via = route.value.hops.find((hop) => hop.via !== null)?.via ?? null;
  // Without a known client only the default route says anything.
  if (via === null && client === null) return;
  const own = view.holders.onHost(service.director);
  if (via !== null && own.some((held) => held.held.address === via)) { yield nothing('LV-09', subject, route.lines); return; }
  if (!view.holders.completeHosts.includes(service.director)) { yield couldNotLook('LV-09', subject, `whether ${via ?? 'the way'} is the director is not in the evidence`, [{ host: service.director, command: 'ip address show' }]); return; }
  const tracks = view.sysctls.number(service.director, 'net.ipv4.vs.conntrack');
  if (tracks.state === 'known' && tracks.value === 1) { yield couldNotLook('LV-09', subject, 'net.ipv4.vs.conntrack is 1: a MASQUERADE rule may bring the answers back', [{ host: service.director, command: 'iptables-save -t nat -c' }]); return; }
  const vip = service.server.vip ?? service.text;
  yield fault(finding('LV-09', {
    host, about: [about.host(host), about.host(service.director), about.address(vip)],
    args: { host: hostName(host), director: hostName(service.director), gateway: via ?? `${route.value.hops[0]?.dev ?? 'its own network'} directly`, server: server.address, vip, directorAddress: own.find((held) => held.place === 'wire')?.held.address ?? 'DIRECTOR' },
    proofs: [proof(service.director, server.source, 'masqueraded'), ...proofs(host, route, 'the way of the answers')],
    ...(tracks.state === 'known' ? { rulesOut: [{ code: null, what: 'The director translates the source as well', because: 'net.ipv4.vs.conntrack is 0', line: tracks.lines[0] ?? null }] } : { lowered: [{ by: 0.15, because: 'net.ipv4.vs.conntrack was not captured: the director might translate the source as well' }] }),
  }));
}

/** Route and Tunnel leave the packet as it is. */
function* unchanged(view: View, service: Service, server: RealServerRecord): Generator<Answer> {
  const { director } = service;
  const vip = service.server.vip;
  if (vip === null || server.address === null) return;
  const subject = `${server.address} for ${service.text}`;
  if (server.port !== null && service.server.port !== null) {
    if (server.port === service.server.port) yield nothing('LV-07', subject, [server.source]);
    else {
      yield fault(finding('LV-07', {
        host: director, about: [about.host(director), about.address(vip), about.service(vip, service.server.port)],
        args: { director: hostName(director), vip, port: String(service.server.port), server: server.address, serverPort: String(server.port), forward: server.forward === 'route' ? 'Route' : 'Tunnel' },
        proofs: [proof(director, service.server.source, 'the service'), proof(director, server.source, 'another port')],
      }));
    }
  }
  if (server.forward !== 'route') return;
  const via = gatewayTo(view, director, server.address);
  if (via.state === 'unknown') { yield unsettled('LV-08', subject, via); return; }
  if (via.state === 'absent') { yield nothing('LV-08', subject, via.lines); return; }
  yield fault(finding('LV-08', {
    host: director, about: [about.host(director), about.address(vip)],
    args: { director: hostName(director), vip, server: server.address, via: via.value, port: String(service.server.port ?? service.server.portText) },
    proofs: [proof(director, server.source, 'passed on by direct routing'), ...proofs(director, via, 'the way there')],
  }));
}

/**
 * keepalived (2.0.15 and later) says "ports don't match - resetting" in its log and puts the port of the virtual server into the table, where nothing is
 * then wrong to be seen: `virtual_server 10.9.0.50 80 { lb_kind DR ... real_server 10.9.0.21 8080 { ...`
 */
function* written(view: View, host: string, block: Block): Generator<Answer> {
  const [vip, port] = block.args;
  if (vip === undefined || port === undefined || !/^\d+$/.test(port)) return;
  const methodOf = (statements: Block['children']): string | undefined => statements.find((each) => each.keyword === 'lb_kind' || each.keyword === 'lvs_method')?.args[0]?.toUpperCase();
  const general = methodOf(block.children);
  for (const server of block.children.filter((each) => each.keyword === 'real_server')) {
    const [address, serverPort] = server.args;
    const method = methodOf(server.children) ?? general;
    if ((method !== 'DR' && method !== 'TUN') || address === undefined || serverPort === undefined || serverPort === '0' || port === '0') continue;
    const subject = `${address} for ${vip}:${port} in keepalived.conf`;
    if (serverPort === port) { yield nothing('LV-07', subject, [server.source]); continue; }
    const rows = view.lvs.of(host).filter((each) => each.vip === vip && String(each.port) === port).flatMap((each) => each.realServers).filter((each) => each.address === address);
    if (rows.some((each) => String(each.port) === serverPort)) continue;
    yield fault(finding('LV-07', {
      host, about: [about.host(host), about.address(vip), about.service(vip, port)],
      args: { director: hostName(host), vip, port, server: address, serverPort, forward: method === 'DR' ? 'Route' : 'Tunnel' },
      proofs: [proof(host, server.source, 'another port'), proof(host, block.source, 'than its virtual server'), ...rows.slice(0, 1).map((each) => proof(host, each.source, 'what keepalived made of it'))],
    }));
  }
}
