import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { downState, hypervisorOf } from '../model/links.ts';
import { hostName } from '../model/record-index.ts';
import { vrrpGroupOf } from '../address.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'neighbours' | 'holders' | 'links' | 'vips' | 'probes'>;

/** L2-05, L2-14, L2-15: why nobody answers for a virtual address. */
export const l2Silence = analyzer({
  name: 'l2-silence',
  asks: 'Is there somebody who can answer for the address?',
  codes: ['L2-05', 'L2-14', 'L2-15'],
  reads: ['neighbours', 'holders', 'links', 'vips', 'probes'],
  *analyze(view): Generator<Answer> {
    for (const vip of view.vips.addresses) {
      yield* carriers(view, vip);
      // The last word counts: an entry that failed before the address moved in is no fault of now.
      const rows = view.neighbours.of(vip).filter(({ row, later }) => (row.state === 'failed' || row.state === 'incomplete') && later === null);
      for (const { host, row } of rows) yield unanswered(view, vip, host, row.source);
      for (const { host, record } of view.probes.arpings(vip)) {
        if (record.replies.length === 0 && (record.sent ?? 0) > 0 && !rows.some((each) => each.host === host)) yield unanswered(view, vip, host, record.source);
      }
    }
  },
});

function* carriers(view: View, vip: string): Generator<Answer> {
  for (const holding of view.holders.of(vip).filter((each) => each.place === 'wire' && each.link !== null)) {
    const state = holding.link === null ? null : downState(holding.link);
    const subject = `${vip} on ${hostName(holding.host)} ${holding.held.dev}`;
    if (state === null) { yield nothing('L2-15', subject, [holding.line]); continue; }
    yield fault(finding('L2-15', {
      host: holding.host, about: [about.address(vip), about.host(holding.host)],
      args: { host: hostName(holding.host), vip, dev: holding.held.dev, state },
      proofs: [proof(holding.host, holding.link?.source ?? holding.line, 'the interface'), proof(holding.host, holding.line, 'the address on it')],
    }));
  }
}

function unanswered(view: View, vip: string, client: string, line: import('../evidence.ts').SourceLine): Answer {
  const subject = `${vip} as asked by ${hostName(client)}`;
  const holders = view.holders.of(vip).filter((holding) => holding.place === 'wire' && holding.host !== client);
  const up = holders.filter((holding) => holding.link === null || downState(holding.link) === null);
  const virtual = up.find((holding) => holding.mac !== null && vrrpGroupOf(holding.mac) !== null);
  const parent = virtual?.link?.parent === null || virtual?.link?.parent === undefined ? null : view.links.link(virtual.host, virtual.link.parent);
  const vendor = parent?.state === 'known' && parent.value.mac !== null ? hypervisorOf(parent.value.mac) : null;
  if (virtual?.mac !== null && virtual?.mac !== undefined && vendor !== null && parent?.state === 'known') {
    return fault(finding('L2-14', {
      host: virtual.host, about: [about.address(vip), about.host(virtual.host), about.host(client)],
      args: { host: hostName(virtual.host), vip, mac: virtual.mac, vendor, does: `answers for ${vip} with the virtual MAC ${virtual.mac}, and ${hostName(client)} gets no answer`, why: 'the hypervisor lets only the MAC of the port through' },
      proofs: [proof(client, line, 'no answer'), proof(virtual.host, virtual.line, 'the address is there'), proof(virtual.host, virtual.link?.macSource ?? virtual.line, 'a virtual MAC'), proof(virtual.host, parent.value.macSource ?? parent.value.source, 'the MAC of the port')],
      lowered: [{ by: 0.2, because: 'the rules of the hypervisor are not in the evidence' }],
      settle: [{ host: '', command: `openstack port show PORT -c allowed_address_pairs -c port_security_enabled   # the port of ${parent.value.mac ?? ''}` }],
      rulesOut: [{ code: 'L2-05', what: 'Nobody holds the address', because: `${hostName(virtual.host)} does`, line: virtual.line }],
    }));
  }
  if (up.length > 0) {
    return couldNotLook('L2-05', subject, `${up.map((holding) => hostName(holding.host)).join(', ')} holds it on a running interface: its answer is lost on the way`, [{ host: up[0]?.host ?? '', command: `tcpdump -eni ${up[0]?.held.dev ?? 'any'} -c 10 arp and host ${vip}` }]);
  }
  if (holders.length === 0) {
    const mayHold = view.vips.of(vip).filter((each) => each.source === 'keepalived').map((each) => each.host);
    const unseen = mayHold.filter((host) => !view.holders.completeHosts.includes(host));
    if (unseen.length > 0 || (mayHold.length === 0 && view.holders.completeHosts.filter((host) => host !== client).length === 0)) {
      return couldNotLook('L2-05', subject, 'the addresses of the hosts that may hold it were not captured', (unseen.length > 0 ? unseen : ['']).map((host) => ({ host, command: 'ip -d address show' })));
    }
  }
  const down = holders[0];
  return fault(finding('L2-05', {
    host: client, about: [about.address(vip), about.host(client), ...(down === undefined ? [] : [about.host(down.host)])],
    args: { client: hostName(client), vip, why: down === undefined ? `no host of the evidence holds it (${view.holders.completeHosts.map(hostName).join(', ')})` : `${hostName(down.host)} holds it on ${down.held.dev}, which is down` },
    proofs: [proof(client, line, 'no answer'), ...(down === undefined ? view.vips.of(vip).filter((each) => each.source !== 'probed').map((each) => proof(each.host, each.line, 'it is meant to exist')) : [proof(down.host, down.link?.source ?? down.line, 'the holder\'s interface')])],
    ...(view.holders.unseenHosts.length > 0 && down === undefined ? { lowered: [{ by: 0.15, because: `the addresses of ${view.holders.unseenHosts.map(hostName).join(', ')} were not captured whole` }] } : {}),
  }));
}
