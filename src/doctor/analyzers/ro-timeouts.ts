import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { keepsAlive, proxyHops, written } from '../model/proxy-hops.ts';
import type { Patience, ProxyHop } from '../model/proxy-hops.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';
import { milliseconds } from '../model/haproxy-settings.ts';

type View = Pick<Facets, 'haproxy' | 'edges' | 'holders' | 'lvs' | 'objects'>;

/** RO-16, RO-17: who gives up first, and tunnels that are cut for being quiet. */
export const roTimeouts = analyzer({
  name: 'ro-timeouts',
  asks: 'Do time-outs of the hops fit each other and the connections they carry?',
  codes: ['RO-16', 'RO-17'],
  reads: ['haproxy', 'edges', 'holders', 'lvs', 'objects'],
  *analyze(view): Generator<Answer> {
    for (const hop of proxyHops(view)) yield* ladder(view, hop);
    yield* forgotten(view);
    yield* cloud(view);
    yield* tunnels(view);
  },
});

function at(host: string, patience: Patience): Proof[] {
  return patience.line === null ? [] : [proof(host, patience.line, patience.what)];
}

function* ladder(view: View, hop: ProxyHop): Generator<Answer> {
  const [outer, inner] = [hostName(hop.outer), hostName(hop.inner)];
  const { outerWaits, innerWaits, outerKeeps, innerKeeps } = hop;
  const short = outerWaits !== null && innerWaits !== null && outerWaits.ms < innerWaits.ms;
  const long = outerKeeps !== null && innerKeeps !== null && outerKeeps.ms >= innerKeeps.ms;
  if (short) {
    // The one behind logs a client that left, after just the time that the one in front waits.
    const left = view.haproxy.sessions.find((found) => found.host === hop.inner && /^C[HD]/.test(found.record.termination) && Math.abs(found.record.timers.total - outerWaits.ms) < Math.max(1000, outerWaits.ms * 0.02));
    yield fault(finding('RO-16', {
      host: hop.outer, about: [about.host(hop.outer), about.host(hop.inner)],
      args: { first: outer, ladder: `${outer} waits for an answer ${seconds(outerWaits)} (${outerWaits.what}), ${inner} behind it ${seconds(innerWaits)} (${innerWaits.what})`, effect: `Answers that take longer than ${seconds(outerWaits)} are lost, and ${inner} logs clients that left.`, cure: `Let ${outer} wait longer than ${inner}, or ${inner} shorter than ${outer}.` },
      proofs: [proof(hop.outer, hop.line, `leads to ${inner}`), ...at(hop.outer, outerWaits), ...at(hop.inner, innerWaits), ...(left === undefined ? [] : [proof(hop.inner, left.record.source, 'left after just that time')])],
      ...(left === undefined ? { severity: 'note' as const, lowered: [{ by: 0.15, because: 'no request in the evidence took that long' }] } : { rulesOut: [{ code: 'RO-11', what: 'Users who do not wait', because: `it ended after ${String(left.record.timers.total)} ms, the time-out of ${outer}`, line: left.record.source }] }),
    }));
  }
  if (long) {
    yield fault(finding('RO-16', {
      host: hop.inner, about: [about.host(hop.outer), about.host(hop.inner)],
      args: { first: inner, ladder: `${outer} keeps idle connections ${seconds(outerKeeps)} (${outerKeeps.what}), ${inner} behind it ${seconds(innerKeeps)} (${innerKeeps.what})`, effect: `${outer} now and then sends a request into a connection that ${inner} is closing.`, cure: `Let ${inner} keep idle connections longer than ${outer}.` },
      proofs: [proof(hop.outer, hop.line, `leads to ${inner}`), ...at(hop.outer, outerKeeps), ...at(hop.inner, innerKeeps)],
    }));
  }
  if (!short && !long && outerWaits !== null && innerWaits !== null) yield nothing('RO-16', `${outer} and ${inner}`, [outerWaits.line, innerWaits.line].flatMap((line) => line ?? []));
}

/** IPVS in front forgets a connection that the router would keep: the next packet of it meets no entry. */
function* forgotten(view: View): Generator<Answer> {
  for (const { host: director, record: timeouts } of view.lvs.timeouts) {
    const routers = new Set(view.lvs.of(director).flatMap((service) => service.realServers.flatMap((server) => (server.address === null ? [] : view.holders.of(server.address).filter((held) => held.place === 'wire').map((held) => held.host)))));
    for (const router of routers) {
      const sections = view.haproxy.sections.filter((each) => each.host === router && ['backend', 'listen'].includes(each.record.section));
      const longest = sections.flatMap((each) => written(view.haproxy, each, 'tunnel') ?? []).sort((a, b) => b.ms - a.ms)[0];
      if (longest === undefined) continue;
      const awake = view.haproxy.sections.find((each) => each.host === router && keepsAlive(each));
      if (timeouts.tcp * 1000 >= longest.ms || awake !== undefined) { yield nothing('RO-16', `${hostName(director)} and ${hostName(router)}`, [timeouts.source, ...(longest.line === null ? [] : [longest.line])]); continue; }
      yield fault(finding('RO-16', {
        host: director, about: [about.host(director), about.host(router)],
        args: { first: hostName(director), ladder: `IPVS on ${hostName(director)} forgets a quiet connection after ${String(timeouts.tcp)} s, ${hostName(router)} behind it keeps tunnels ${seconds(longest)} (${longest.what})`, effect: 'A tunnel that is quiet for longer is dead, and neither end is told.', cure: `Let ${hostName(router)} send keepalives to clients (option clitcpka, and net.ipv4.tcp_keepalive_time below ${String(timeouts.tcp)}), or raise the time of IPVS: ipvsadm --set ${String(Math.ceil(longest.ms / 1000))} 120 300.` },
        proofs: [proof(director, timeouts.source, 'after which it is forgotten'), ...at(router, longest)],
        lowered: [{ by: 0.15, because: 'applications may send pings of their own' }],
      }));
    }
  }
}

