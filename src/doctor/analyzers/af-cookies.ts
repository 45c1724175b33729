import { contains } from '../address.ts';
import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { argument } from '../model/haproxy-settings.ts';
import { hostName } from '../model/record-index.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'lvs' | 'routes' | 'holders' | 'hosts'>;
type Session = Facets['haproxy']['sessions'][number];

/** AF-03, AF-04, AF-05, AF-06: does a client find its server again, by cookie or over several directors? */
export const afCookies = analyzer({
  name: 'af-cookies',
  asks: 'Does a returning client find its server again?',
  codes: ['AF-03', 'AF-04', 'AF-05', 'AF-06'],
  reads: ['haproxy', 'lvs', 'routes', 'holders', 'hosts'],
  *analyze(view): Generator<Answer> {
    yield* values(view);
    // Four characters only where cookies are in use; `--` stands for "no cookie wanted".
    const cookied = view.haproxy.sessions.filter(({ record }) => record.termination.length === 4 && !record.termination.endsWith('--'));
    const groups = Map.groupBy(cookied, (session) => `${session.host}\0${session.record.backend}`);
    for (const group of groups.values()) {
      yield* dead(group);
      yield* unreturned(group);
    }
    yield* directors(view);
  },
});

function* values(view: View): Generator<Answer> {
  const seen = view.haproxy.sections.flatMap(({ host, record }) => record.statements.flatMap((statement) => {
    const cookie = statement.keyword === 'server' ? argument(statement, 'cookie') : null;
    return cookie === null ? [] : [{ host, key: `${record.name} ${statement.args[1] ?? ''}`, endpoint: statement.args[1] ?? '', cookie, line: statement.source }];
  }));
  const told = new Set<string>();
  for (const one of seen) {
    const two = seen.find((other) => other.key === one.key && other.host !== one.host);
    if (two === undefined || told.has(one.key)) continue;
    told.add(one.key);
    if (one.cookie === two.cookie) { yield nothing('AF-03', one.endpoint, [one.line, two.line]); continue; }
    yield fault(finding('AF-03', {
      host: one.host, about: [about.name(one.endpoint)], args: { endpoint: one.endpoint, first: one.cookie, one: hostName(one.host), second: two.cookie, two: hostName(two.host) },
      proofs: [proof(one.host, one.line, 'its cookie here'), proof(two.host, two.line, 'and there')],
    }));
  }
}

function* dead(group: readonly Session[]): Generator<Answer> {
  const bad = group.filter(({ record }) => /^..[ID]/.test(record.termination));
  const [first] = group;
  const [worst, next] = bad;
  if (first === undefined) return;
  const { host } = first;
  const { backend } = first.record;
  if (worst === undefined) { yield nothing('AF-04', `${backend} on ${hostName(host)}`, [first.record.source]); return; }
  const unknown = /^..I/.test(worst.record.termination);
  yield fault(finding('AF-04', {
    host, about: [about.host(host), about.name(backend)], args: { count: String(bad.length), backend, host: hostName(host), why: unknown ? 'does not exist' : 'is down' },
    proofs: [proof(host, worst.record.source, unknown ? 'the cookie names no server' : 'the cookie\'s server is down'), ...(next === undefined ? [] : [proof(host, next.record.source, 'and again')])],
    ...(bad.length < 3 ? { severity: 'note' as const } : {}),
  }));
}

/** Requests of one client without a cookie that make a pattern. */
const repeated = 5;

function* unreturned(group: readonly Session[]): Generator<Answer> {
  for (const [client, sessions] of Map.groupBy(group, (session) => session.record.client)) {
    if (client === null) continue;
    const without = sessions.filter(({ record }) => record.termination.endsWith('NI'));
    const returned = sessions.find(({ record }) => /^..[VEO]/.test(record.termination));
    const [first, second] = without;
    if (returned !== undefined) { yield nothing('AF-06', client, [returned.record.source]); continue; }
    if (first === undefined || second === undefined || without.length < repeated) continue;
    const { host } = first;
    yield fault(finding('AF-06', {
      host, about: [about.host(host), about.name(first.record.backend)], args: { client, count: String(without.length), backend: first.record.backend, host: hostName(host) },
      proofs: [proof(host, first.record.source, 'no cookie came, one was given'), proof(host, second.record.source, 'and again')],
      lowered: [{ by: 0.2, because: 'several clients behind one address would look the same' }],
    }));
  }
}

/** Schedulers by which two directors choose alike: a hash of the connection over the same list. */
const common = new Set(['sh', 'mh']);

function* directors(view: View): Generator<Answer> {
  const told = new Set<string>();
  for (const { host, record } of view.lvs.services) {
    const { vip, port } = record;
    if (vip === null || port === null || told.has(vip) || !record.realServers.some((server) => server.forward === 'route' || server.forward === 'tunnel')) continue;
    const others = view.lvs.services.filter((other) => other.host !== host && other.record.vip === vip && other.record.port === port);
    if (others.length === 0) continue;
    const all = [{ host, record }, ...others];
    const route = view.hosts.names.flatMap((router) => view.routes.of(router).map((entry) => ({ router, entry }))).find(({ entry }) => entry.hops.length > 1 && contains(entry.to, vip) === true && all.every((director) => entry.hops.some((hop) => hop.via !== null && view.holders.of(hop.via).some((holding) => holding.host === director.host))));
    if (route === undefined) continue;
    told.add(vip);
    if (all.every((director) => common.has(director.record.scheduler) && director.record.scheduler === record.scheduler)) { yield nothing('AF-05', vip, [record.source, route.entry.source]); continue; }
    yield fault(finding('AF-05', {
      host: route.router, about: [about.address(vip), about.service(vip, port)], args: { router: hostName(route.router), vip, port: String(port), directors: all.map((director) => hostName(director.host)).join(' and '), scheduler: [...new Set(all.map((director) => director.record.scheduler))].join(', ') },
      proofs: [proof(route.router, route.entry.source, 'several next hops'), ...all.slice(0, 3).map((director) => proof(director.host, director.record.source, 'the service of one director'))],
    }));
  }
}
