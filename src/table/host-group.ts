import { patchSorted } from '../lib/patch-sorted.ts';
import { compareRules, isRootPath } from './order.ts';
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
  /** Whether a wildcard above this host serves clear text. */
  readonly above: boolean;
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
    host: first.host, wildcard: first.wildcard, rules, above: wildcardServesPlain, plain,
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
  const groups = new HostGroups();
  return (rules) => {
    groups.replace(rules);
    return new Map(groups.all);
  };
};

/** The host groups of a table, kept up with its changes. */
export class HostGroups {
  /** Group name -> group. */
  readonly all = new Map<string, HostGroup>();
  readonly #rules = new Map<string, readonly Rule[]>();
  /** Parent domain -> how many of its wildcard rules serve clear text. */
  readonly #plainWildcards = new Map<string, number>();

  /** Takes a whole table's rules, in order. Gives the names of the groups that came, went or changed. */
  replace(rules: readonly Rule[]): readonly string[] {
    const before = new Map(this.#rules);
    this.#rules.clear();
    this.#plainWildcards.clear();
    const lists = new Map<string, Rule[]>();
    for (const rule of rules) {
      const name = groupName(rule);
      const list = lists.get(name);
      if (list === undefined) lists.set(name, [rule]);
      else list.push(rule);
      this.#count(rule, 1);
    }
    const touched = new Set<string>();
    for (const [name, list] of lists) {
      const known = before.get(name);
      const same = known?.length === list.length && known.every((rule, index) => rule === list[index]);
      this.#rules.set(name, same ? known : list);
      before.delete(name);
      if (!same || this.all.get(name)?.above !== this.#above(list)) touched.add(name);
    }
    for (const name of before.keys()) touched.add(name);
    this.#rebuild(touched);
    return [...touched];
  }

  /** The same for a difference alone. */
  patch(gone: readonly Rule[], come: readonly Rule[]): readonly string[] {
    const touched = new Set<string>();
    const toggled = new Set<string>();
    const change = (rule: Rule, by: 1 | -1): void => {
      const name = groupName(rule);
      const list = this.#rules.get(name) ?? [];
      this.#rules.set(name, by === 1 ? patchSorted(list, [], [rule], compareRules) : patchSorted(list, [rule], [], compareRules));
      touched.add(name);
      const served = (this.#plainWildcards.get(rule.host) ?? 0) > 0;
      this.#count(rule, by);
      if (rule.wildcard && served !== (this.#plainWildcards.get(rule.host) ?? 0) > 0) toggled.add(rule.host);
    };
    for (const rule of gone) change(rule, -1);
    for (const rule of come) change(rule, 1);
    if (toggled.size > 0) {
      for (const [name, group] of this.all) if (!group.wildcard && toggled.has(parentDomain(group.host) ?? '')) touched.add(name);
    }
    this.#rebuild(touched);
    return [...touched];
  }

  #count(rule: Rule, by: 1 | -1): void {
    if (rule.wildcard && servesPlain(rule)) this.#plainWildcards.set(rule.host, (this.#plainWildcards.get(rule.host) ?? 0) + by);
  }

  #above(rules: readonly Rule[]): boolean {
    const [first] = rules;
    return first?.wildcard === false && (this.#plainWildcards.get(parentDomain(first.host) ?? '') ?? 0) > 0;
  }

  #rebuild(names: ReadonlySet<string>): void {
    for (const name of names) {
      const rules = this.#rules.get(name) ?? [];
      if (rules.length === 0) {
        this.#rules.delete(name);
        this.all.delete(name);
      } else {
        this.all.set(name, buildHostGroup(rules, this.#above(rules)));
      }
    }
  }
}
