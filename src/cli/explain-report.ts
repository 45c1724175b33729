import type { RefusedName, RoutingTable, Rule } from '../table/routing-table.ts';
import { explain, normalHost } from '../table/explain.ts';
import type { ExplainRequest, Explanation } from '../table/explain.ts';

/** Answer of `fairway explain --json`: docs/schemas/explain.json. */
export interface ExplainReport {
  readonly request: { readonly url: string; readonly method: string; readonly scheme: 'http' | 'https'; readonly host: string; readonly path: string; readonly sni: string | null; readonly httpVersion: string };
  /** Which of HAProxy's listeners sees it, in order. */
  readonly listeners: readonly { readonly name: 'plain' | 'sni' | 'tls'; readonly port: number }[];
  readonly answer: {
    readonly does: 'serve' | 'pass-through' | 'redirect' | 'answer';
    readonly route: string | null;
    readonly status: number | null;
    /** As in the response header x-fairway-reason. */
    readonly reason: string | null;
    readonly location: string | null;
    readonly members: readonly { readonly address: string; readonly port: number; readonly weight: number; readonly service: string; readonly pod: string }[];
  };
  readonly candidates: readonly {
    readonly route: string; readonly host: string; readonly path: string; readonly termination: string; readonly insecure: string;
    readonly won: boolean; readonly why: string; readonly file: string | null; readonly line: number | null;
  }[];
  /** null: no TLS is terminated. `host` null: the default certificate. */
  readonly certificate: { readonly host: string | null; readonly route: string | null } | null;
  readonly refused: readonly { readonly host: string; readonly path: string; readonly reason: string }[];
  readonly lookups: readonly { readonly map: string; readonly key: string }[];
  /** null: no HAProxy was asked (--from). */
  readonly haproxy: { readonly agrees: boolean | null; readonly route: string | null; readonly backend: string | null; readonly message: string } | null;
}

export interface ExplainOptions {
  readonly url: string;
  readonly method: string | null;
  /** `''` or `none`: the client sends none. */
  readonly sni: string | null;
  readonly httpVersion: string | null;
}

export type ParsedRequest = { readonly ok: true; readonly request: ExplainRequest; readonly method: string } | { readonly ok: false; readonly message: string };

/** Reads what a person types: `https://host[:port]/path?query`, or `host/path`, which counts as http. */
export function parseRequest({ url, method, sni, httpVersion }: ExplainOptions): ParsedRequest {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^https?:\/\/[^/?#]/i.test(url)) return { ok: false, message: `${JSON.stringify(url)} is no URL of a web page; write https://shop.example.com/path` };
  const match = /^(?:(https?):\/\/)?([^/?#\s]+)([^\s]*)$/i.exec(url);
  if (!match?.[2]) return { ok: false, message: `${JSON.stringify(url)} is no URL; write https://shop.example.com/path` };
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  const host = normalHost(match[2]);
  if (!/^[a-z0-9._*-]{1,253}$/.test(host) && !/^\[[0-9a-f:.]+\]$/.test(match[2])) return { ok: false, message: `${JSON.stringify(match[2])} is no host name` };
  // The URL parser of WHATWG would decode and fold dot segments; what counts is the path as it is sent.
  const path = (match[3] ?? '').replace(/[?#].*$/, '') || '/';
  if (httpVersion !== null && !['1.1', '2'].includes(httpVersion)) return { ok: false, message: `HTTP version ${JSON.stringify(httpVersion)} is unknown; write 1.1 or 2` };
  if (!/^[A-Za-z]{1,20}$/.test(method ?? 'GET')) return { ok: false, message: `${JSON.stringify(method)} is no method` };
  return {
    ok: true,
    method: (method ?? 'GET').toUpperCase(),
    request: {
      scheme, host: match[2], path,
      ...(sni === null ? {} : { sni: sni === '' || sni === 'none' ? null : sni }),
      ...(httpVersion === '1.1' || httpVersion === '2' ? { httpVersion } : {}),
    },
  };
}

/** Where the objects of rules stand, by rule id. */
export type OriginOf = (rule: string) => { readonly file: string; readonly line: number } | undefined;

export interface ReportParts {
  readonly table: RoutingTable;
  readonly options: ExplainOptions;
  readonly request: ExplainRequest;
  readonly method: string;
  readonly ports: { readonly http: number; readonly https: number };
  readonly originOf: OriginOf;
}

export function explainReport({ table, options, request, method, ports, originOf }: ReportParts): ExplainReport {
  const explanation = explain(table, request);
  return {
    request: { url: options.url, method, ...explanation.request, httpVersion: request.httpVersion ?? (request.scheme === 'https' ? '2' : '1.1') },
    listeners: explanation.listeners.map((name) => ({ name, port: name === 'plain' ? ports.http : ports.https })),
    answer: answerOf(explanation, redirectLocation(options.url)),
    candidates: explanation.candidates.map(({ rule, won, why }) => ({
      route: rule.id, host: hostOf(rule), path: rule.path, termination: rule.termination, insecure: rule.insecure, won, why,
      file: originOf(rule.id)?.file ?? null, line: originOf(rule.id)?.line ?? null,
    })),
    certificate: explanation.certificate === null ? null : { host: explanation.certificate.host, route: explanation.certificate.rule },
    refused: explanation.refused.map((name: RefusedName) => ({ host: hostOf(name), path: name.path, reason: name.reason })),
    lookups: explanation.lookups,
    haproxy: null,
  };
}

const hostOf = ({ host, wildcard }: Pick<Rule, 'host' | 'wildcard'>): string => (wildcard ? `*.${host}` : host);

/** As HAProxy writes it: the host in lower case and without port, a trailing dot kept; path and query as they came. */
function redirectLocation(url: string): string {
  const match = /^(?:https?:\/\/)?([^/?#\s]+)([^\s#]*)/i.exec(url);
  const target = match?.[2] ?? '';
  return `https://${(match?.[1] ?? '').replace(/:\d*$/, '').toLowerCase()}${target.startsWith('/') ? target : `/${target}`}`;
}

function answerOf({ answer }: Explanation, location: string): ExplainReport['answer'] {
  const nothing = { route: null, status: null, reason: null, location: null, members: [] };
  switch (answer.does) {
    case 'serve':
    case 'pass-through':
      return {
        ...nothing, does: answer.does, route: answer.rule.id,
        members: answer.members.map(({ address, port, weight, service, pod }) => ({ address, port, weight, service, pod })),
      };
    case 'redirect': return { ...nothing, does: 'redirect', route: answer.rule.id, status: 302, reason: 'redirect-to-https', location };
    case 'answer': return { ...nothing, does: 'answer', route: answer.rule?.id ?? null, status: answer.status, reason: answer.reason };
  }
}
