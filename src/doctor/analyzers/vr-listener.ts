import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import type { Holding } from '../model/holders.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'vips' | 'holders' | 'sockets' | 'lvs' | 'probes'>;

/** Ports that a router or an API server in front of a cluster offers; only used when another member really listens on them. */
const usual = [443, 80, 6443, 8443];

/** VR-07, VR-10: what the holder of a virtual address does with it. */
export const vrListener = analyzer({
  name: 'vr-listener',
  asks: 'Does the holder of a virtual address serve it, and keep its own connections off it?',
  codes: ['VR-07', 'VR-10'],
  reads: ['vips', 'holders', 'sockets', 'lvs', 'probes'],
  *analyze(view): Generator<Answer> {
    for (const vip of view.vips.addresses) {
      if (!view.vips.of(vip).some((each) => each.source === 'keepalived')) continue;
      for (const holding of view.holders.of(vip)) {
        if (holding.place !== 'wire') continue;
        yield* serves(view, vip, holding);
        yield* leaks(view, vip, holding);
      }
    }
  },
});

function* serves(view: View, vip: string, holding: Holding): Generator<Answer> {
  const host = holding.host;
  // IPVS takes packets in LOCAL_IN before any socket sees them: a director needs no listener.
  if (view.lvs.of(host).some((service) => service.vip === vip || service.mark !== null)) return;
  const members = view.vips.of(vip).filter((each) => each.source === 'keepalived' && each.host !== host).map((each) => each.host);
  const tried = [...view.probes.targets.get(vip) ?? []].flatMap((from) => view.probes.connects(from, vip).map((connect) => connect.port));
  const offered = usual.filter((port) => members.some((member) => view.sockets.listening(member, vip, port).state === 'known'));
  const own = usual.filter((port) => view.sockets.listeners(host).some((socket) => socket.local.port === port));
  for (const port of new Set([...tried, ...offered, ...own])) {
    const socket = view.sockets.listening(host, vip, port);
    const subject = `${vip}:${String(port)} on ${hostName(host)}`;
    if (socket.state === 'known') { yield nothing('VR-07', subject, socket.lines); continue; }
    if (socket.state === 'unknown') { yield unsettled('VR-07', subject, socket); continue; }
    const elsewhere = view.sockets.listeners(host).filter((each) => each.local.port === port);
    const neighbour = members.map((member) => ({ member, socket: view.sockets.listening(member, vip, port) })).find((each) => each.socket.state === 'known');
    const seen = elsewhere[0] ?? view.sockets.listeners(host)[0] ?? view.sockets.of(host)[0];
    yield fault(finding('VR-07', {
      host, about: [about.address(vip), about.host(host), about.service(vip, port)],
      args: { host: hostName(host), vip, port: String(port), why: elsewhere.length > 0 ? `it listens on ${elsewhere.map((each) => `${each.local.address ?? '*'}:${String(port)}`).join(', ')} only` : 'nothing listens on that port' },
      proofs: [proof(host, holding.line, 'it has the address'), ...(seen === undefined ? [] : [proof(host, seen.source, elsewhere.length > 0 ? 'another address' : 'the listeners there are')]), ...(neighbour === undefined ? [] : neighbour.socket.state === 'known' ? neighbour.socket.lines.map((line) => proof(neighbour.member, line, 'the other member serves it')) : [])],
      rulesOut: [{ code: null, what: 'A director of LVS', because: 'no service of IPVS for the address in the evidence', line: holding.line }],
    }));
  }
}

function* leaks(view: View, vip: string, holding: Holding): Generator<Answer> {
  const host = holding.host;
  const listened = new Set(view.sockets.listeners(host).map((socket) => socket.local.port));
  const established = view.sockets.inState(host, 'ESTAB').filter((socket) => socket.local.address === vip);
  const outgoing = established.filter((socket) => socket.local.port !== null && socket.peer.port !== null && socket.peer.address !== null && !listened.has(socket.local.port) && socket.local.port >= 32_768 && socket.peer.port < 32_768);
  const [first, second] = outgoing;
  if (first === undefined) { if (established[0] !== undefined) yield nothing('VR-10', `${vip} on ${hostName(host)}`, [established[0].source]); return; }
  yield fault(finding('VR-10', {
    host, about: [about.address(vip), about.host(host)], args: { host: hostName(host), vip, peer: first.peer.address ?? '', dev: holding.held.dev },
    proofs: [proof(host, first.source, 'a connection of its own'), ...(second === undefined ? [] : [proof(host, second.source, 'and another')]), proof(host, holding.line, 'the virtual address')],
    ...(view.sockets.listeners(host).length === 0 ? { lowered: [{ by: 0.2, because: 'the listeners were not captured: that the connection is its own is taken from the ports' }] } : {}),
  }));
}
