import { isMasked, vrrpGroupOf } from '../address.ts';
import type { Mac } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Lowered, Proof, RuledOut } from '../findings/finding.ts';
import type { Holding } from '../model/holders.ts';
import { isInnerDevice } from '../model/links.ts';
import { usable } from '../model/neighbours.ts';
import type { NeighbourRow } from '../model/neighbours.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'neighbours' | 'holders' | 'links' | 'vips' | 'probes' | 'vrrp'>;

/**
 * L2-01 and L2-06: a neighbour entry against the MACs of those who have the address. The entry is compared only with holders on a
 * shared network; a private bridge of the same address on another host is another network.
 */
export const l2Neighbour = analyzer({
  name: 'l2-neighbour',
  asks: 'Do the neighbours send to a MAC of a machine that has the address?',
  codes: ['L2-01', 'L2-06'],
  reads: ['neighbours', 'holders', 'links', 'vips', 'probes', 'vrrp'],
  *analyze(view): Generator<Answer> {
    for (const row of view.neighbours.rows) {
      const { host, row: entry } = row;
      if (!usable(entry) || entry.mac === null || entry.external || entry.state === 'noarp') continue;
      if (entry.dev !== null && isInnerDevice(entry.dev)) continue;
      const elsewhere = view.holders.of(entry.address).filter((holding) => holding.host !== host && holding.place !== 'inner');
      const owners = elsewhere.filter((holding) => holding.place === 'wire');
      const subject = `${entry.address} as seen by ${hostName(host)}`;
      if (owners.length === 0) {
        if (view.vips.of(entry.address).length > 0 && elsewhere.length === 0) yield couldNotLook('L2-01', subject, `no host of the evidence holds ${entry.address}`, [{ host: '', command: `ip -d address show   # on the host that should hold ${entry.address}` }]);
        continue;
      }
      const withMac = owners.filter((owner): owner is Holding & { readonly mac: Mac } => owner.mac !== null);
      const first = withMac[0];
      if (first === undefined) {
        yield couldNotLook('L2-01', subject, `the MAC of ${owners.map((owner) => `${hostName(owner.host)} ${owner.held.dev}`).join(', ')} was not captured`, owners.map((owner) => ({ host: owner.host, command: 'ip -d address show' })));
        continue;
      }
      if (owners.some((owner) => view.links.macsOf(owner.host).has(entry.mac ?? ''))) { yield nothing('L2-01', subject, [entry.source, first.line]); continue; }
      const group = vrrpGroupOf(entry.mac);
      if (group !== null && isGroupOf(view, entry.address, group)) { yield nothing('L2-01', subject, [entry.source]); continue; }
      yield entry.state === 'permanent' ? staticEntry(row, first) : foreign(view, row, first);
    }
  },
});

/** A virtual MAC is right when its last octet is the address's group, or when no configuration tells the group. */
function isGroupOf(view: View, vip: string, group: number): boolean {
  const configs = view.vrrp.configs.filter(({ record }) => record.vips.some((each) => each.address === vip));
  return configs.length === 0 || configs.some(({ record }) => record.vrid === group);
}

function staticEntry({ host, row: entry }: NeighbourRow, owner: Holding & { readonly mac: Mac }): Answer {
  return fault(finding('L2-06', {
    host, about: [about.host(host), about.address(entry.address)],
    args: { client: hostName(host), vip: entry.address, mac: entry.mac ?? '', holder: hostName(owner.host), holderMac: owner.mac, dev: entry.dev ?? 'DEV' },
    proofs: [proof(host, entry.source, 'a permanent entry'), proof(owner.host, owner.line, 'who has the address'), proof(owner.host, owner.link?.macSource ?? owner.line, 'and its MAC')],
    rulesOut: [{ code: 'L2-01', what: 'A learned entry that is out of date', because: 'the entry is permanent: announcements cannot have written it', line: entry.source }],
  }));
}

