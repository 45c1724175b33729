import type { Answer, HostGroup } from './host-group.ts';
import { createGrouper, parentDomain, pathEnd, pathKeys } from './host-group.ts';
import { isRootPath } from './order.ts';
import type { Member, RefusedName, RoutingTable, Rule } from './routing-table.ts';

/** The request to explain. */
export interface ExplainRequest {
  readonly scheme: 'http' | 'https';
  /** As in the Host header or `:authority`: port and trailing dot allowed, any case. */
  readonly host: string;
  /** Path without the query, as sent (not decoded). */
  readonly path: string;
  /** SNI of the TLS handshake; undefined = same as the host, null = none sent. */
  readonly sni?: string | null;
  readonly httpVersion?: '1.1' | '2';
}

/** One rule that could have been meant, in the order in which they are asked. */
export interface Candidate {
  readonly rule: Rule;
  readonly won: boolean;
  /** One sentence. */
  readonly why: string;
}

export type ExplainedAnswer =
  | { readonly does: 'serve'; readonly rule: Rule; readonly members: readonly Member[] }
  | { readonly does: 'pass-through'; readonly rule: Rule; readonly members: readonly Member[] }
  | { readonly does: 'redirect'; readonly rule: Rule; readonly location: string }
  /** Fairway answers itself; `reason` as in the header `x-fairway-reason`. */
  | { readonly does: 'answer'; readonly status: number; readonly reason: string; readonly rule: Rule | null };

export interface Explanation {
  readonly request: { readonly scheme: 'http' | 'https'; readonly host: string; readonly path: string; readonly sni: string | null };
  /** What listens: `plain` is port 80, `sni` port 443 before and `tls` after TLS is terminated. */
  readonly listeners: readonly ('plain' | 'sni' | 'tls')[];
  readonly answer: ExplainedAnswer;
  readonly candidates: readonly Candidate[];
  /** Certificate presented, for terminated TLS. `host` null: the default certificate. */
  readonly certificate: { readonly host: string | null; readonly rule: string | null } | null;
  /** Map, key and map value's rule that the running HAProxy should agree with. */
  readonly lookups: readonly { readonly map: string; readonly key: string }[];
  readonly refused: readonly RefusedName[];
}

/** Host without port and trailing dot, lower case: what keys are made of. */
export const normalHost = (host: string): string => host.toLowerCase().replace(/:\d*$/, '').replace(/\.+$/, '');

interface Found {
  readonly answer: Answer;
  readonly map: string;
  readonly key: string;
}

/** Longest key that begins the text, as HAProxy's `map_beg` finds it. */
const longest = (answers: HostGroup['plain'], text: string): readonly [string, Answer] | null =>
  answers.reduce<readonly [string, Answer] | null>((best, one) => (text.startsWith(one[0]) && one[0].length > (best?.[0].length ?? -1) ? one : best), null);

