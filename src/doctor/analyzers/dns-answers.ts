import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'names' | 'vips' | 'holders' | 'probes' | 'sockets'>;
type Lookup = View['names']['lookups'][number];

/** DNS-01 to DNS-04 and DNS-06: what names resolve to. */
export const dnsAnswers = analyzer({
  name: 'dns-answers',
  asks: 'Does each name lead where it is served?',
  codes: ['DNS-01', 'DNS-02', 'DNS-03', 'DNS-04', 'DNS-06'],
  reads: ['names', 'vips', 'holders', 'probes', 'sockets'],
  *analyze(view): Generator<Answer> {
    const names = [...new Set(view.names.lookups.map(({ record }) => record.name))];
    for (const name of names) {
      const lookups = view.names.lookups.filter(({ record }) => record.name === name);
      yield* exists(view, name, lookups);
      yield* leads(view, name, lookups);
      yield* members(view, name);
    }
    yield* wildcards(view, names);
  },
});

function* exists(view: View, name: string, lookups: readonly Lookup[]): Generator<Answer> {
  const good = lookups.find(({ record }) => record.outcome === 'answered');
  const [bad] = lookups.filter(({ record }) => record.outcome === 'no-such-name');
  if (bad === undefined) { if (good !== undefined) yield nothing('DNS-01', name, [good.record.source]); return; }
  // A miss on the way through the search list is how resolvers work.
  if (view.names.resolvers.some(({ record }) => record.keyword === 'search' && record.values.some((domain) => name.endsWith(`.${domain}`)))) return;
  const route = view.names.isRouted(name);
  if (good === undefined && route === null) { yield couldNotLook('DNS-01', `${name} for ${hostName(bad.host)}`, 'no other resolver was asked, and no route has the name', [{ host: '', command: `dig ${name}   # where it works` }]); return; }
  yield fault(finding('DNS-01', {
    host: bad.host, about: [about.name(name), about.host(bad.host)],
    args: { client: hostName(bad.host), name, server: bad.record.server === null ? '' : ` by ${bad.record.server}`, where: good === undefined ? 'a route has it' : `${good.record.server ?? hostName(good.host)} answers ${good.record.answers.filter((each) => each.type !== 'CNAME').map((each) => each.value).join(', ')}` },
    proofs: [proof(bad.host, bad.record.source, 'no such name'), ...(good === undefined ? [] : [proof(good.host, good.record.source, 'answered elsewhere')]), ...(route === null ? [] : [proof('', route.line, 'it is routed')])],
    ...(good === undefined ? { lowered: [{ by: 0.2, because: 'whether it exists in another view was not captured' }] } : {}),
  }));
}

/** Addresses at which the cluster is meant to be reached, by those who say so. */
function entrances(view: View): readonly string[] {
  return [...new Set(view.vips.all.filter((vip) => vip.source !== 'probed').map((vip) => vip.address))];
}

function* leads(view: View, name: string, lookups: readonly Lookup[]): Generator<Answer> {
  const route = view.names.isRouted(name);
  const known = entrances(view);
  const good = lookups.find(({ record }) => record.outcome === 'answered');
  if (route === null || good === undefined || known.length === 0) return;
  const answers = good.record.answers.filter((each) => each.type !== 'CNAME');
  const hit = answers.find((each) => known.includes(each.value) || view.holders.of(each.value).some((held) => held.place === 'wire'));
  if (hit !== undefined) { yield nothing('DNS-02', name, [hit.source, route.line]); return; }
  const alias = good.record.answers.find((each) => each.type === 'CNAME' && zoneOf(each.value) !== zoneOf(name));
  if (alias !== undefined) { yield couldNotLook('DNS-02', name, `it is an alias of ${alias.value}: something may stand in front on purpose`, [{ host: '', command: `curl -sv -o /dev/null https://${name}/   # whose certificate?` }]); return; }
  const [first] = answers;
  if (first === undefined) return;
  yield fault(finding('DNS-02', {
    host: good.host, about: [about.name(name), ...answers.map((each) => about.address(each.value))],
    args: { name, answers: answers.map((each) => each.value).join(', '), client: hostName(good.host), addresses: known.join(', ') },
    proofs: [proof(good.host, first.source, 'where it leads'), proof('', route.line, 'a route has the name'), ...view.vips.all.filter((vip) => vip.source !== 'probed').slice(0, 2).map((vip) => proof(vip.host, vip.line, 'where it is served'))],
    lowered: [{ by: 0.15, because: 'the router may have addresses that are not in the evidence' }],
  }));
}

function zoneOf(name: string): string {
  return name.split('.').slice(-2).join('.');
}

