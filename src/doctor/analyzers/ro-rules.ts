import { finding } from '../findings/finding.ts';
import type { Facets } from '../model/facets.ts';
import { hostName } from '../model/record-index.ts';
import { backendRules, covers, placeKey, shadows, takesRequest } from '../model/rule-order.ts';
import type { PlaceKey } from '../model/rule-order.ts';
import { about, analyzer, fault, nothing, proof } from './analyzer.ts';
import type { Answer } from './analyzer.ts';

type View = Pick<Facets, 'haproxy'>;
type Entry = View['haproxy']['mapEntries'][number];

/** RO-03: rules and map lines that an earlier one leaves nothing for. */
export const roRules = analyzer({
  name: 'ro-rules',
  asks: 'Can every rule of the router be reached?',
  codes: ['RO-03'],
  reads: ['haproxy'],
  *analyze(view): Generator<Answer> {
    const maps = new Map<string, Entry[]>();
    for (const found of view.haproxy.mapEntries) {
      // Lists of certificates have the file as their key, once for each name; remarks are no keys.
      if (/cert_config|crt-list/.test(found.record.map) || found.record.key.startsWith('#')) continue;
      const key = `${found.host}\0${found.record.map}\0${found.record.from}\0${found.record.source.file}`;
      const list = maps.get(key);
      if (list === undefined) maps.set(key, [found]); else list.push(found);
    }
    for (const entries of maps.values()) yield* map(view, entries);
    for (const host of new Set(view.haproxy.mapEntries.map((found) => found.host))) yield* passthrough(view, host);
    for (const { host, record } of view.haproxy.sections) yield* rules(host, record);
  },
});

/** One fault for a map tells the first place; more of them are counted by reading it. */
function* map(view: View, entries: readonly Entry[]): Generator<Answer> {
  const [any] = entries;
  if (any === undefined) return;
  const subject = `${any.record.map === '' ? 'a map' : any.record.map} on ${hostName(any.host)}`;
  const seen = new Map<string, Entry>();
  const byHost = new Map<string, { readonly entry: Entry; readonly key: PlaceKey }[]>();
  for (const entry of entries) {
    const before = seen.get(entry.record.key);
    if (before !== undefined && before.record.value !== entry.record.value) { yield shadow(view, before, entry, [before, entry], 'the key is there twice, and the first counts'); return; }
    seen.set(entry.record.key, entry);
    const key = placeKey(entry.record.key);
    if (key === null) continue;
    // A host can only be covered by its own name or by the wildcard above it.
    const earlier = [...(byHost.get(key.host) ?? []), ...(byHost.get(key.host.slice(key.host.indexOf('.') + 1)) ?? []).filter((each) => each.key.wildcard)];
    const winner = earlier.find((each) => each.entry.record.value !== entry.record.value && covers(each.key, key));
    if (winner !== undefined) {
      const all = [...byHost.values()].flat().filter((each) => covers(each.key, key)).map((each) => each.entry);
      yield shadow(view, winner.entry, entry, [...all, entry], winner.key.wildcard && !key.wildcard ? 'a wildcard stands before the exact name' : winner.key.path.length < key.path.length ? 'the shorter path stands before the longer one' : 'both match the same, and the first counts', key);
      return;
    }
    const own = byHost.get(key.host);
    if (own === undefined) byHost.set(key.host, [{ entry, key }]); else own.push({ entry, key });
  }
  yield nothing('RO-03', subject, [any.record.source]);
}