/** Says who takes a request, and why the others do not. Pure; the same groups that HAProxy's maps are made of. */
export const explain = (table: RoutingTable, request: ExplainRequest): Explanation => {
  const groups = createGrouper()(table.rules);
  const host = normalHost(request.host);
  const parent = parentDomain(host);
  const [exact, wildcard] = groupsOf(groups, host);
  const sni = request.scheme === 'http' ? null : request.sni === undefined ? host : request.sni === null ? null : normalHost(request.sni);
  const text = `${request.path}${pathEnd}`;
  const find = (list: 'plain' | 'tls'): Found | null => {
    const own = exact === null ? null : longest(exact[list], text);
    if (own !== null && own[1].does !== 'ask-wildcard') return { answer: own[1], map: list, key: `${host}${own[0]}` };
    const above = wildcard === null ? null : longest(own === null ? wildcard[list] : wildcard.plainFallback, text);
    if (above !== null) return { answer: above[1], map: own === null ? `${list}-wildcard` : 'plain-fallback', key: `${parent ?? ''}${above[0]}` };
    return own === null ? null : { answer: { does: 'close', rule: own[1].rule }, map: list, key: `${host}${own[0]}` };
  };

  const passing = request.scheme === 'https' && sni !== null ? bySni(groups, sni) : null;
  const passthrough = passing?.answer.does === 'serve' ? passing : null;
  const certificate = request.scheme === 'https' && passthrough === null ? certificateFor(table, sni) : null;
  const found = passthrough ?? find(request.scheme === 'http' ? 'plain' : 'tls');
  const refused = table.refused.filter((name) => (name.wildcard ? name.host === parent : name.host === host) && covers(name.path, text));
  const misdirected = passthrough === null && request.scheme === 'https' && request.httpVersion === '2' && sni !== null && sni !== host
    && certificateIdentity(table, sni) !== certificateIdentity(table, host);
  const answer = misdirected
    ? { does: 'answer', status: 421, reason: 'misdirected-request', rule: found?.answer.rule ?? null } as const
    : answerOf(found, request, host, { known: exact !== null || wildcard !== null, refused });
  const listener = request.scheme === 'http' ? ['plain'] as const : passthrough !== null ? ['sni'] as const
    : table.rules.some((rule) => rule.termination === 'passthrough') ? ['sni', 'tls'] as const : ['tls'] as const;
  return {
    request: { scheme: request.scheme, host, path: request.path, sni },
    listeners: listener,
    answer, certificate, refused,
    lookups: found === null ? [] : [{ map: found.map, key: found.key }],
    candidates: candidates(
      passthrough === null ? [exact, wildcard] : [...new Set([...groupsOf(groups, sni ?? ''), exact, wildcard])],
      { text, scheme: request.scheme, passedBy: passthrough === null ? null : sni, misdirected }, found,
    ),
  };
};

/** The groups that a name can be found in: its own, and that of the wildcard above it. */
const groupsOf = (groups: ReadonlyMap<string, HostGroup>, name: string): readonly [HostGroup | null, HostGroup | null] => {
  const parent = parentDomain(name);
  return [groups.get(name) ?? null, parent === null ? null : groups.get(`*.${parent}`) ?? null];
};

const bySni = (groups: ReadonlyMap<string, HostGroup>, sni: string): Found | null => {
  const own = groups.get(sni)?.sni ?? null;
  if (own !== null) return { answer: own, map: 'sni', key: sni };
  const parent = parentDomain(sni);
  const above = parent === null ? null : groups.get(`*.${parent}`)?.sni ?? null;
  return above === null ? null : { answer: above, map: 'sni-wildcard', key: parent ?? '' };
};

const covers = (path: string, text: string): boolean => pathKeys(path).some((key) => text.startsWith(key));

const certificateFor = (table: RoutingTable, sni: string | null): Explanation['certificate'] => {
  const parent = sni === null ? null : parentDomain(sni);
  const found = table.certificates.find(({ host }) => host === sni) ?? table.certificates.find(({ host }) => parent !== null && host === `*.${parent}`);
  return { host: found?.host ?? null, rule: found?.rule ?? null };
};

const certificateIdentity = (table: RoutingTable, host: string): string => {
  const shown = certificateFor(table, host);
  return table.certificates.find((one) => one.host === shown?.host)?.pem ?? 'default';
};

const answerOf = (
  found: Found | null, request: ExplainRequest, host: string, about: { readonly known: boolean; readonly refused: readonly RefusedName[] },
): ExplainedAnswer => {
  const answer = found?.answer;
  switch (answer?.does) {
    case 'serve': {
      const { rule } = answer;
      if (rule.pool.members.length === 0) return { does: 'answer', status: 503, reason: 'no-endpoints', rule };
      return { does: rule.pool.mode === 'tcp' ? 'pass-through' : 'serve', rule, members: rule.pool.members };
    }
    case 'redirect': return { does: 'redirect', rule: answer.rule, location: `https://${host}${request.path}` };
    case 'close':
    case 'ask-wildcard': return { does: 'answer', status: 503, reason: 'tls-only', rule: answer.rule };
    case 'misdirected': return { does: 'answer', status: 421, reason: 'misdirected-request', rule: answer.rule };
    case 'terminate':
    case undefined: break;
  }
  if (about.refused[0] !== undefined) return { does: 'answer', status: 503, reason: 'route-not-admitted', rule: null };
  return { does: 'answer', status: 503, reason: about.known ? 'no-route-for-path' : 'no-route-for-host', rule: null };
};

