import { finding } from '../findings/finding.ts';
import type { Lowered, Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'kernel' | 'sysctls' | 'counters' | 'reachability' | 'holders' | 'links'>;

const counter = 'TcpExtIPReversePathFilter';

/** RT-01: packets that the reverse path filter drops. */
export const rtFilter = analyzer({
  name: 'rt-filter',
  asks: 'Does the reverse path filter drop packets?',
  codes: ['RT-01'],
  reads: ['kernel', 'sysctls', 'counters', 'reachability', 'holders', 'links'],
  *analyze(view): Generator<Answer> {
    const told = new Set<string>();
    for (const { host, record } of view.kernel.martians) {
      const own = view.holders.of(record.from).some((held) => held.host === host);
      // A source that is never valid is dropped without any filter; lines with another header came from the ARP side or from ip route get.
      if (record.role !== 'source' || record.header?.protocol !== 'ip' || own || /^(?:127\.|0\.|22[4-9]\.|23\d\.)/.test(record.from) || told.has(`${host} ${record.dev}`)) continue;
      const value = view.sysctls.effective(host, record.dev, 'rp_filter');
      if (value.state === 'known' && value.value !== 1) { yield nothing('RT-01', `${record.dev} on ${hostName(host)}`, value.lines); continue; }
      told.add(`${host} ${record.dev}`);
      yield dropped(view, host, record.dev, ` from ${record.from}`, 'the kernel logged it as martian', [proof(host, record.source, 'dropped'), proof(host, record.header.source, 'an IP packet, by the last two bytes'), ...proofs(host, value, 'the larger of both counts')], value.state === 'unknown' ? [{ by: 0.1, because: 'rp_filter was not captured' }] : [], [record.from, record.target]);
    }
    for (const { host, record } of view.reachability.lookups) {
      if (record.answer !== 'refused' || record.iif === null || told.has(`${host} ${record.iif}`)) continue;
      const value = view.sysctls.effective(host, record.iif, 'rp_filter');
      if (value.state === 'known' && value.value !== 1) continue;
      told.add(`${host} ${record.iif}`);
      yield dropped(view, host, record.iif, record.from === null ? '' : ` from ${record.from}`, 'ip route get refuses such a packet', [proof(host, record.source, 'refused'), ...proofs(host, value, 'the larger of both counts')], value.state === 'unknown' ? [{ by: 0.2, because: 'rp_filter was not captured: a source that is never valid is refused as well' }] : [], record.from === null ? [] : [record.from]);
    }
    for (const host of view.links.hosts) yield* counted(view, host, [...told].some((each) => each.startsWith(`${host} `)));
  },
});

function* counted(view: View, host: string, known: boolean): Generator<Answer> {
  const growth = view.counters.growth(host, counter);
  const last = view.counters.last(host, counter);
  if (growth.state === 'known' && growth.value.by === 0) { yield nothing('RT-01', hostName(host), growth.lines); return; }
  if (growth.state === 'known' && !known) {
    const strict = view.links.of(host).map((link) => ({ link, value: view.sysctls.effective(host, link.name, 'rp_filter') })).find(({ link, value }) => link.name !== 'lo' && value.state === 'known' && value.value === 1);
    yield dropped(view, host, strict?.link.name ?? 'DEV', '', `the counter rose by ${String(growth.value.by)}`, [...proofs(host, growth, 'it rises'), ...(strict === undefined ? [] : proofs(host, strict.value, 'a strict filter'))], [{ by: 0.15, because: 'the counter does not say which device' }], []);
    return;
  }
  if (growth.state === 'unknown' && last.state === 'known' && last.value > 0 && !known) yield couldNotLook('RT-01', hostName(host), `${counter} is ${String(last.value)} since boot; one sample does not say whether it still rises`, growth.settle);
}

function dropped(view: View, host: string, dev: string, from: string, how: string, shown: readonly Proof[], lowered: readonly Lowered[], addresses: readonly string[]): Answer {
  const [first, ...rest] = shown;
  if (first === undefined) return nothing('RT-01', hostName(host), []);
  const back = addresses[0] === undefined ? undefined : view.reachability.lookups.find((each) => each.host === host && each.record.to === addresses[0] && each.record.dev !== null && each.record.dev !== dev);
  return fault(finding('RT-01', {
    host, about: [about.host(host), ...addresses.map(about.address)], args: { host: hostName(host), dev, from, how },
    proofs: [first, ...rest, ...(back === undefined ? [] : [proof(host, back.record.source, 'the way back to the sender is another')])], lowered,
    rulesOut: [{ code: 'L2-12', what: 'Dropped ARP requests', because: 'IP packets are concerned', line: first.line }],
  }));
}
