import { contains } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { downState } from '../model/links.ts';
import type { Link } from '../model/links.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'links' | 'routes' | 'firewalls' | 'sysctls' | 'sockets'>;

/** TC-06: tunnels whose segments nobody makes smaller. */
export const tcClamp = analyzer({
  name: 'tc-clamp',
  asks: 'Do segments fit into the tunnels they are forwarded through?',
  codes: ['TC-06'],
  reads: ['links', 'routes', 'firewalls', 'sysctls', 'sockets'],
  *analyze(view): Generator<Answer> {
    for (const host of view.links.hosts) for (const link of view.links.of(host)) if (isTunnel(link) && downState(link) === null) yield* clamp(view, host, link);
  },
});

/** Tunnels to other sites. Those of a cluster's overlay are left out: its pods have the smaller MTU themselves. */
function isTunnel(link: Link): boolean {
  if (/^(?:tunl0|flannel|cali|cilium|vxlan|genev|antrea|ovn|kube|cni)/.test(link.name)) return false;
  return ['wireguard', 'gre', 'ipip', 'sit', 'tun', 'ip6tnl', 'ppp'].includes(link.type ?? '') || /^(?:wg|ppp|gre|tun|vti|ipsec|xfrm)\d/.test(link.name);
}

function* clamp(view: View, host: string, tunnel: Link): Generator<Answer> {
  const mtu = tunnel.mtu;
  const wide = view.links.of(host).find((link) => link.name !== 'lo' && !isTunnel(link) && link.type !== 'dummy' && (link.mtu ?? 0) > (mtu ?? 0) && downState(link) === null);
  const ways = view.routes.of(host).filter((route) => route.type === 'unicast' && route.hops.some((hop) => hop.dev === tunnel.name) && route.scope !== 'link');
  const way = ways[0] ?? view.routes.of(host).find((route) => route.type === 'unicast' && route.to.length > 0 && route.to.length < 32 && route.hops.some((hop) => hop.dev === tunnel.name));
  const subject = `${tunnel.name} on ${hostName(host)}`;
  if (mtu === null || mtu >= 1500 || wide === undefined || way === undefined) return;
  const forward = view.sysctls.number(host, 'net.ipv4.ip_forward');
  if (forward.state === 'known' && forward.value === 0) { yield nothing('TC-06', subject, forward.lines); return; }
  const filter = view.firewalls.of(host);
  if (forward.state !== 'known' || filter.state !== 'known') { yield unsettled('TC-06', subject, forward, filter); return; }
  const rules = filter.value.tables.flatMap((table) => [...table.chains.values()].flatMap((chain) => chain.rules)).filter((rule) => /\bTCPMSS\b|maxseg size set/.test(rule.source.text));
  // A rule that names other interfaces only leaves this tunnel as it is.
  const own = rules.find((rule) => { const named = [...rule.source.text.matchAll(/(?:-[io]|[io]if(?:name)?) "?([\w.+-]+)"?/g)].map((each) => each[1] ?? ''); return named.length === 0 || named.some((name) => name === tunnel.name || (/[+*]$/.test(name) && tunnel.name.startsWith(name.slice(0, -1)))); });
  if (own !== undefined) { yield nothing('TC-06', subject, [own.source]); return; }
  // Clamping stands in mangle, or in any table of nft; a capture of filter alone says nothing.
  const whole = filter.value.tables.every((table) => table.complete) && (filter.value.tables.some((table) => table.name === 'mangle') || filter.value.gaps.length === 0);
  if (!whole) { yield couldNotLook('TC-06', subject, 'the mangle table was not captured', [{ host, command: 'iptables-save -c -t mangle; nft list ruleset' }]); return; }
  const big = view.sockets.hosts.filter((other) => other !== host).flatMap((other) => view.sockets.inState(other, 'ESTAB').map((socket) => ({ other, socket }))).find(({ socket }) => {
    const peer = socket.peer.address;
    return peer !== null && Math.max(Number(socket.details.get('mss') ?? 0), Number(socket.details.get('advmss') ?? 0)) > mtu - 40 && ways.concat(way).some((each) => each.to.length > 0 && contains(each.to, peer) === true);
  });
  yield fault(finding('TC-06', {
    host, about: [about.host(host), ...(big === undefined ? [] : [about.host(big.other)])],
    args: { host: hostName(host), wide: wide.name, wideMtu: String(wide.mtu ?? 0), dev: tunnel.name, mtu: String(mtu), mss: String(mtu - 40), seen: big === undefined ? '' : `; ${hostName(big.other)} has a connection over it with an mss of ${big.socket.details.get('mss') ?? ''}` },
    proofs: [proof(host, tunnel.source, 'the tunnel'), proof(host, wide.source, 'the wider side'), proof(host, way.source, 'what goes through it'), ...proofs(host, forward, 'it forwards'), ...(big === undefined ? [] : [proof(big.other, big.socket.detailsSource ?? big.socket.source, 'larger than the tunnel holds')])],
    ...(big === undefined ? { severity: 'note' as const, lowered: [{ by: 0.2, because: 'no connection over it with a larger segment size is in the evidence' }] } : { lowered: [{ by: 0.05, because: 'it works as long as "fragmentation needed" reaches the sender' }] }),
    settle: [{ host: big?.other ?? '', command: `ping -c 2 -M do -s ${String(1472)} ${way.to.length === 0 ? 'ADDRESS' : way.to.address}` }],
  }));
}
