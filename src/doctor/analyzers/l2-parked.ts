import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import type { Holding } from '../model/holders.ts';
import { hostName } from '../model/record-index.ts';
import { isObject } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'holders' | 'vips' | 'sysctls' | 'probes' | 'links' | 'components'>;

/**
 * L2-03, L2-04, L2-10: an address parked on lo or a dummy (real servers of LVS, nodes of kube-proxy) that its host answers for. Only
 * addresses that somebody else holds, serves or announces: a /32 on lo as a router id harms nobody.
 */
export const l2Parked = analyzer({
  name: 'l2-parked',
  asks: 'Does a host answer ARP for a virtual address that is only parked on it?',
  codes: ['L2-03', 'L2-04', 'L2-10'],
  reads: ['holders', 'vips', 'sysctls', 'probes', 'links', 'components'],
  *analyze(view): Generator<Answer> {
    const nodes = new Map<string, Silence[]>();
    for (const host of view.links.hosts) {
      for (const parked of view.holders.onHost(host).filter((holding) => holding.place === 'parked' && isHostAddress(holding))) {
        const vip = parked.held.address;
        if (!isMeantForOthers(view, parked)) continue;
        for (const silence of facing(view, parked)) {
          if (parked.held.dev.startsWith('kube-ipvs')) { nodes.set(vip, [...(nodes.get(vip) ?? []), silence]); continue; }
          yield realServer(view, silence);
        }
      }
    }
    for (const [vip, silences] of nodes) yield kubeNodes(view, vip, silences);
  },
});

/** One parked address, looked at from the interface by which requests for it come in. */
interface Silence {
  readonly parked: Holding;
  readonly dev: string;
  readonly answers: 'yes' | 'no' | 'unknown';
  readonly proof: readonly Proof[];
  readonly open: ReturnType<Facets['sysctls']['effective']>;
}

function isHostAddress(holding: Holding): boolean {
  return !/^(?:127\.|::1$|fe80:)/.test(holding.held.address) && holding.held.scope !== 'host' && !holding.held.address.includes(':');
}

/** Held on a wire by another host, served by IPVS or keepalived elsewhere, an external address of a service, or seen to be answered for. */
function isMeantForOthers(view: View, parked: Holding): boolean {
  const vip = parked.held.address;
  if (view.holders.of(vip).some((other) => other.host !== parked.host && other.place === 'wire')) return true;
  return view.vips.of(vip).some((each) => each.source === 'service' || ((each.source === 'ipvs' || each.source === 'keepalived') && each.host !== parked.host));
}

/** Interfaces on the address's network; without one, every interface on a wire (the request may come by a router's interface). */
function facing(view: View, parked: Holding): Silence[] {
  const near = view.holders.facing(parked.host, parked.held.address);
  const wires = near.length > 0 ? near : view.holders.onHost(parked.host).filter((each) => each.place === 'wire' && !each.held.address.includes(':'));
  const devices = [...new Set(wires.map((each) => each.held.dev))];
  return devices.map((dev) => {
    const value = view.sysctls.effective(parked.host, dev, 'arp_ignore');
    const macs = view.links.macsOf(parked.host);
    const seen = view.probes.arpings(parked.held.address).flatMap(({ host, record }) => record.replies.filter((reply) => macs.has(reply.mac)).map((reply) => proof(host, reply.source, 'its answer on the network')));
    // 3 ignores requests only for addresses of scope host, and `ip address add` on lo gives global (Linux, arp_ignore() in net/ipv4/arp.c).
    const silent = value.state === 'known' ? (value.value === 3 ? parked.held.scope === 'link' || parked.held.scope === 'host' : value.value >= 1 && value.value !== 4 && value.value !== 5 && value.value !== 6 && value.value !== 7) : null;
    const answers = seen.length > 0 ? 'yes' : silent === null ? 'unknown' : silent ? 'no' : 'yes';
    return { parked, dev, answers, proof: [proof(parked.host, parked.line, 'the parked address'), ...proofs(parked.host, value, 'what decides whether it answers'), ...seen], open: value };
  });
}

function realServer(view: View, { parked, dev, answers, proof: shown, open }: Silence): Answer {
  const vip = parked.held.address;
  const subject = `${vip} on ${hostName(parked.host)} ${parked.held.dev}`;
  if (answers === 'unknown') return unsettled('L2-03', subject, open);
  if (answers === 'no') return nothing('L2-03', subject, shown.map((each) => each.line));
  const onLoopback = view.sysctls.number(parked.host, `net.ipv4.conf.${parked.held.dev}.arp_ignore`);
  const args = { host: hostName(parked.host), vip, loopback: parked.held.dev, dev };
  const where = [about.address(vip), about.host(parked.host)];
  const first = shown[0] ?? proof(parked.host, parked.line, 'the parked address');
  if (onLoopback.state === 'known' && onLoopback.value > 0 && open.state === 'known' && open.value === 0) {
    return fault(finding('L2-04', { host: parked.host, about: where, args, proofs: [first, ...shown.slice(1), ...proofs(parked.host, onLoopback, 'the setting that has no effect')], rulesOut: [{ code: 'L2-03', what: 'arp_ignore not set', because: 'it is set, on the wrong interface', line: onLoopback.lines[0] ?? null }] }));
  }
  return fault(finding('L2-03', {
    host: parked.host, about: where, args, proofs: [first, ...shown.slice(1)],
    rulesOut: [{ code: 'L2-10', what: 'kube-proxy\'s dummy interface', because: `the address is on ${parked.held.dev}`, line: parked.line }],
    ...(open.state === 'unknown' ? { lowered: [{ by: 0.1, because: 'arp_ignore itself was not captured, its answer was' }] } : {}),
  }));
}

function kubeNodes(view: View, vip: string, silences: readonly Silence[]): Answer {
  const strict = view.components.kubeProxy.flatMap(({ host, line, settings }) => {
    const ipvs = isObject(settings['ipvs']) ? settings['ipvs'] : {};
    return [{ host, line, value: ipvs['strictARP'] === true }];
  })[0];
  const loud = silences.filter((each) => each.answers === 'yes');
  const shown = loud.flatMap((each) => each.proof);
  const lax = strict !== undefined && !strict.value;
  if (loud.length === 0 && !(lax && silences.every((each) => each.answers === 'unknown'))) {
    const open = silences.filter((each) => each.answers === 'unknown');
    return open.length > 0 ? unsettled('L2-10', vip, ...open.map((each) => each.open)) : nothing('L2-10', vip, silences.flatMap((each) => each.proof.map((line) => line.line)));
  }
  const hosts = [...new Set((loud.length > 0 ? loud : silences).map((each) => hostName(each.parked.host)))];
  const all = [...(loud.length > 0 ? shown : silences.flatMap((each) => each.proof)), ...(lax ? [proof(strict.host, strict.line, 'strictARP is not true')] : [])];
  const first = all[0];
  if (first === undefined) return nothing('L2-10', vip, []);
  return fault(finding('L2-10', {
    host: '', about: [about.address(vip), ...silences.map((each) => about.host(each.parked.host))],
    args: { hosts: hosts.join(', '), vip, why: loud.length > 0 ? 'arp_ignore is 0 where requests come in' : 'kube-proxy runs without strictARP' },
    proofs: [first, ...all.slice(1)],
    ...(loud.length === 0 ? { lowered: [{ by: 0.15, because: 'arp_ignore of the nodes was not captured' }] } : {}),
  }));
}