function foreign(view: View, row: NeighbourRow, owner: Holding & { readonly mac: Mac }): Answer {
  const { host, row: entry } = row;
  const token = entry.mac ?? '';
  const seen = symptoms(view, row);
  const claimants = view.links.ownersOf(token).filter((each) => each.host !== host);
  const lowered: Lowered[] = [];
  if (isMasked(entry.address)) lowered.push({ by: 0.05, because: 'masked octets: addresses were compared as they are written' });
  if (seen.case === 'open') lowered.push({ by: 0.2, because: 'no ping or connection from this client tells a stale entry from a second claimant' });
  if (row.later !== null && row.later.mac === owner.mac) lowered.push({ by: 0.05, because: 'a later capture shows the right MAC: the entry was renewed, which cures no claimant' });
  const claimant = claimants[0];
  const where = claimant === undefined
    ? 'a device outside this evidence answers'
    : `the MAC is of ${hostName(claimant.host)} ${claimant.dev}`;
  const verdicts = {
    'second-claimant': `a second machine answers for it as its own (${where})`,
    'stale-forwarding': `the entry is stale and its old holder passes packets on (${where})`,
    'stale-silent': `the entry is stale and nobody takes the packets (${where})`,
    open: where,
  } as const;
  const proofs: [Proof, ...Proof[]] = [proof(host, entry.source, 'where this client sends'), proof(owner.host, owner.line, 'who has the address'), proof(owner.host, owner.link?.macSource ?? owner.line, 'and its MAC'), ...seen.proofs];
  if (claimant !== undefined) proofs.push(proof(claimant.host, claimant.line, 'whose MAC it is'));
  return fault(finding('L2-01', {
    host, about: [about.host(host), about.address(entry.address), ...(claimant === undefined ? [] : [about.host(claimant.host)])],
    args: { client: hostName(host), vip: entry.address, mac: token, holder: `${hostName(owner.host)} ${owner.held.dev}`, holderMac: owner.mac, verdict: verdicts[seen.case], dev: entry.dev ?? 'DEV' },
    proofs, rulesOut: seen.rulesOut, lowered,
    settle: [
      { host, command: `arping -b -c 3${entry.dev === null ? '' : ` -I ${entry.dev}`} ${entry.address}` },
      ...(claimant === undefined ? [{ host: '', command: `bridge fdb show | grep -i ${token}   # on the hypervisor or switch: the port behind this MAC` }] : []),
    ],
  }));
}

interface Symptoms {
  readonly case: 'second-claimant' | 'stale-forwarding' | 'stale-silent' | 'open';
  readonly proofs: readonly Proof[];
  readonly rulesOut: readonly RuledOut[];
}

/** Values with which systems start their TTL; one less means one router in between. */
const fullTtl = new Set([64, 128, 255]);

function symptoms(view: View, { host, row: entry, later }: NeighbourRow): Symptoms {
  const pings = view.probes.pings(host, entry.address);
  const connects = view.probes.connects(host, entry.address);
  const connected = connects.find((each) => each.outcome === 'connected');
  const failed = connects.find((each) => each.outcome === 'timeout' || each.outcome === 'unreachable');
  // After the entry was deleted the same ping reaches the holder: only what came before it tells of the wrong MAC.
  const before = pings.filter((each) => later === null || each.source.file !== entry.source.file || each.source.line < entry.source.line);
  const reply = before.flatMap((each) => each.replies)[0];
  const redirect = before.flatMap((each) => each.redirects)[0];
  if (redirect !== undefined || (reply?.ttl !== null && reply?.ttl !== undefined && fullTtl.has(reply.ttl + 1))) {
    const line = redirect?.source ?? reply?.source ?? entry.source;
    return {
      case: 'stale-forwarding',
      proofs: [proof(host, line, redirect === undefined ? 'one hop more than a neighbour has' : 'a redirect from the machine in between')],
      rulesOut: [{ code: 'L2-02', what: 'A second claimant', because: 'the packets were passed on to the holder', line }],
    };
  }
  if (reply?.ttl !== undefined && reply.ttl !== null && fullTtl.has(reply.ttl)) {
    const silent = connected?.tls === 'silence' && connected.tlsSource !== null ? [proof(host, connected.tlsSource, 'and then nothing is said')] : [];
    return {
      case: 'second-claimant',
      proofs: [proof(host, reply.source, 'a full TTL: no router in between'), ...(connected === undefined ? [] : [proof(host, connected.source, 'TCP connects')]), ...silent],
      rulesOut: [
        { code: null, what: 'A stale entry to a machine without the address', because: 'it would not answer', line: reply.source },
        { code: null, what: 'A stale entry to an old holder that forwards', because: 'the TTL would be one lower', line: reply.source },
      ],
    };
  }
  if (connected !== undefined) return { case: 'open', proofs: [proof(host, connected.source, 'TCP connects')], rulesOut: [{ code: null, what: 'A stale entry to a machine that takes no packets', because: 'a connection opened', line: connected.source }] };
  const unanswered = before.find((each) => each.received === 0 && each.sent !== null && each.sent > 0);
  if (unanswered !== undefined || failed !== undefined) {
    const line = failed?.source ?? unanswered?.source ?? entry.source;
    return { case: 'stale-silent', proofs: [proof(host, line, 'no answer')], rulesOut: [{ code: 'L2-02', what: 'A second claimant', because: 'it would answer', line }] };
  }
  return { case: 'open', proofs: [], rulesOut: [] };
}