/** What the reasons depend on besides the rule itself. */
interface Asked {
  readonly text: string;
  readonly scheme: 'http' | 'https';
  /** SNI of a connection that is passed through, else null. */
  readonly passedBy: string | null;
  readonly misdirected: boolean;
}

/** Every rule of the host and of the wildcard above it, in the order in which they are asked; where the SNI decided, those of its name first. */
const candidates = (groups: readonly (HostGroup | null)[], asked: Asked, found: Found | null): readonly Candidate[] => {
  const winner = found?.answer.rule ?? null;
  const rules = groups.flatMap((group) => group?.rules ?? []);
  const first = rules.find((rule) => covers(rule.path, asked.text)) ?? null;
  return rules.map((rule): Candidate => {
    const won = rule === winner && !asked.misdirected;
    return { rule, won, why: won ? whyWon(rule, found) : whyLost(rule, winner, first, asked) };
  });
};

const whyWon = (rule: Rule, found: Found | null): string => {
  const place = rule.wildcard ? 'no rule of the exact host answers here, and this wildcard covers it' : 'exact host';
  const path = isRootPath(rule.path) ? 'the root covers every path' : `longest path that covers the request (${rule.path})`;
  switch (found?.answer.does) {
    case 'redirect': return `${place}; ${path}; its insecure policy is Redirect`;
    case 'close':
    case 'ask-wildcard': return `${place}; ${path}; but it is for TLS only, and nothing less specific serves clear text`;
    case 'misdirected': return `${place}; but it is passed through, so a connection whose TLS was terminated here must not serve it`;
    default: return rule.termination === 'passthrough' ? `${place}; the SNI decides before any path is seen` : `${place}; ${path}`;
  }
};

/** `first`: the most specific rule that covers the request, whether or not it serves on this listener. */
const whyLost = (rule: Rule, winner: Rule | null, first: Rule | null, asked: Asked): string => {
  const { text, scheme, passedBy } = asked;
  if (asked.misdirected) return 'the connection was opened for another host with another certificate';
  if (passedBy !== null && winner !== null && (rule.termination !== 'passthrough' || !namesSni(rule, passedBy))) {
    return `the SNI ${passedBy} sends the connection to ${winner.id} before any Host or path is read`;
  }
  if (rule.termination !== 'passthrough' && !covers(rule.path, text)) {
    if (pathKeys(rule.path).length === 0) return `no request can have the path ${rule.path}`;
    return rule.path.endsWith('/') && `${rule.path.slice(0, -1)}${pathEnd}` === text
      ? `its path ${rule.path} ends in a slash and does not answer without it`
      : `its path ${rule.path} does not cover the request (paths match whole segments, case counts)`;
  }
  if (scheme === 'http' && rule.termination === 'passthrough' && rule.insecure !== 'redirect') return 'it is passed through by SNI, port 80 has nothing for it';
  if (scheme === 'http' && rule.termination !== 'none' && rule.insecure === 'none') return 'it is for TLS only (insecureEdgeTerminationPolicy None)';
  if (scheme === 'https' && rule.termination === 'none') return 'it is for clear text only: it has no tls section';
  if (winner === null) return 'it does not answer on this listener';
  if (rule.wildcard && !winner.wildcard) return `an exact host goes before a wildcard (${winner.id})`;
  if (scheme === 'http' && rule.insecure === 'redirect' && first !== null) return `only the most specific rule redirects, and that is ${first.id}`;
  if (isRootPath(rule.path) ? !isRootPath(winner.path) : rule.path.length < winner.path.length) return `a longer path goes first (${winner.id}: ${winner.path})`;
  return `the older object goes first (${winner.id})`;
};

const namesSni = (rule: Rule, sni: string): boolean => rule.host === (rule.wildcard ? parentDomain(sni) : sni);