function* members(view: View, name: string): Generator<Answer> {
  const found = view.names.addressesOf(name);
  const addresses = [...new Set(found.map((each) => each.address))];
  const tried = addresses.map((address) => ({ address, line: found.find((each) => each.address === address)?.line, connects: view.probes.allConnects.filter(({ record }) => record.target === address) }));
  const alive = tried.find((each) => each.connects.some(({ record }) => record.outcome === 'connected') && !each.address.includes(':'));
  const port = alive?.connects[0]?.record.port;
  const isDead = (each: (typeof tried)[number]): boolean => each.connects.some(({ record }) => record.outcome !== 'connected' && record.port === port) && !each.connects.some(({ record }) => record.outcome === 'connected' && record.port === port);
  const four = tried.filter((each) => !each.address.includes(':'));
  const dead = four.find(isDead);
  const [attempt] = dead?.connects ?? [];
  const good = alive?.connects.find(({ record }) => record.outcome === 'connected');
  if (four.length > 1 && dead?.line !== undefined && attempt !== undefined && alive !== undefined && good !== undefined) {
    yield fault(finding('DNS-03', {
      host: attempt.host, about: [about.name(name), about.address(dead.address)],
      args: { name, count: String(four.length), dead: dead.address, how: attempt.record.outcome, alive: alive.address, port: String(port ?? 443) },
      proofs: [proof(attempt.host, dead.line, 'one of its addresses'), proof(attempt.host, attempt.record.source, 'it fails'), proof(good.host, good.record.source, 'another one works')],
      rulesOut: [{ code: 'VR-06', what: 'A flapping virtual address', because: 'the addresses differ', line: dead.line }],
    }));
  } else if (four.length > 1 && good !== undefined) yield nothing('DNS-03', name, [good.record.source]);
  for (const six of tried.filter((each) => each.address.includes(':'))) yield* versionSix(view, name, six, alive?.address ?? null, good?.record.source ?? null, isDead(six));
}

function* versionSix(view: View, name: string, six: { readonly address: string; readonly line: import('../evidence.ts').SourceLine | undefined; readonly connects: View['probes']['allConnects'] }, four: string | null, good: import('../evidence.ts').SourceLine | null, dead: boolean): Generator<Answer> {
  const works = six.connects.find(({ record }) => record.outcome === 'connected');
  if (works !== undefined) { yield nothing('DNS-06', name, [works.record.source]); return; }
  const failed = six.connects.find(({ record }) => record.outcome !== 'connected');
  const holder = view.holders.of(six.address)[0];
  const listener = holder === undefined ? null : view.sockets.listening(holder.host, six.address, 443);
  const noListener = holder !== undefined && listener?.state === 'absent';
  if (six.line === undefined || !((dead && failed !== undefined && four !== null) || noListener)) return;
  yield fault(finding('DNS-06', {
    host: failed?.host ?? holder?.host ?? '', about: [about.name(name), about.address(six.address)],
    args: { name, six: six.address, how: noListener ? `has no listener on ${hostName(holder.host)}` : `fails (${failed?.record.outcome ?? ''})`, four: four ?? 'IPv4' },
    proofs: [proof('', six.line, 'the AAAA record'), ...(failed === undefined ? [] : [proof(failed.host, failed.record.source, 'it fails')]), ...(good === null ? [] : [proof('', good, 'IPv4 works')]), ...(noListener ? [proof(holder.host, holder.line, 'its holder')] : [])],
  }));
}

function* wildcards(view: View, names: readonly string[]): Generator<Answer> {
  const places = new Map<string, string>();
  for (const name of names) if (view.names.isRouted(name) !== null) for (const { address } of view.names.addressesOf(name)) places.set(address, name);
  for (const address of entrances(view)) if (!places.has(address)) places.set(address, '');
  const strangers = names.flatMap((name) => view.names.addressesOf(name).filter((each) => places.has(each.address)).slice(0, 1).map((each) => ({ name, ...each }))).filter((each) => view.names.isRouted(each.name) === null);
  const zones = new Map<string, typeof strangers>();
  for (const each of strangers) { const zone = each.name.split('.').slice(1).join('.'); zones.set(zone, [...zones.get(zone) ?? [], each]); }
  for (const [zone, found] of zones) {
    const [first, second] = found;
    if (first === undefined) continue;
    // Names the cluster's own program serves itself are not routed by objects; without the whole list of routes nothing can be said.
    if (!view.names.allRoutesSeen) { if (view.names.routed.length > 0) yield couldNotLook('DNS-04', `names of ${zone}`, 'the list of all routes was not captured', [{ host: '', command: 'kubectl get route,ingress,httproute -A -o yaml' }]); continue; }
    if (second === undefined) { yield couldNotLook('DNS-04', first.name, 'one name without a route: its record may simply be left over', [{ host: '', command: `dig +short does-not-exist.${zone}` }]); continue; }
    yield fault(finding('DNS-04', {
      host: '', about: [about.address(first.address), ...found.map((each) => about.name(each.name)), ...view.holders.of(first.address).map((held) => about.host(held.host))],
      args: { names: found.map((each) => each.name).join(', '), address: first.address, zone },
      proofs: [proof(first.host, first.line, 'resolves, and no route has it'), proof(second.host, second.line, 'so does this one'), ...view.names.routed.slice(0, 1).map((route) => proof('', route.line, 'the routes that there are'))],
      rulesOut: [{ code: null, what: 'One record that was left over', because: `${String(found.length)} names of the domain resolve`, line: second.line }],
    }));
  }
}
