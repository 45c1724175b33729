import type { Address } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Lowered, Proof } from '../findings/finding.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import type { AntispoofPort } from '../model/firewall/antispoof.ts';
import type { HostFirewall } from '../model/firewall/host-firewall.ts';
import { firstPacket, freshConnection } from '../model/firewall/packet.ts';
import type { Packet } from '../model/firewall/packet.ts';
import { countText, pathText, ruleText } from '../model/firewall/passage-text.ts';
import { simulate } from '../model/firewall/simulate.ts';
import type { Way } from '../model/firewall/simulate.ts';
import { nothingKnown } from '../model/firewall/surroundings.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'firewalls' | 'lvs'>;
type Balanced = ReturnType<typeof balancedConnections>[number];

/** LV-02, LV-03: do the hypervisors let pass what direct routing sends? */
export const lvAntispoof = analyzer({
  name: 'lv-antispoof',
  asks: 'Do the anti-spoofing rules of the hypervisors let LVS with direct routing work?',
  codes: ['LV-02', 'LV-03'],
  reads: ['firewalls', 'lvs'],
  *analyze(view): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      if (captured.state !== 'known') continue;
      for (const port of antispoofPorts(captured.value)) {
        for (const balanced of balancedConnections(view)) {
          const allows = (address: Address): boolean => port.allowed.some((pair) => pair.source === address);
          const server = balanced.servers.find(allows);
          // The director may send with the virtual address; a real server has its own in the list.
          if (server !== undefined) yield* realServer(host, captured.value, port, balanced, server);
          else if (allows(balanced.vip)) yield* director(host, captured.value, port, balanced);
        }
      }
    }
  },
});

/** Services that send packets on unchanged, one client each. */
function balancedConnections(view: View): { readonly vip: Address; readonly port: number; readonly client: Address; readonly clientPort: number | null; readonly servers: readonly Address[]; readonly proof: Proof }[] {
  const found = new Map<string, { vip: Address; port: number; client: Address; clientPort: number | null; servers: readonly Address[]; proof: Proof }>();
  for (const { host, record } of view.lvs.connections) {
    const { vip, vipPort, client, realServer: server } = record;
    if (vip === null || vipPort === null || client === null || record.template || (record.state !== 'SYN_RECV' && record.nearest !== 'SYN_RECV')) continue;
    const service = view.lvs.of(host).find((one) => one.vip === vip);
    const forwarding = service?.realServers.find((one) => one.address === server)?.forward ?? service?.realServers[0]?.forward;
    if (forwarding !== undefined && forwarding !== 'route') continue;
    const servers = [...new Set([...(service?.realServers.flatMap((one) => one.address ?? []) ?? []), ...(server === null ? [] : [server])])];
    const key = `${vip} ${String(vipPort)}`;
    if (!found.has(key)) found.set(key, { vip, port: vipPort, client, clientPort: record.clientPort, servers, proof: proof(host, record.source, 'hangs in SYN_RECV') });
  }
  return [...found.values()];
}

function* director(host: string, firewall: HostFirewall, port: AntispoofPort, balanced: Balanced): Generator<Answer> {
  const mac = port.allowed.find((pair) => pair.mac !== null)?.mac ?? null;
  const packet = fromPort(port, mac, { source: balanced.client, destination: balanced.vip, sourcePort: balanced.clientPort ?? undefined, destinationPort: balanced.port });
  const subject = `${balanced.client} -> ${balanced.vip}:${String(balanced.port)} at ${hostName(host)}`;
  yield* walk('LV-02', host, firewall, port, balanced, packet, subject, (way, step) => fault(finding('LV-02', {
    host, about: [about.host(host), about.host(balanced.proof.host), about.address(balanced.vip), about.service(balanced.vip, balanced.port)],
    args: { host: hostName(host), client: balanced.client, vip: balanced.vip, port: String(balanced.port), number: String(step.rule?.number ?? 0), chain: step.chain.name, path: pathText(step), rule: ruleText(step), mac: mac ?? 'the director', shared: sharedChain(firewall) },
    proofs: chainProofs(host, port, way, balanced), lowered: lowerings(port, way),
    rulesOut: [
      { code: 'FW-02', what: 'A FORWARD chain without a rule for forwarded packets', because: `the packet is dropped in ${step.chain.name} before FORWARD comes to its end`, line: port.drop.source },
      { code: 'LV-03', what: 'The same on the real server\'s side', because: 'the source of the dropped packet is the client', line: balanced.proof.line },
    ],
    settle: [{ host, command: `iptables-save -c | grep -e '${step.chain.name}'   # twice: does it grow?` }],
  })));
}

