import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import type { Holding } from '../model/holders.ts';
import { hostName } from '../model/record-index.ts';
import { usable } from '../model/neighbours.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'neighbours' | 'holders' | 'links' | 'sysctls' | 'kernel' | 'vips' | 'vrrp' | 'probes'>;

/** L2-11, L2-12, L2-13: settings of the kernel that answer too much, too little, or forget. */
export const l2Kernel = analyzer({
  name: 'l2-kernel',
  asks: 'Do kernel settings answer for others, drop requests, or lose the address?',
  codes: ['L2-11', 'L2-12', 'L2-13'],
  reads: ['neighbours', 'holders', 'links', 'sysctls', 'kernel', 'vips', 'vrrp', 'probes'],
  *analyze(view): Generator<Answer> {
    yield* proxyArp(view);
    yield* filteredRequests(view);
    yield* secondaries(view);
    yield* lostAddresses(view);
  },
});

function* proxyArp(view: View): Generator<Answer> {
  for (const { host, row } of view.neighbours.proxies) {
    const holder = view.holders.of(row.address).find((each) => each.host !== host && each.place === 'wire');
    if (holder === undefined) continue;
    yield hijack(host, row.dev ?? 'DEV', row.address, holder, 'an entry was made by hand', [proof(host, row.source, 'the proxy entry')]);
  }
  const told = new Set<string>();
  const seen = [
    ...view.neighbours.rows.filter(({ row }) => usable(row)).map(({ host, row }) => ({ client: host, address: row.address, mac: row.mac ?? '', line: row.source })),
    ...view.probes.allArpings.flatMap(({ host, record }) => record.replies.map((reply) => ({ client: host, address: record.target, mac: reply.mac, line: reply.source }))),
  ];
  for (const { client, address, mac, line } of seen) {
    const claimant = view.links.ownersOf(mac).find((each) => each.host !== client);
    if (claimant === undefined || view.holders.of(address).some((each) => each.host === claimant.host) || told.has(`${claimant.host} ${address}`)) continue;
    const holder = view.holders.of(address).find((each) => each.place === 'wire' && each.host !== claimant.host && each.host !== client);
    if (holder === undefined) continue;
    const plain = view.sysctls.effective(claimant.host, claimant.dev, 'proxy_arp');
    const pvlan = view.sysctls.effective(claimant.host, claimant.dev, 'proxy_arp_pvlan');
    const on = [plain, pvlan].find((each) => each.state === 'known' && each.value > 0);
    if (on === undefined) {
      if (plain.state === 'unknown') yield couldNotLook('L2-11', `${address} at ${hostName(claimant.host)}`, plain.because, plain.settle);
      else yield nothing('L2-11', `${address} at ${hostName(claimant.host)}`, plain.lines);
      continue;
    }
    told.add(`${claimant.host} ${address}`);
    yield hijack(claimant.host, claimant.dev, address, holder, 'proxy_arp is on there', [proof(client, line, 'who is answered'), proof(claimant.host, claimant.line, 'whose MAC it is'), ...proofs(claimant.host, on, 'proxy ARP')]);
  }
}

function hijack(host: string, dev: string, address: string, holder: Holding, why: string, shown: readonly ReturnType<typeof proof>[]): Answer {
  const [first, ...rest] = shown;
  if (first === undefined) return nothing('L2-11', address, []);
  return fault(finding('L2-11', {
    host, about: [about.host(host), about.address(address)],
    args: { host: hostName(host), vip: address, dev, holder: `${hostName(holder.host)} ${holder.held.dev}`, why },
    proofs: [first, ...rest, proof(holder.host, holder.line, 'who has the address')],
    rulesOut: [{ code: 'L2-02', what: 'A second machine with the address', because: `${hostName(host)} does not have it`, line: null }],
  }));
}

