import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { hostOf, isKubeProxys, servicesOf, takes } from '../model/lvs-servers.ts';
import type { Service } from '../model/lvs-servers.ts';
import type { RealServerRecord } from '../parsers/ipvs-services.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'lvs' | 'holders' | 'routes' | 'sockets' | 'sysctls'>;

/** LV-05, LV-06, LV-20: is the real server ready for packets to the virtual address? */
export const lvRealServer = analyzer({
  name: 'lv-real-server',
  asks: 'Does each real server take the packets that a director passes on?',
  codes: ['LV-05', 'LV-06', 'LV-20'],
  reads: ['lvs', 'holders', 'routes', 'sockets', 'sysctls'],
  *analyze(view): Generator<Answer> {
    for (const service of servicesOf(view.lvs)) {
      const vip = service.server.vip;
      if (vip === null || isKubeProxys(view.holders, service)) continue;
      const unseen: RealServerRecord[] = [];
      for (const server of service.server.realServers) {
        if (server.forward !== 'route' && server.forward !== 'tunnel') continue;
        const host = hostOf(view.holders, server);
        if (host === null) { unseen.push(server); continue; }
        if (host === service.director) continue;
        yield* ready(view, service, server, vip, host);
      }
      const [first] = unseen;
      if (first !== undefined) yield couldNotLook('LV-05', `${service.text} on ${unseen.map((each) => each.address ?? '?').join(', ')}`, 'the real servers are not in the evidence', [{ host: '', command: `ip address show; ss -ltn; sysctl -a 2>/dev/null | grep -E "arp_ignore|arp_announce|rp_filter"   # on ${unseen.map((each) => each.address ?? '?').join(', ')}` }]);
    }
  },
});

function* ready(view: View, service: Service, server: RealServerRecord, vip: string, host: string): Generator<Answer> {
  const subject = `${vip} on ${hostName(host)}`;
  const where = [about.address(vip), about.host(host), about.host(service.director)];
  if (server.forward === 'tunnel') yield* tunnel(view, service, server, vip, host, where);
  const has = takes(view, host, vip);
  if (has.state === 'unknown') { yield unsettled('LV-05', subject, has); return; }
  if (has.state === 'absent') {
    yield fault(finding('LV-05', {
      host, about: where, args: { host: hostName(host), vip, director: hostName(service.director), forward: server.forward === 'tunnel' ? 'Tunnel' : 'Route' },
      proofs: [proof(service.director, server.source, 'packets are passed on as they are'), ...proofs(host, has, 'the virtual address is not here')],
      rulesOut: [{ code: 'LV-09', what: 'A real server behind NAT', because: 'the forwarding method leaves the destination as it is', line: server.source }],
    }));
    return;
  }
  yield nothing('LV-05', subject, has.lines);
  if (service.server.port === null || service.server.protocol !== 'tcp') return;
  const socket = view.sockets.listening(host, vip, service.server.port);
  const port = String(service.server.port);
  if (socket.state === 'unknown') { yield unsettled('LV-06', `${vip}:${port} on ${hostName(host)}`, socket); return; }
  if (socket.state === 'known') { yield nothing('LV-06', `${vip}:${port} on ${hostName(host)}`, socket.lines); return; }
  const elsewhere = view.sockets.listeners(host).filter((each) => each.local.port === service.server.port);
  yield fault(finding('LV-06', {
    host, about: [...where, about.service(vip, port)],
    args: { host: hostName(host), vip, port, what: elsewhere.length > 0 ? `the program listens on ${elsewhere.map((each) => `${each.local.address ?? '*'}:${port}`).join(', ')} only` : 'no program listens on that port' },
    proofs: [proof(service.director, server.source, 'packets go there'), ...proofs(host, has, 'the address is there'), ...elsewhere.map((each) => proof(host, each.source, 'another address'))],
    rulesOut: [{ code: 'LV-05', what: 'The address is missing', because: 'it is there', line: has.lines[0] ?? null }],
  }));
}

function* tunnel(view: View, service: Service, server: RealServerRecord, vip: string, host: string, where: readonly string[]): Generator<Answer> {
  const held = view.holders.of(vip).find((each) => each.host === host && /^(?:tunl|gre|ip6tnl|ipip)/.test(each.held.dev));
  const dev = held?.held.dev ?? 'tunl0';
  const filter = view.sysctls.effective(host, dev, 'rp_filter');
  const subject = `${dev} on ${hostName(host)}`;
  if (filter.state === 'unknown') { yield unsettled('LV-20', subject, filter); return; }
  // 2 (loose) asks only for any way back to the client: the default route is one.
  if (filter.state === 'absent' || filter.value !== 1) { yield nothing('LV-20', subject, filter.lines); return; }
  yield fault(finding('LV-20', {
    host, about: where, args: { host: hostName(host), vip, dev, what: `the strict reverse path filter is on for ${dev}: packets that come out of the tunnel with a client's address are dropped` },
    proofs: [proof(service.director, server.source, 'passed on by tunnel'), ...proofs(host, filter, 'the larger of both counts')],
  }));
}