function shadow(view: View, winner: Entry, loser: Entry, candidates: readonly Entry[], why: string, key: PlaceKey | null = null): Answer {
  const slash = loser.record.key.indexOf('/');
  const name = key?.host ?? (slash < 0 ? loser.record.key : loser.record.key.slice(0, slash));
  const path = key === null ? (slash < 0 ? '/' : loser.record.key.slice(slash)) : key.path === '' ? '/' : key.path;
  const request = key === null ? undefined : view.haproxy.sessions.find((found) => {
    const asked = /^\S+ (?:https?:\/\/([^/\s:]+)(?::\d+)?)?(\/\S*)/.exec(found.record.request ?? '');
    // The name stands in the request, or among the captured headers: `{app.example.com|...}`.
    const called = asked?.[1] ?? /\{([A-Za-z0-9.-]+\.[A-Za-z][A-Za-z0-9-]*)(?::\d+)?[|}]/.exec(found.record.source.text)?.[1];
    return found.host === winner.host && found.record.backend === winner.record.value && called !== undefined && takesRequest(key, called, (asked?.[2] ?? '/').replace(/\?.*$/, ''));
  });
  const order = candidates.map((each, at) => `${String(at + 1)}. ${each.record.key} -> ${each.record.value}`).slice(0, 4).join('; ');
  return fault(finding('RO-03', {
    host: winner.host, about: [about.host(winner.host), about.name(name)],
    args: { what: `${key?.wildcard === true ? '*.' : ''}${name}${path === '/' ? '' : path}`, host: hostName(winner.host), winner: winner.record.value, loser: loser.record.value, why: `${why} (${order})`, name, path },
    proofs: [proof(winner.host, winner.record.source, 'the first that matches'), proof(loser.host, loser.record.source, 'never reached'), ...(request === undefined ? [] : [proof(request.host, request.record.source, 'such a request')])],
    ...(request === undefined && key !== null ? { lowered: [{ by: 0.1, because: 'no request of that kind is in the evidence' }] } : {}),
  }));
}

/** OpenShift: a name in os_sni_passthrough.map goes to its server before TLS is ended, whatever the edge map says. */
function* passthrough(view: View, host: string): Generator<Answer> {
  const of = (name: string): Entry[] => view.haproxy.mapEntries.filter((found) => found.host === host && found.record.map.endsWith(name));
  const names = new Map(of('os_sni_passthrough.map').flatMap((found) => { const key = placeKey(found.record.key); return found.record.value === '1' && key !== null && !key.wildcard ? [[key.host, found] as const] : []; }));
  if (names.size === 0) return;
  for (const entry of of('os_edge_reencrypt_be.map')) {
    const key = placeKey(entry.record.key);
    const sni = key === null || key.wildcard ? undefined : names.get(key.host);
    if (key === null || sni === undefined) continue;
    const tcp = of('os_tcp_be.map').find((found) => placeKey(found.record.key)?.host === key.host);
    yield fault(finding('RO-03', {
      host, about: [about.host(host), about.name(key.host)],
      args: { what: `https://${key.host}${key.path}`, host: hostName(host), winner: tcp?.record.value ?? 'the passthrough route of that name', loser: entry.record.value, why: 'the name is passed through, and paths are only seen where TLS is ended', name: key.host, path: key.path === '' ? '/' : key.path },
      proofs: [proof(host, sni.record.source, 'passed through'), ...(tcp === undefined ? [] : [proof(host, tcp.record.source, 'where it goes')]), proof(host, entry.record.source, 'never reached')],
    }));
    return;
  }
}

function* rules(host: string, section: View['haproxy']['sections'][number]['record']): Generator<Answer> {
  const list = backendRules(section);
  for (const [at, rule] of list.entries()) {
    const winner = list.slice(0, at).find((each) => each.backend !== rule.backend && shadows(each, rule));
    if (winner === undefined) continue;
    const hosts = rule.when.flatMap((terms) => terms.flatMap((term) => term.hosts ?? []));
    const prefixes = rule.when.flatMap((terms) => terms.flatMap((term) => term.prefixes ?? []));
    yield fault(finding('RO-03', {
      host, about: [about.host(host), about.name(rule.backend)],
      args: { what: hosts.length + prefixes.length === 0 ? `"${rule.line.text.trim()}"` : `${hosts[0] ?? 'any name'}${prefixes[0] ?? ''}`, host: hostName(host), winner: winner.backend, loser: rule.backend, why: `an earlier rule of ${section.section} ${section.name} takes all of them`, name: hosts[0] ?? 'NAME', path: prefixes[0] ?? '/' },
      proofs: [proof(host, winner.line, 'the first that matches'), proof(host, rule.line, 'never reached')],
    }));
    return;
  }
  const [first] = list;
  if (first !== undefined) yield nothing('RO-03', `${section.section} ${section.name} on ${hostName(host)}`, [first.line]);
}
