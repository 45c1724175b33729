import { candidates, type Candidate } from './candidates.ts';
import { createGrouper, parentDomain, pathEnd } from './host-group.ts';
import { byPath, bySni, covers, groupsOf, type Found } from './lookup.ts';
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

/** Says who takes a request, and why the others do not. Pure; the same groups that HAProxy's maps are made of. */
export const explain = (table: RoutingTable, request: ExplainRequest): Explanation => {
  const groups = createGrouper()(table.rules);
  const host = normalHost(request.host);
  const parent = parentDomain(host);
  const [exact, wildcard] = groupsOf(groups, host);
  const sni = request.scheme === 'http' ? null : request.sni === undefined ? host : request.sni === null ? null : normalHost(request.sni);
  const text = `${request.path}${pathEnd}`;

  const passing = request.scheme === 'https' && sni !== null ? bySni(groups, sni) : null;
  const passthrough = passing?.answer.does === 'serve' ? passing : null;
  const certificate = request.scheme === 'https' && passthrough === null ? certificateFor(table, sni) : null;
  const found = passthrough ?? byPath([exact, wildcard], request.scheme === 'http' ? 'plain' : 'tls', host, text);
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
