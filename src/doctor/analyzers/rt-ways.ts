import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof, proofs, unsettled } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import type { NextHop } from '../parsers/ip-route.ts';

type View = Pick<Facets, 'reachability' | 'routes' | 'holders' | 'sysctls' | 'multipaths' | 'counters' | 'links' | 'vips'>;

/** RT-02, RT-04, RT-05, RT-06: ways that end, change, or make a detour. */
export const rtWays = analyzer({
  name: 'rt-ways',
  asks: 'Does every way lead somewhere, and straight?',
  codes: ['RT-02', 'RT-04', 'RT-05', 'RT-06'],
  reads: ['reachability', 'routes', 'holders', 'sysctls', 'multipaths', 'counters', 'links', 'vips'],
  *analyze(view): Generator<Answer> {
    yield* gateways(view);
    for (const each of view.multipaths.all) yield* spread(each);
    yield* deadEnds(view);
    yield* detours(view);
  },
});

function* gateways(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const user of view.reachability.hosts) {
    for (const route of view.routes.of(user)) {
      for (const hop of route.hops) {
        if (hop.via === null) continue;
        const held = view.holders.of(hop.via).find((each) => each.host !== user && each.place === 'wire');
        // A host route to an address of the gateway itself (a virtual address behind a real one) ends there: nothing is forwarded.
        if (held === undefined || told.has(`${held.host} ${hop.via}`) || (route.to.length === (route.to.address.includes(':') ? 128 : 32) && view.holders.of(route.to.address).some((each) => each.host === held.host))) continue;
        told.add(`${held.host} ${hop.via}`);
        const subject = `${hostName(held.host)} as gateway of ${hostName(user)}`;
        const own = view.sysctls.number(held.host, `net.ipv4.conf.${held.held.dev}.forwarding`);
        const all = view.sysctls.number(held.host, 'net.ipv4.ip_forward');
        // The kernel asks the device a packet came in by (IN_DEV_FORWARD); writing ip_forward sets all devices, so it is the one to name when both are off.
        const general = all.state === 'known' && all.value === 0 ? { setting: 'net.ipv4.ip_forward', answer: all } : null;
        const off = own.state !== 'known' ? general : own.value > 0 ? null : general ?? { setting: `net.ipv4.conf.${held.held.dev}.forwarding`, answer: own };
        if (off === null) { yield own.state !== 'known' && all.state === 'unknown' ? unsettled('RT-02', subject, all) : nothing('RT-02', subject, own.state === 'known' ? own.lines : all.state === 'known' ? all.lines : []); continue; }
        yield fault(finding('RT-02', {
          host: held.host, about: [about.host(held.host), about.host(user)], args: { user: hostName(user), host: hostName(held.host), gateway: hop.via, setting: off.setting },
          proofs: [proof(user, route.source, 'its gateway'), proof(held.host, held.line, 'that is this host'), ...proofs(held.host, off.answer, 'it does not forward')],
        }));
      }
    }
  }
}

function* spread({ host, to, first, last, group }: View['multipaths']['all'][number]): Generator<Answer> {
  const text = (hops: readonly NextHop[]): string => hops.map((hop) => hop.via ?? hop.dev ?? '?').sort().join(', ');
  if (last === null) return;
  if (text(first.hops) === text(last.hops) || group?.resilient === true) { yield nothing('RT-04', `${to} on ${hostName(host)}`, [first.line, last.line, ...(group === null ? [] : [group.source])]); return; }
  yield fault(finding('RT-04', {
    host, about: [about.host(host)], args: { host: hostName(host), to, before: text(first.hops), after: text(last.hops) }, proofs: [proof(host, first.line, 'before'), proof(host, last.line, 'after'), ...(group === null ? [] : [proof(host, group.source, 'the group, which is not a resilient one')])],
    ...(group === null ? { lowered: [{ by: 0.15, because: 'a group of next hops may be resilient: the routing table does not say' }], settle: [{ host, command: 'ip nexthop show' }] } : {}),
  }));
}

