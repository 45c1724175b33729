import { contains } from '../address.ts';
import { finding } from '../findings/finding.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import { countText } from '../model/firewall/passage-text.ts';
import type { Facets } from '../model/facets.ts';
import { hypervisorOf } from '../model/links.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'firewalls' | 'holders' | 'links' | 'vips' | 'lvs'>;

/** L2-14 by the hypervisor's own rules: a port that may not send with the virtual address its machine has. */
export const l2Antispoof = analyzer({
  name: 'l2-antispoof',
  asks: 'May a virtual machine send with the virtual address that it has?',
  codes: ['L2-14'],
  reads: ['firewalls', 'holders', 'links', 'vips', 'lvs'],
  *analyze(view: View): Generator<Answer> {
    for (const compute of view.firewalls.hosts) {
      const captured = view.firewalls.of(compute);
      if (captured.state !== 'known') continue;
      for (const port of antispoofPorts(captured.value)) yield* machine(view, compute, port);
    }
  },
});

function* machine(view: View, compute: string, port: ReturnType<typeof antispoofPorts>[number]): Generator<Answer> {
  // Whose port it is: the MAC of one of its pairs.
  const pair = port.allowed.find((each) => each.mac !== null && view.links.ownersOf(each.mac).length > 0);
  const owner = pair?.mac === null || pair === undefined ? undefined : view.links.ownersOf(pair.mac)[0];
  if (pair?.mac === null || pair === undefined || owner === undefined || owner.host === compute) return;
  for (const holding of view.holders.onHost(owner.host)) {
    const vip = holding.held.address;
    const meant = view.vips.of(vip).find((each) => each.source === 'keepalived' || each.source === 'service');
    if (holding.place !== 'wire' || meant === undefined || vip.includes(':')) continue;
    // A director of direct routing sends nothing with the address itself: its packets have the clients' (LV-02).
    if (view.lvs.of(owner.host).some((service) => service.vip === vip && service.realServers.every((server) => server.forward === 'route' || server.forward === 'tunnel'))) continue;
    const subject = `${vip} of ${hostName(owner.host)} at ${hostName(compute)}`;
    const mac = holding.mac ?? pair.mac;
    const allowing = port.allowed.find((each) => {
      const length = /-s \S+\/(\d{1,2})\b/.exec(each.rule.source.text)?.[1];
      return (each.mac === null || each.mac === mac) && contains({ address: each.source, length: length === undefined ? 32 : Number(length) }, vip) !== false;
    });
    if (allowing !== undefined) { yield nothing('L2-14', subject, [allowing.rule.source]); continue; }
    const dropped = port.drop.counter?.packets ?? 0;
    yield fault(finding('L2-14', {
      host: owner.host, about: [about.address(vip), about.host(owner.host), about.host(compute)],
      args: { host: hostName(owner.host), vip, mac, vendor: hypervisorOf(pair.mac) ?? `on ${hostName(compute)}`, does: `has ${vip}`, why: `${hostName(compute)} drops what it sends with that address in ${port.chain.name}, which allows ${port.allowed.map((each) => each.source).join(', ')} only` },
      proofs: [proof(compute, port.drop.source, `drops the rest; ${countText(port.drop.counter?.packets)}`), proof(compute, pair.rule.source, 'the port of that machine'), proof(owner.host, owner.line, 'its MAC'), proof(owner.host, holding.line, 'the virtual address'), proof(meant.host, meant.line, 'meant to be one')],
      lowered: dropped > 0 ? [] : [{ by: 0.1, because: 'the counter of the dropping rule does not show packets' }],
      rulesOut: [{ code: 'LV-03', what: 'The same on a real server of LVS', because: 'the address is keepalived\'s, on an interface of the network', line: holding.line }],
    }));
  }
}
