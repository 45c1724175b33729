import { finding } from '../findings/finding.ts';
import type { Proof } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { about, analyzer, couldNotLook, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy' | 'objects'>;
type Session = Facets['haproxy']['sessions'][number];

/** RO-01, RO-06 to RO-12: what the termination codes of the log say. */
export const roLog = analyzer({
  name: 'ro-log',
  asks: 'How did requests end that did not end well?',
  codes: ['RO-01', 'RO-06', 'RO-07', 'RO-08', 'RO-09', 'RO-10', 'RO-11', 'RO-12'],
  reads: ['haproxy', 'objects'],
  *analyze(view): Generator<Answer> {
    const byBackend = grouped(view.haproxy.sessions, ({ host, record }) => `${host}\0${record.backend}`);
    const served = new Set(view.haproxy.sessions.flatMap(({ host, record }) => (record.client !== null && record.request !== null && !record.termination.startsWith('P') ? [`${host}\0${record.frontend}\0${record.client}`] : [])));
    for (const group of byBackend) {
      yield* nowhere(view, group);
      yield* refusedHeaders(group);
      yield* refusedRequests(view, group, served);
      yield* givenUp(group);
    }
    for (const group of grouped(view.haproxy.sessions, ({ host, record }) => `${host}\0${record.backend}/${record.server}`)) yield* server(group);
  },
});

function grouped(sessions: readonly Session[], key: (session: Session) => string): Session[][] {
  const groups = new Map<string, Session[]>();
  for (const session of sessions) {
    const group = groups.get(key(session));
    if (group === undefined) groups.set(key(session), [session]);
    else group.push(session);
  }
  return [...groups.values()];
}

function few(group: readonly Session[]): { readonly severity?: 'note' } {
  return group.length < 3 ? { severity: 'note' } : {};
}

function shown(group: readonly [Session, ...Session[]], what: string): [Proof, ...Proof[]] {
  const [first, second] = group;
  return [proof(first.host, first.record.source, what), ...(second === undefined ? [] : [proof(second.host, second.record.source, 'and again')])];
}

/** `GET https://app.example.com/x HTTP/2.0`, or the first captured header: `{app.example.com|...}`. */
function nameOf({ record }: Session): string | null {
  const text = /^\S+ https?:\/\/([^/:\s]+)/.exec(record.request ?? '')?.[1] ?? /\{([A-Za-z0-9.-]+\.[A-Za-z][A-Za-z0-9-]*)(?::\d+)?[|}]/.exec(record.source.text)?.[1];
  return text?.toLowerCase() ?? null;
}

function* nowhere(view: View, group: readonly Session[]): Generator<Answer> {
  const [any] = group;
  const lost = group.filter(({ record }) => record.server === '<NOSRV>' && record.status === 503 && record.termination.startsWith('SC'));
  const [first, ...rest] = lost;
  if (any === undefined) return;
  const { host } = any;
  const { backend } = any.record;
  if (first === undefined) { yield nothing('RO-06', `${backend} on ${hostName(host)}`, [any.record.source]); return; }
  const section = view.haproxy.sections.find((found) => found.host === host && found.record.name === backend && ['backend', 'listen'].includes(found.record.section));
  const servers = section?.record.statements.filter(({ keyword }) => keyword === 'server' || keyword === 'server-template') ?? [];
  const isDefault = (/default/i.test(backend) || backend === first.record.frontend.replace(/~$/, '')) && servers.length === 0;
  if (isDefault) { yield* unrouted(view, [first, ...rest]); return; }
  const event = view.haproxy.events.find((found) => found.host === host && found.record.event === 'no-server' && found.record.proxy === backend);
  const stats = view.haproxy.stats.filter((found) => found.host === host && found.record.proxy === backend && !['FRONTEND', 'BACKEND'].includes(found.record.server));
  const down = stats.filter(({ record }) => /^(?:DOWN|MAINT)/.test(record.values.get('status') ?? ''));
  const [oneDown] = down;
  const allDown = event !== undefined || (oneDown !== undefined && down.length === stats.length);
  const why = allDown ? 'all its servers are down' : section !== undefined && servers.length === 0 ? 'it has no servers' : 'none or all of its servers are down';
  yield fault(finding('RO-06', {
    host, about: [about.host(host), about.name(backend)], args: { backend, host: hostName(host), count: String(lost.length), why },
    proofs: [...shown([first, ...rest], 'no server was chosen'), ...(event === undefined ? [] : [proof(host, event.record.source, 'HAProxy says so')]), ...(oneDown === undefined ? [] : [proof(host, oneDown.record.source, 'one that is down')]), ...(section !== undefined && servers.length === 0 ? [proof(host, section.record.source, 'a backend without servers')] : [])],
    ...(why.startsWith('none') ? { lowered: [{ by: 0.1, because: 'whether there are servers was not captured' }], settle: [{ host, command: 'echo "show stat" | socat stdio SOCKET' }] } : {}), ...few(lost),
  }));
}

function knownNames(view: View): Set<string> {
  const names = new Set<string>();
  for (const { record } of view.haproxy.mapEntries) names.add(record.key.replace(/^\^/, '').replace(/\\/g, '').split(/[/:(]/)[0]?.toLowerCase() ?? '');
  for (const { record } of view.objects.all) {
    const spec = isObject(record.object['spec']) ? record.object['spec'] : {};
    const hosts: unknown[] = record.objectKind === 'Route' ? [spec['host']] : record.objectKind === 'Ingress' && Array.isArray(spec['rules']) ? spec['rules'].map((rule: unknown) => (isObject(rule) ? rule['host'] : null)) : [];
    for (const host of hosts) { const text = textOf(host); if (text !== null) names.add(text.toLowerCase()); }
  }
  return names;
}

function* unrouted(view: View, group: readonly [Session, ...Session[]]): Generator<Answer> {
  const names = knownNames(view);
  const { host } = group[0];
  for (const sameName of grouped(group, (session) => nameOf(session) ?? '')) {
    const [first, ...rest] = sameName;
    if (first === undefined) continue;
    const name = nameOf(first);
    const covered = name !== null && (names.has(name) || names.has(`*${name.slice(name.indexOf('.'))}`));
    if (covered) { yield nothing('RO-01', name, [first.record.source]); continue; }
    const near = name === null ? undefined : [...names].map((each) => ({ each, far: distance(each, name) })).filter(({ far }) => far <= 3).sort((a, b) => a.far - b.far)[0];
    yield fault(finding('RO-01', {
      host, about: [about.host(host), ...(name === null ? [] : [about.name(name)])],
      args: { host: hostName(host), count: String(sameName.length), name: name ?? 'a name that was not logged', nearest: near === undefined ? '' : ` (the nearest is ${near.each})` }, proofs: shown([first, ...rest], 'the default backend'),
      ...(names.size === 0 ? { lowered: [{ by: 0.2, because: 'the names that are served were not captured' }] } : {}), ...few(sameName),
    }));
  }
}

/** Levenshtein, for names of at most 253 characters. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 3) return 9;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 9;
}

function* server(group: readonly Session[]): Generator<Answer> {
  const [any] = group;
  if (any === undefined) return;
  const { host } = any;
  const name = `${any.record.backend}/${any.record.server}`;
  const base = { host, about: [about.host(host), about.name(name), about.name(any.record.backend)] };
  const pick = (fits: (record: Session['record']) => boolean): Session[] => group.filter(({ record }) => fits(record));
  const longest = (list: readonly Session[], time: (record: Session['record']) => number): string => String(Math.max(...list.map(({ record }) => time(record))));
  const chosen = any.record.server !== '<NOSRV>';
  const refused = pick((record) => chosen && record.termination.startsWith('SC') && record.timers.connect === -1);
  const timedOut = pick((record) => chosen && record.termination.startsWith('sC'));
  for (const [list, how] of [[refused, 'refuses connections'], [timedOut, 'does not answer connections']] as const) {
    const [first, ...rest] = list;
    if (first !== undefined) yield fault(finding('RO-07', { ...base, args: { server: name, how, count: String(list.length), host: hostName(host) }, proofs: shown([first, ...rest], `${String(first.record.retries)} retries`), ...few(list) }));
  }
  const slow = pick((record) => chosen && record.termination.startsWith('sH') && record.status === 504);
  if (slow[0] !== undefined) yield fault(finding('RO-08', { ...base, args: { server: name, count: String(slow.length), time: longest(slow, (record) => record.timers.total), host: hostName(host) }, proofs: shown([slow[0], ...slow.slice(1)], 'no answer until the time-out'), ...few(slow) }));
  const closed = pick((record) => chosen && record.termination.startsWith('SH') && record.status === 502);
  if (closed[0] !== undefined) yield fault(finding('RO-09', { ...base, args: { server: name, count: String(closed.length), host: hostName(host) }, proofs: shown([closed[0], ...closed.slice(1)], 'closed without an answer'), ...few(closed) }));
  const queued = pick((record) => record.termination.startsWith('sQ'));
  if (queued[0] !== undefined) yield fault(finding('RO-10', { ...base, args: { count: String(queued.length), backend: any.record.backend, host: hostName(host), time: longest(queued, (record) => record.timers.queue) }, proofs: shown([queued[0], ...queued.slice(1)], 'waited in the queue'), ...few(queued) }));
  if (chosen && refused.length + timedOut.length + slow.length + closed.length === 0) yield nothing('RO-07', name, [any.record.source]);
}

function* refusedHeaders(group: readonly Session[]): Generator<Answer> {
  for (const [what, list] of [['answers', group.filter(({ record }) => /^PH/.test(record.termination) && (record.status === 502 || record.status === 500))], ['requests', group.filter(({ record }) => /^PR/.test(record.termination) && record.status === 431)]] as const) {
    const [first, ...rest] = list;
    if (first === undefined) continue;
    yield fault(finding('RO-12', { host: first.host, about: [about.host(first.host), about.name(first.record.backend)], args: { host: hostName(first.host), count: String(list.length), what, backend: first.record.backend }, proofs: shown([first, ...rest], 'refused by HAProxy'), lowered: what === 'answers' ? [{ by: 0.2, because: 'an answer that is no HTTP ends the same way' }] : [], ...few(list) }));
  }
}

/** HAProxy answers 400 to a request that does not fit, as to any broken one; only `show errors` tells them apart. */
function* refusedRequests(view: View, group: readonly Session[], served: ReadonlySet<string>): Generator<Answer> {
  const refused = group.filter(({ record }) => record.status === 400 && /^PR/.test(record.termination));
  const [first, ...rest] = refused;
  if (first === undefined) return;
  const frontend = first.record.frontend.replace(/~$/, '');
  const kept = view.haproxy.refusedMessages.filter(({ host, record }) => host === first.host && record.direction === 'request' && record.proxy === frontend).map((found) => found.record);
  // The buffer is full but for the part that is kept free for rewriting.
  const full = kept.find((record) => record.length !== null && record.free !== null && record.free * 8 < record.length);
  const [other] = kept;
  const subject = `${frontend} on ${hostName(first.host)}`;
  if (full === undefined) {
    if (other !== undefined) yield nothing('RO-12', subject, [other.sizeSource ?? other.source]);
    // Who also gets answers sends requests, and no PROXY header before them.
    else if (refused.some(({ record }) => record.client !== null && served.has(`${first.host}\0${record.frontend}\0${record.client}`))) yield couldNotLook('RO-12', subject, 'requests were answered with 400, and what was wrong with them was not captured', [{ host: first.host, command: 'echo "show errors" | socat stdio SOCKET' }]);
    return;
  }
  const own = refused.find(({ record }) => record.client === full.client) ?? first;
  yield fault(finding('RO-12', {
    host: first.host, about: [about.host(first.host), about.name(first.record.backend)], args: { host: hostName(first.host), count: String(refused.length), what: 'requests', backend: first.record.backend },
    proofs: [proof(first.host, full.sizeSource ?? full.source, `${String(full.length)} bytes of headers, and no room for more`), ...shown([own, ...rest.filter((each) => each !== own)], 'refused with 400')],
    rulesOut: [{ code: 'PP-02', what: 'A PROXY header that is not expected', because: full.proxyHeader ? 'it is longer than any' : 'the request does not begin with one', line: full.source }],
    ...(refused.length > 1 ? { lowered: [{ by: 0.1, because: 'only the last refused request is kept: the others may have been wrong in another way' }] } : {}), ...few(refused),
  }));
}

function* givenUp(group: readonly Session[]): Generator<Answer> {
  const requests = group.filter(({ record }) => record.mode === 'http');
  const left = requests.filter(({ record }) => /^C[HQC]/.test(record.termination));
  const [first, ...rest] = left;
  if (first === undefined || left.length < 5 || left.length < requests.length / 5) return;
  yield fault(finding('RO-11', { host: first.host, about: [about.host(first.host), about.name(first.record.backend)], args: { percent: String(Math.round((left.length / requests.length) * 100)), backend: first.record.backend, host: hostName(first.host), count: String(left.length) }, proofs: shown([first, ...rest], 'the client left') }));
}
