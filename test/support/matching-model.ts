import type { Rule } from '../../src/table/routing-table.ts';

/**
 * Who takes a request, written as the OpenShift router's maps say it: one regular expression per rule, tried one after the
 * other from the most specific to the least. Slow and plain, and nothing of it shared with the program: what the program's look-ups
 * must agree with. Where that router has holes the decided behaviour stands: the most specific host wins across terminations, and a
 * path that ends in a slash does not shadow its children.
 */
export type Verdict =
  | { readonly does: 'serve' | 'redirect' | 'tls-only' | 'misdirected'; readonly rule: string }
  | { readonly does: 'nothing' };

export interface Request {
  readonly scheme: 'http' | 'https';
  /** Lower case, without port and trailing dot. */
  readonly host: string;
  readonly path: string;
  /** null: none sent. */
  readonly sni: string | null;
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');

const hostPattern = (rule: Rule): string => (rule.wildcard ? `[^.]*\\.${literal(rule.host)}` : literal(rule.host));

const pathPattern = ({ path }: Rule): string => {
  if (/^\/*$/.test(path)) return '(?:/.*)?';
  return path.endsWith('/') ? `${literal(path)}.*` : `${literal(path)}(?:/.*)?`;
};

const isRoot = ({ path }: Rule): boolean => /^\/*$/.test(path);

export const covers = (rule: Rule, host: string, path: string): boolean => new RegExp(`^${hostPattern(rule)}${pathPattern(rule)}$`, 's').test(`${host}${path}`);

const coversHost = (rule: Rule, host: string): boolean => new RegExp(`^${hostPattern(rule)}$`).test(host);

const length = (rule: Rule): number => (isRoot(rule) ? 0 : rule.path.length);

/** Exact host, then the longer path, then the older object. */
const bySpecificity = (a: Rule, b: Rule): number =>
  Number(a.wildcard) - Number(b.wildcard) || length(b) - length(a) || a.age.created - b.age.created || (a.age.uid < b.age.uid ? -1 : a.age.uid > b.age.uid ? 1 : 0);

const terminates = ({ termination }: Rule): boolean => termination === 'edge' || termination === 'reencrypt';
const passes = (rule: Rule): boolean => rule.termination === 'passthrough' && isRoot(rule);

const clear = (rules: readonly Rule[]): Verdict => {
  const [most] = rules;
  if (most === undefined) return { does: 'nothing' };
  if (most.termination !== 'none' && most.insecure === 'redirect') return { does: 'redirect', rule: most.id };
  const server = rules.find((rule) => rule.termination === 'none' || (terminates(rule) && rule.insecure === 'allow'));
  return server === undefined ? { does: 'tls-only', rule: most.id } : { does: 'serve', rule: server.id };
};

/** Of the rules of one host, or of one wildcard. */
const secure = (rules: readonly Rule[], host: string, path: string): Verdict | null => {
  const server = rules.find((rule) => terminates(rule) && covers(rule, host, path));
  if (server !== undefined) return { does: 'serve', rule: server.id };
  const passing = rules.find(passes);
  return passing === undefined ? null : { does: 'misdirected', rule: passing.id };
};

const passedBySni = (rules: readonly Rule[], sni: string): Rule | undefined => {
  const named = rules.filter((rule) => coversHost(rule, sni));
  const exact = named.filter(({ wildcard }) => !wildcard);
  const own = exact.find(passes);
  if (own !== undefined || exact.some(terminates)) return own;
  return named.find((rule) => rule.wildcard && passes(rule));
};

export const decide = (rules: readonly Rule[], request: Request): Verdict => {
  const ordered = [...rules].sort(bySpecificity);
  const { host, path, sni } = request;
  if (request.scheme === 'http') return clear(ordered.filter((rule) => covers(rule, host, path)));
  const passing = sni === null ? undefined : passedBySni(ordered, sni);
  if (passing !== undefined) return { does: 'serve', rule: passing.id };
  const named = ordered.filter((rule) => coversHost(rule, host));
  const exact = named.filter(({ wildcard }) => !wildcard);
  const answer = secure(exact, host, path) ?? secure(named.filter(({ wildcard }) => wildcard), host, path) ?? { does: 'nothing' };
  // Whoever comes for this host by name comes here again: 421 would send him round in a circle.
  return answer.does === 'misdirected' && exact.some(terminates) && !exact.some(passes) ? { does: 'nothing' } : answer;
};