function* deadEnds(view: View): Generator<Answer> {
  const told = new Set<string>();
  const words = { unreachable: 'the kernel answers unreachable', blackhole: 'a blackhole route takes it', prohibit: 'a prohibit route or rule refuses it', throw: 'a throw route ends the table' } as const;
  for (const { host, record } of view.reachability.lookups) {
    const subject = `${record.to} from ${hostName(host)}`;
    if (record.answer !== 'unreachable' && record.answer !== 'blackhole' && record.answer !== 'prohibit' && record.answer !== 'throw') { if (record.answer !== 'refused') yield nothing('RT-05', subject, [record.source]); continue; }
    told.add(`${host} ${record.to}`);
    yield noRoute(host, record.to, words[record.answer], [proof(host, record.source, 'the kernel\'s answer')]);
  }
  for (const host of view.reachability.hosts) {
    for (const rule of view.reachability.emptyTables(host)) {
      const to = rule.to === null ? 'whatever the rule matches' : `${rule.to.address}/${String(rule.to.length)}`;
      // An empty table falls through to the next rule: it ends nothing unless the rule was meant to lead there.
      const [main] = view.routes.of(host).filter((route) => route.table === 'main' && route.to.length === 0);
      if (main !== undefined) { yield couldNotLook('RT-05', `table ${rule.table ?? ''} on ${hostName(host)}`, 'the table of a policy rule is empty, so that its packets take the main table: whether that is meant is not in the evidence', [{ host, command: `ip route show table ${rule.table ?? ''}` }]); continue; }
      yield noRoute(host, to, `the table ${rule.table ?? ''} of its policy rule is empty, and there is no default route`, [proof(host, rule.source, 'the rule')]);
    }
    for (const address of view.reachability.tried(host)) {
      if (told.has(`${host} ${address}`) || view.holders.of(address).some((held) => held.host === host)) continue;
      const route = view.routes.toward(host, address);
      const [any] = view.routes.of(host);
      if (route.state === 'known') { yield nothing('RT-05', `${address} from ${hostName(host)}`, route.lines); continue; }
      if (route.state === 'absent' && any !== undefined) yield noRoute(host, address, 'its routing table has no entry for it and no default', [proof(host, any.source, 'the table')]);
    }
  }
}

function noRoute(host: string, to: string, why: string, shown: readonly [ReturnType<typeof proof>, ...ReturnType<typeof proof>[]]): Answer {
  return fault(finding('RT-05', { host, about: [about.host(host), about.address(to)], args: { host: hostName(host), to, why }, proofs: shown }));
}

function* detours(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.reachability.pings) {
    const [redirect] = record.redirects;
    if (redirect === undefined) { if (record.replies[0] !== undefined) yield nothing('RT-06', `${record.target} from ${hostName(host)}`, [record.replies[0].source]); continue; }
    if (told.has(`${host} ${record.target}`)) continue;
    told.add(`${host} ${record.target}`);
    yield detour(view, host, record.target, redirect.from, redirect.to === null ? '' : `: ${redirect.to} is nearer`, [proof(host, redirect.source, 'a redirect')]);
  }
  for (const { host, record } of view.reachability.lookups) {
    if (!record.redirected || told.has(`${host} ${record.to}`)) continue;
    told.add(`${host} ${record.to}`);
    yield detour(view, host, record.to, 'its old gateway', record.via === null ? '' : `: ${record.via} is nearer`, [proof(host, record.source, 'learned from a redirect')]);
  }
  for (const host of view.links.hosts) {
    const growth = view.counters.growth(host, 'IcmpOutRedirects');
    if (growth.state === 'known' && growth.value.by === 0) yield nothing('RT-06', hostName(host), growth.lines);
    const [first, second] = growth.state === 'known' ? growth.lines : [];
    if (growth.state !== 'known' || growth.value.by === 0 || first === undefined || second === undefined) continue;
    yield fault(finding('RT-06', {
      host, about: [about.host(host)], args: { host: 'some neighbour', to: 'other hosts', from: hostName(host), better: ` (${String(growth.value.by)} between the samples)` },
      proofs: [proof(host, first, 'before'), proof(host, second, 'after')], lowered: [{ by: 0.1, because: 'the counter does not say to whom' }],
    }));
  }
}

function detour(view: View, host: string, to: string, from: string, better: string, shown: readonly [ReturnType<typeof proof>, ...ReturnType<typeof proof>[]]): Answer {
  const sender = view.holders.of(from).find((held) => held.place === 'wire');
  return fault(finding('RT-06', { host, about: [about.host(host), about.address(to), ...(sender === undefined ? [] : [about.host(sender.host)])], args: { host: hostName(host), to, from, better }, proofs: shown, ...(view.vips.of(to).length > 0 ? {} : { severity: 'note' as const }) }));
}
