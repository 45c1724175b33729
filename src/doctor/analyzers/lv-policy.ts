import { finding } from '../findings/finding.ts';
import { firstPacket } from '../model/firewall/packet.ts';
import { countText } from '../model/firewall/passage-text.ts';
import { policyOwner } from '../model/firewall/rule-roles.ts';
import { simulate } from '../model/firewall/simulate.ts';
import { nothingKnown } from '../model/firewall/surroundings.ts';
import { hostName } from '../model/record-index.ts';
import { rowsOf, servicesOf } from '../model/lvs-servers.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

/** LV-04: a host whose bridge carries the director's packets, and whose FORWARD policy eats them. */
export const lvPolicy = analyzer({
  name: 'lv-policy',
  asks: 'Does a host on the way drop what a director passes on, by its FORWARD policy?',
  codes: ['LV-04'],
  reads: ['firewalls', 'lvs', 'holders', 'sysctls'],
  *analyze(view): Generator<Answer> {
    for (const host of view.firewalls.hosts) {
      const captured = view.firewalls.of(host);
      // Only where bridged packets meet the IP rules is a host on the way without being in anybody's routing table.
      const calls = view.sysctls.number(host, 'net.bridge.bridge-nf-call-iptables');
      if (captured.state !== 'known' || (calls.state === 'known' && calls.value !== 1)) continue;
      for (const service of servicesOf(view.lvs)) {
        const { vip, port } = service.server;
        const hanging = rowsOf(view.lvs, service).find((row) => !row.template && (row.state === 'SYN_RECV' || row.nearest === 'SYN_RECV') && row.client !== null);
        if (vip === null || port === null || hanging?.client === null || hanging === undefined || view.holders.onHost(host).some((held) => held.held.address === vip || held.held.address === hanging.client)) continue;
        const passage = simulate(captured.value, firstPacket({ path: 'bridged', source: hanging.client, destination: vip, protocol: 6, destinationPort: port, ...(hanging.clientPort === null ? {} : { sourcePort: hanging.clientPort }) }), { ...nothingKnown, bridgeCallsIpRules: true });
        const subject = `${service.text} through ${hostName(host)}`;
        const ending = passage.ways[0]?.ending;
        if (passage.verdict === 'delivered') { yield nothing('LV-04', subject, captured.lines.slice(0, 1)); continue; }
        if (passage.verdict !== 'dropped' || ending?.kind !== 'dropped' || ending.by.rule !== null || ending.by.hook !== 'forward' || ending.by.chain.source === null) continue;
        if (calls.state !== 'known') { yield couldNotLook('LV-04', subject, 'whether bridged packets meet the IP rules was not captured', calls.state === 'unknown' ? calls.settle : []); continue; }
        const counter = ending.by.chain.base?.counter?.packets;
        if (counter === 0) { yield nothing('LV-04', subject, [ending.by.chain.source]); continue; }
        const owner = policyOwner(captured.value, ending.by);
        yield fault(finding('LV-04', {
          host, about: [about.host(host), about.host(service.director), about.address(vip), about.service(vip, port)],
          args: { host: hostName(host), vip, port: String(port), where: `no rule takes them, and the policy of ${ending.by.chain.name} is DROP (${owner.text})`, chain: /^Docker/.test(owner.text) ? 'DOCKER-USER' : ending.by.chain.name },
          proofs: [proof(host, ending.by.chain.source, `the policy; ${countText(counter)}`), ...(owner.line === null ? [] : [proof(host, owner.line, owner.text)]), ...proofs(host, calls, 'bridged packets meet these rules'), proof(service.director, hanging.source, 'it hangs')],
          rulesOut: [{ code: 'LV-02', what: 'Anti-spoofing rules', because: 'no rule drops it, the policy does', line: ending.by.chain.source }],
          lowered: [{ by: 0.2, because: 'that the packets pass this host is taken from the evidence being together' }],
        }));
      }
    }
  },
});
