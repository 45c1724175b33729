import { isRootPath } from './order.ts';
import type { Rule } from './routing-table.ts';

/** What a listener does with a request whose most specific key carries this answer. */
export type Answer =
  | { readonly does: 'serve'; readonly rule: Rule }
  /** Port 80 only: 302 to https. */
  | { readonly does: 'redirect'; readonly rule: Rule }
  /** Port 80 only: the rule is for TLS only and nothing less specific serves clear text. */
  | { readonly does: 'close'; readonly rule: Rule }
  /** Port 80 only: like `close`, but a wildcard above this host may serve clear text: ask there. */
  | { readonly does: 'ask-wildcard'; readonly rule: Rule }
  /** Terminated TLS only: the host is for passthrough, so this connection must not serve it (421). */
  | { readonly does: 'misdirected'; readonly rule: Rule }
  /** SNI only: TLS is terminated here. */
  | { readonly does: 'terminate'; readonly rule: Rule };

export type PathAnswer = readonly [key: string, answer: Answer];

/** All rules of one host (or of one wildcard's parent domain), and what each listener makes of them. */
export interface HostGroup {
  readonly host: string;
  readonly wildcard: boolean;
  readonly rules: readonly Rule[];
  /** Port 80, after host: see `pathKeys` for the keys. */
  readonly plain: readonly PathAnswer[];
  /** Wildcards only, port 80: what serves a more specific host that answered `ask-wildcard`; no redirects. */
  readonly plainFallback: readonly PathAnswer[];
  /** After TLS was terminated. */
  readonly tls: readonly PathAnswer[];
  /** By SNI, before TLS is terminated; null: nothing to say. */
  readonly sni: Answer | null;
}

/** Ends the looked-up path: `?` cannot occur in the path component of a request (RFC 3986, section 3.3). */
export const pathEnd = '?';

/**
 * Keys under which a path is found by a longest-prefix search for `request path + "?"`:
 * the root by `/`; `/a` by `/a/` and, exactly, `/a?`; `/a/` by `/a/` alone (it does not answer `/a`).
 * Empty when no request can match: a request path has only visible ASCII characters and no `?` or `#`.
 */
export const pathKeys = (path: string): readonly string[] => {
  if (isRootPath(path)) return ['/'];
  if (!/^\/[\x21-\x7e]*$/.test(path) || /[?#]/.test(path)) return [];
  return path.endsWith('/') ? [path] : [`${path}/`, `${path}${pathEnd}`];
};

const servesPlain = (rule: Rule): boolean =>
  rule.termination === 'none' || (rule.termination !== 'passthrough' && rule.insecure === 'allow');

const servesTls = (rule: Rule): boolean => rule.termination === 'edge' || rule.termination === 'reencrypt';

/** First rule of an order from specific to general that covers the key. */
const covering = (rules: readonly Rule[], key: string): Rule | undefined =>
  rules.find((rule) => pathKeys(rule.path).some((own) => key === own || (!own.endsWith(pathEnd) && key.startsWith(own))));

/** One array for all that have nothing: there are thousands of groups. */
const none: readonly PathAnswer[] = [];

/** Keys of the rules, each with the answer of the most specific rule that owns it. `rules` come most specific first. */
const answers = (rules: readonly Rule[], answer: (rule: Rule, key: string) => Answer): readonly PathAnswer[] => {
  if (rules.length === 0) return none;
  const found = new Map<string, Answer>();
  for (const rule of rules) for (const key of pathKeys(rule.path)) if (!found.has(key)) found.set(key, answer(rule, key));
  return [...found];
};

/** `wildcardServesPlain`: whether a wildcard above this host has a rule that serves clear text. */
export const buildHostGroup = (rules: readonly Rule[], wildcardServesPlain: boolean): HostGroup => {
  const [first] = rules;
  if (first === undefined) throw new RangeError('a host group has at least one rule');
  const plainRules = rules.filter(servesPlain);
  const tlsRules = rules.filter(servesTls);
  const passthrough = rules.find((rule) => rule.termination === 'passthrough' && isRootPath(rule.path));
  const plain = answers(rules, (rule, key): Answer => {
    if (rule.insecure === 'redirect' && rule.termination !== 'none') return { does: 'redirect', rule };
    const server = covering(plainRules, key);
    if (server !== undefined) return { does: 'serve', rule: server };
    return { does: wildcardServesPlain ? 'ask-wildcard' : 'close', rule };
  });
  const serve = (rule: Rule): Answer => ({ does: 'serve', rule });
  const tls = answers(tlsRules, serve);
  const [firstTls] = tlsRules;
  return {
    host: first.host, wildcard: first.wildcard, rules, plain,
    plainFallback: first.wildcard ? answers(plainRules, serve) : none,
    tls: passthrough === undefined || tls.some(([key]) => key === '/') ? tls : [...tls, ['/', { does: 'misdirected', rule: passthrough }]],
    sni: passthrough !== undefined ? { does: 'serve', rule: passthrough } : firstTls !== undefined ? { does: 'terminate', rule: firstTls } : null,
  };
};

/** Name of a group: wildcards are written as a client would write the certificate, `*.example.com`. */
export const groupName = (group: { readonly host: string; readonly wildcard: boolean }): string =>
  group.wildcard ? `*.${group.host}` : group.host;

/** Everything after the first label, or null. The domain whose wildcard covers `host`. */
export const parentDomain = (host: string): string | null => {
  const dot = host.indexOf('.');
  return dot === -1 ? null : host.slice(dot + 1);
};

/** Groups a table's rules by host; a group stays the same object while its rules do. */
export const createGrouper = (): ((rules: readonly Rule[]) => ReadonlyMap<string, HostGroup>) => {
  let previous: ReadonlyMap<string, { readonly group: HostGroup; readonly above: boolean }> = new Map();
  return (rules) => {
    const byHost = new Map<string, Rule[]>();
    const plainWildcards = new Set<string>();
    for (const rule of rules) {
      const name = groupName(rule);
      const list = byHost.get(name);
      if (list === undefined) byHost.set(name, [rule]);
      else list.push(rule);
      if (rule.wildcard && servesPlain(rule)) plainWildcards.add(rule.host);
    }
    const next = new Map<string, { group: HostGroup; above: boolean }>();
    const groups = new Map<string, HostGroup>();
    for (const [name, list] of byHost) {
      const [first] = list;
      const above = plainWildcards.size > 0 && first?.wildcard === false && plainWildcards.has(parentDomain(first.host) ?? '');
      const known = previous.get(name);
      const same = known?.above === above && known.group.rules.length === list.length && known.group.rules.every((rule, index) => rule === list[index]);
      const group = same ? known.group : buildHostGroup(list, above);
      next.set(name, same ? known : { group, above });
      groups.set(name, group);
    }
    previous = next;
    return groups;
  };
};