function* filteredRequests(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.kernel.martians) {
    // A header that is neither ARP nor IP comes from `ip route get ... iif`, which logs a martian of its own making.
    if (record.role !== 'source' || record.header?.protocol !== 'arp') continue;
    const key = `${host} ${record.from} ${record.target} ${record.dev}`;
    if (told.has(key)) continue;
    told.add(key);
    // `martian source TARGET from SENDER, on dev X`: the kernel prints the destination first.
    const filter = view.sysctls.effective(host, record.dev, 'rp_filter');
    if (filter.state === 'known' && filter.value !== 1) { yield nothing('L2-12', `${record.from} on ${hostName(host)}`, filter.lines); continue; }
    yield fault(finding('L2-12', {
      host, about: [about.host(host), about.address(record.target)],
      args: { host: hostName(host), client: record.from, vip: record.target, dev: record.dev },
      proofs: [proof(host, record.source, 'the request that was dropped'), proof(host, record.header.source, '08 06: this was ARP'), ...proofs(host, filter, 'the filter')],
      rulesOut: [{ code: null, what: 'IP packets dropped by the same filter (RT-01)', because: 'the header ends in 08 06, not in 08 00', line: record.header.source }],
      ...(filter.state === 'unknown' ? { lowered: [{ by: 0.05, because: 'rp_filter itself was not captured' }] } : {}),
    }));
  }
}

function* secondaries(view: View): Generator<Answer> {
  for (const host of view.links.hosts) {
    const own = view.holders.onHost(host);
    for (const holding of own.filter((each) => each.held.secondary && each.place === 'wire' && view.vips.of(each.held.address).length + labelled(each) > 0)) {
      const primary = own.find((each) => each.held.dev === holding.held.dev && !each.held.secondary && each.held.length === holding.held.length && !each.held.address.includes(':'));
      if (primary === undefined) continue;
      const promote = view.sysctls.effective(host, holding.held.dev, 'promote_secondaries');
      const subject = `${holding.held.address} on ${hostName(host)} ${holding.held.dev}`;
      if (promote.state === 'known' && promote.value > 0) { yield nothing('L2-13', subject, promote.lines); continue; }
      yield fault(finding('L2-13', {
        host, about: [about.host(host), about.address(holding.held.address)],
        args: { host: hostName(host), vip: holding.held.address, length: String(holding.held.length), dev: holding.held.dev, why: `it is lost when ${primary.held.address} is removed` },
        proofs: [proof(host, holding.line, 'secondary'), proof(host, primary.line, 'its primary'), ...proofs(host, promote, 'secondaries are not kept')],
        ...(promote.state === 'unknown' ? { severity: 'note' as const, lowered: [{ by: 0.25, because: 'promote_secondaries was not captured: with 1 the address would stay' }], settle: promote.settle } : {}),
      }));
    }
  }
}

/** `bond0.169:1`: somebody gave the address a label of its own, as virtual addresses have. */
function labelled(holding: Holding): number {
  return holding.held.label !== null && holding.held.label.startsWith(`${holding.held.dev}:`) ? 1 : 0;
}

/** keepalived says MASTER, the interface has no such address. */
function* lostAddresses(view: View): Generator<Answer> {
  for (const { host, record } of view.vrrp.configs) {
    const state = view.vrrp.stateOf(host, record.name);
    if (state?.state !== 'MASTER') continue;
    for (const vip of record.vips) {
      const held = view.holders.of(vip.address).find((each) => each.host === host);
      if (held !== undefined) { yield nothing('L2-13', `${vip.address} on ${hostName(host)}`, [held.line]); continue; }
      if (view.vrrp.isMoving(host, record.name)) { yield couldNotLook('L2-13', `${vip.address} on ${hostName(host)}`, `${record.name} changes its state within seconds: the address may have moved between the commands of this capture`, [{ host, command: 'ip -d address show; journalctl -u keepalived -n 20 --no-pager' }]); continue; }
      if (!view.holders.completeHosts.includes(host)) { yield couldNotLook('L2-13', `${vip.address} on ${hostName(host)}`, 'its addresses were not captured whole', [{ host, command: 'ip -d address show' }]); continue; }
      const dev = vip.dev ?? record.interface ?? 'DEV';
      const primary = view.holders.onHost(host).find((each) => each.held.dev === dev);
      yield fault(finding('L2-13', {
        host, about: [about.host(host), about.address(vip.address)], severity: 'error',
        args: { host: hostName(host), vip: vip.address, length: String(vip.length), dev, why: 'keepalived is MASTER, and the address is not there any more' },
        proofs: [proof(host, state.line, 'master'), proof(host, vip.source, 'the address it should have'), ...(primary === undefined ? [] : [proof(host, primary.line, 'what the interface has')])],
        lowered: [{ by: 0.15, because: 'who took the address away is not in the evidence' }],
      }));
    }
  }
}
