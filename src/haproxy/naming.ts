import { hash } from 'node:crypto';
import type { Balance } from '../admission/claim.ts';

/**
 * Maps of the running HAProxy. The file name is the map's name on its socket. Kinds: `beg` = longest prefix, `str` = exact: both
 * are trees, so a look-up does not grow with the number of rules (configuration manual, section 7.3.1 "map").
 */
export const maps = {
  plain: { kind: 'beg', for: 'port 80: host and path -> answer' },
  'plain-wildcard': { kind: 'beg', for: 'port 80: parent domain and path -> answer' },
  'plain-fallback': { kind: 'beg', for: 'port 80: parent domain and path -> rule, for hosts that are TLS only' },
  tls: { kind: 'beg', for: 'terminated TLS: host and path -> answer' },
  'tls-wildcard': { kind: 'beg', for: 'terminated TLS: parent domain and path -> answer' },
  sni: { kind: 'str', for: 'SNI -> passthrough rule or `terminate`' },
  'sni-wildcard': { kind: 'str', for: 'parent domain of the SNI -> passthrough rule or `terminate`' },
  hosts: { kind: 'str', for: 'hosts and *.parents without a rule for the root: with `plain`, tells "no such host" from "no such path"' },
  refused: { kind: 'beg', for: 'host and path that was asked for and not admitted -> reason' },
  'refused-wildcard': { kind: 'beg', for: 'the same for parent domains' },
  certificates: { kind: 'str', for: 'host or *.parent -> certificate it is served with: what an HTTP/2 connection may be re-used for' },
  settings: { kind: 'str', for: 'settings id -> JSON with what a rule asks for, or the header actions that it names' },
  allow: { kind: 'beg', for: 'allow list id, length and bits of the address in hexadecimal -> 1' },
  notes: { kind: 'str', for: 'book-keeping, never looked up by traffic: which default certificate is loaded' },
} as const satisfies Record<string, { readonly kind: 'beg' | 'str'; readonly for: string }>;

export type MapName = keyof typeof maps;

/** Literal order: the order in which maps are written, read and compared. */
export const mapNames = Object.keys(maps) as readonly MapName[];

/**
 * A kind of backend: pools move freely between backends of one kind at run time. What can differ only by static text of a
 * backend makes a kind; all else travels in maps and variables.
 */
export interface BackendKind {
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  /** HTTP: whether the rules for uncommon settings are evaluated. Most rules need none, and pay nothing. */
  readonly full: boolean;
  /** TCP: `timeout tunnel` in milliseconds, which HAProxy 2.6 can set at run time in HTTP mode only; null = the default. */
  readonly tunnel: number | null;
  /** HTTP: `option h1-case-adjust-bogus-server`. */
  readonly adjustCase: boolean;
}

/** Text form of a kind: beginning of its backends' names and name of its `defaults` section. */
export const kindName = (kind: BackendKind): string =>
  [kind.mode, kind.balance, kind.full ? 'full' : '', kind.tunnel === null ? '' : `tunnel${String(kind.tunnel)}`, kind.adjustCase ? 'case' : '']
    .filter((part) => part !== '')
    .join('-');

export const backendName = (kind: string, number: number): string => `${kind}.${String(number).padStart(5, '0')}`;

/** Kind's name of a pool backend, or null for HAProxy backends that are no pools. */
export const kindOfBackend = (backend: string): string | null => {
  const match = /^((?:http|tcp)-[a-z0-9-]+)\.\d{5,}$/.exec(backend);
  return match?.[1] ?? null;
};

/** Short digest of a text: names things by their content, so that a change is a new thing and the switch to it one step. */
export const digestOf = (text: string): string => hash('sha256', text, 'hex').slice(0, 16);

/** Backends of static text that answer without a member. First field of a map value. */
export const answering = {
  redirect: 'redirect-to-https',
  closed: 'answer-tls-only',
  misdirected: 'answer-misdirected',
  empty: 'answer-no-endpoints',
  unmatched: 'answer-unmatched',
  tcpEmpty: 'tcp-no-endpoints',
  terminate: 'terminate-tls',
} as const;

/** Value of an entry of the `plain` map whose host has nothing for the path itself: its wildcard is asked. */
export const askWildcard = 'ask-wildcard';

/** Separates the fields of a map value. Cannot occur in a backend, rule or cookie name. */
export const fieldSeparator = '|';
