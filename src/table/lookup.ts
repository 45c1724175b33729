import type { Answer, HostGroup } from './host-group.ts';
import { parentDomain, pathKeys } from './host-group.ts';

/** An answer, and the map and key that HAProxy finds it by. */
export interface Found {
  readonly answer: Answer;
  readonly map: string;
  readonly key: string;
}

/** Longest key that begins the text, as HAProxy's `map_beg` finds it. */
const longest = (answers: HostGroup['plain'], text: string): readonly [string, Answer] | null =>
  answers.reduce<readonly [string, Answer] | null>((best, one) => (text.startsWith(one[0]) && one[0].length > (best?.[0].length ?? -1) ? one : best), null);

/** The groups that a name can be found in: its own, and that of the wildcard above it. */
export const groupsOf = (groups: ReadonlyMap<string, HostGroup>, name: string): readonly [HostGroup | null, HostGroup | null] => {
  const parent = parentDomain(name);
  return [groups.get(name) ?? null, parent === null ? null : groups.get(`*.${parent}`) ?? null];
};

/** The answer for a path: `text` is the path with its end mark. The host's own group is asked first, then the wildcard above. */
export const byPath = (
  [exact, wildcard]: readonly [HostGroup | null, HostGroup | null], list: 'plain' | 'tls', host: string, text: string,
): Found | null => {
  const own = exact === null ? null : longest(exact[list], text);
  if (own !== null && own[1].does !== 'ask-wildcard') return { answer: own[1], map: list, key: `${host}${own[0]}` };
  const above = wildcard === null ? null : longest(own === null ? wildcard[list] : wildcard.plainFallback, text);
  // A host with a rule that terminates TLS never reaches the passthrough rule of the wildcard above it: there is nothing to come back for.
  if (above?.[1].does === 'misdirected' && exact?.sni?.does === 'terminate') return null;
  if (above !== null) return { answer: above[1], map: own === null ? `${list}-wildcard` : 'plain-fallback', key: `${parentDomain(host) ?? ''}${above[0]}` };
  return own === null ? null : { answer: { does: 'close', rule: own[1].rule }, map: list, key: `${host}${own[0]}` };
};

/** The answer for a name in the TLS handshake, before anything is terminated. */
export const bySni = (groups: ReadonlyMap<string, HostGroup>, sni: string): Found | null => {
  const own = groups.get(sni)?.sni ?? null;
  if (own !== null) return { answer: own, map: 'sni', key: sni };
  const parent = parentDomain(sni);
  const above = parent === null ? null : groups.get(`*.${parent}`)?.sni ?? null;
  return above === null ? null : { answer: above, map: 'sni-wildcard', key: parent ?? '' };
};

/** Whether a rule for `path` takes the request; `text` is the request's path with its end mark. */
export const covers = (path: string, text: string): boolean => pathKeys(path).some((key) => text.startsWith(key));