function* realServer(host: string, firewall: HostFirewall, port: AntispoofPort, balanced: Balanced, server: Address): Generator<Answer> {
  const mac = port.allowed.find((pair) => pair.source === server)?.mac ?? null;
  const packet = fromPort(port, mac, { source: balanced.vip, destination: balanced.client, sourcePort: balanced.port, destinationPort: balanced.clientPort ?? undefined });
  const subject = `${balanced.vip}:${String(balanced.port)} (from ${server}) at ${hostName(host)}`;
  yield* walk('LV-03', host, firewall, port, balanced, { ...packet, tcpFlags: 18, connection: { ...freshConnection, state: 'ESTABLISHED', direction: 'reply' } }, subject, (way, step) => fault(finding('LV-03', {
    host, about: [about.host(host), about.host(balanced.proof.host), about.address(balanced.vip), about.service(balanced.vip, balanced.port)],
    args: { host: hostName(host), server, vip: balanced.vip, port: String(balanced.port), number: String(step.rule?.number ?? 0), chain: step.chain.name, path: pathText(step), rule: ruleText(step) },
    proofs: chainProofs(host, port, way, balanced), lowered: lowerings(port, way),
    rulesOut: [{ code: 'LV-02', what: 'The same on the director\'s side', because: 'the source of the dropped packet is the virtual address', line: balanced.proof.line }],
  })));
}

function fromPort(port: AntispoofPort, mac: string | null, given: { readonly source: Address; readonly destination: Address; readonly sourcePort: number | undefined; readonly destinationPort: number | undefined }): Packet {
  const { sourcePort, destinationPort, ...addresses } = given;
  return firstPacket({ path: 'bridged', protocol: 6, inPort: port.port ?? undefined, sourceMac: mac ?? undefined, ...addresses, ...(sourcePort === undefined ? {} : { sourcePort }), ...(destinationPort === undefined ? {} : { destinationPort }) });
}

/** The walk counts when it ends in the port's own chain; what ends elsewhere is for others to tell. */
function* walk(code: 'LV-02' | 'LV-03', host: string, firewall: HostFirewall, port: AntispoofPort, balanced: Balanced, packet: Packet, subject: string, say: (way: Way, step: Extract<Way['ending'], { kind: 'dropped' }>['by']) => Answer): Generator<Answer> {
  const passage = simulate(firewall, packet, { ...nothingKnown, bridgeCallsIpRules: true });
  const way = passage.ways.find((one) => one.ending.kind === 'dropped' && one.ending.by.chain.name === port.chain.name);
  if (way?.ending.kind === 'dropped' && (passage.verdict === 'dropped' || passage.ways[0] === way)) {
    yield say(way, way.ending.by);
    return;
  }
  if (passage.verdict === 'delivered') yield nothing(code, subject, [balanced.proof.line, port.drop.source]);
  else yield couldNotLook(code, subject, passage.open.map((doubt) => doubt.what).join('; ') || 'the walk ends elsewhere', [{ host, command: 'iptables-save -c' }]);
}

function chainProofs(host: string, port: AntispoofPort, way: Way, balanced: Balanced): [Proof, ...Proof[]] {
  const jumps = way.trail.flatMap((step) => (step.rule !== null && /^(?:jump|goto) /.test(step.did) ? [proof(host, step.rule.source, step.did)] : []));
  const odd = port.chain.rules.filter((rule) => rule.oddities.some((one) => one.code === 'not-a-mac')).map((rule) => proof(host, rule.source, 'what it names is not a MAC'));
  return [
    proof(host, port.drop.source, `ends here; ${countText(port.drop.counter?.packets)}`),
    ...port.allowed.filter((pair) => pair.mac !== null).map((pair) => proof(host, pair.rule.source, `may send with ${pair.source}`)),
    ...jumps, balanced.proof, ...odd,
  ];
}

function lowerings(port: AntispoofPort, way: Way): Lowered[] {
  const odd = port.chain.rules.filter((rule) => rule.oddities.some((one) => one.code === 'not-a-mac'));
  return [
    ...odd.map((rule) => ({ by: 0.05, because: `rule ${String(rule.number)} of ${port.chain.name} names "${rule.oddities[0]?.text ?? ''}", which is not a MAC address` })),
    ...way.doubts.filter((doubt) => doubt.taken).map((doubt) => ({ by: 0.1, because: `not known: ${doubt.what}` })),
    ...way.assumptions.filter((text) => /not captured: it is taken/.test(text)).map((text) => ({ by: 0.05, because: text })),
  ];
}

function sharedChain(firewall: HostFirewall): string {
  for (const table of firewall.tables) for (const name of table.chains.keys()) if (/^neutron-.*-local$/.test(name)) return name;
  return 'FORWARD';
}