const idleAnnotation = 'service.beta.kubernetes.io/aws-load-balancer-connection-idle-timeout';
const routeAnnotations = ['haproxy.router.openshift.io/timeout', 'nginx.ingress.kubernetes.io/proxy-read-timeout'];

/** A cloud's balancer in front of a router against the time that a route allows its server. */
function* cloud(view: View): Generator<Answer> {
  const annotations = (object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => (isObject(object['metadata']) && isObject(object['metadata']['annotations']) ? object['metadata']['annotations'] : {});
  for (const { host, record } of view.objects.all) {
    const idle = record.objectKind === 'Service' ? Number(textOf(annotations(record.object)[idleAnnotation]) ?? NaN) * 1000 : NaN;
    if (!(idle > 0)) continue;
    const line = record.lineOf(['metadata', 'annotations', idleAnnotation]);
    const waits = view.objects.all.filter((each) => each.record.objectKind === 'Route' || each.record.objectKind === 'Ingress').flatMap((each) => routeAnnotations.flatMap((name) => {
      const text = textOf(annotations(each.record.object)[name]);
      const ms = text === null ? null : name.startsWith('nginx') ? Number(text) * 1000 : milliseconds(text);
      return text === null || ms === null || Number.isNaN(ms) ? [] : [{ ms, text, route: `${each.record.namespace}/${each.record.name}`, line: each.record.lineOf(['metadata', 'annotations', name]) }];
    }));
    const [longest] = waits.sort((a, b) => b.ms - a.ms);
    if (longest === undefined) continue;
    const service = `${record.namespace}/${record.name}`;
    if (longest.ms <= idle) { yield nothing('RO-16', service, [line, longest.line]); continue; }
    yield fault(finding('RO-16', {
      host, about: [about.name(service), about.name(longest.route)],
      args: { first: `The balancer of Service ${service}`, ladder: `it closes idle connections after ${String(idle / 1000)} s, ${longest.route} allows its server ${longest.text}`, effect: `Answers that take longer than ${String(idle / 1000)} s are lost at the balancer.`, cure: `Set ${idleAnnotation} to more than ${longest.text}, or let ${longest.route} give up earlier.` },
      proofs: [proof(host, line, 'the balancer'), proof(host, longest.line, 'the route')], lowered: [{ by: 0.15, because: 'which Service stands before the router is taken from its annotation' }],
    }));
  }
}

function* tunnels(view: View): Generator<Answer> {
  const groups = Map.groupBy(view.haproxy.sessions.filter(({ record }) => record.status === 101), ({ host, record }) => `${host}\0${record.backend}`);
  for (const group of groups.values()) {
    const [any] = group;
    const cut = group.filter(({ record }) => /^[cs]D/.test(record.termination));
    const [first, second] = cut;
    if (any === undefined) continue;
    const subject = `${any.record.backend} on ${hostName(any.host)}`;
    if (first === undefined) { yield nothing('RO-17', subject, [any.record.source]); continue; }
    const section = view.haproxy.sections.find((each) => each.host === first.host && ['backend', 'listen'].includes(each.record.section) && each.record.name === first.record.backend);
    const front = view.haproxy.sections.find((each) => each.host === first.host && ['frontend', 'listen'].includes(each.record.section) && each.record.name === first.record.frontend.replace(/~$/, ''));
    const own = section === undefined ? null : written(view.haproxy, section, 'tunnel');
    // Without a tunnel's own time, the side that the code names: c the client's, s the server's.
    const side = front !== undefined && first.record.termination.startsWith('c') ? written(view.haproxy, front, 'client') : section === undefined ? null : written(view.haproxy, section, 'server');
    const counts = own ?? side;
    const shortest = Math.min(...cut.map(({ record }) => record.timers.total));
    yield fault(finding('RO-17', {
      host: first.host, about: [about.host(first.host), about.name(first.record.backend)],
      args: { host: hostName(first.host), count: String(cut.length), backend: first.record.backend, time: counts === null ? `at most ${String(Math.round(shortest / 1000))} s` : seconds(counts), setting: counts === null ? 'the configuration was not captured' : own === null ? `${counts.what}, because timeout tunnel is not set` : counts.what },
      proofs: [proof(first.host, first.record.source, 'a tunnel that HAProxy\'s time-out ended'), ...(second === undefined ? [] : [proof(second.host, second.record.source, 'and another one')]), ...(counts === null ? [] : at(first.host, counts))],
      rulesOut: [{ code: null, what: 'A client or server that closed', because: 'the code would begin with a capital C or S', line: first.record.source }],
      // After a quarter of an hour it is mostly clients that vanished without a word, which is what the time-out is for.
      ...(cut.length < 3 || (counts?.ms ?? 0) >= 900_000 ? { severity: 'note' as const } : {}),
      ...(counts === null ? { lowered: [{ by: 0.1, because: 'which time-out counts was not captured' }], settle: [{ host: first.host, command: 'grep -n "timeout" /etc/haproxy/haproxy.cfg' }] } : counts.ms > shortest + 1000 ? { lowered: [{ by: 0.2, because: 'one ended earlier than that: a rule may set another time' }] } : {}),
    }));
  }
}

function seconds(patience: Patience): string {
  return `${String(patience.ms / 1000)} s`;
}
