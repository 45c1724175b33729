import { pathEnd } from '../../table/host-group.ts';
import type { Rule, RuleSettings } from '../../table/routing-table.ts';
import { digestOf, type MapName } from '../naming.ts';
import { allowEntries, allowListId } from './allow-list.ts';
import { encodeActions } from './header-actions.ts';

/** What the router does for every rule unless the rule says otherwise. */
export interface SettingsContext {
  readonly forwardedHeaders: RuleSettings['forwardedHeaders'];
}

export type MapEntry = readonly [map: MapName, key: string, value: string];

/** Entries that a rule's settings need, named by content: equal settings share them, and a change is a switch to others. */
export interface SettingsEntries {
  /** Key in the `settings` map, or `-` when the rule asks for nothing that needs a look-up. */
  readonly id: string;
  readonly entries: readonly MapEntry[];
}

/**
 * The JSON that the `settings` map holds for a rule: read field by field by `json_query` (configuration manual, section 7.3.1).
 * Times in milliseconds. Every text is JSON-escaped; texts that may hold anything are base64 or hexadecimal.
 */
interface StoredSettings {
  server?: number;
  tunnel?: number;
  hsts?: string;
  forwarded?: string;
  allow?: string;
  /** k: key of the rule in the table of rates; c, r, h: concurrent connections, connections in 3 s, requests in 10 s. */
  rate?: { k: string; c?: number; r?: number; h?: number };
  /** Prefix to take away, text to put in its place. */
  rewrite?: { p: string; t: string };
  /** Keys of entries of the same map that hold the header actions: one line of a map file has at most 16 KB (HAProxy 2.6 reads it before `tune.bufsize` counts). */
  request?: string;
  response?: string;
}

/** Nearly every rule, asked about several times. */
const asksForNothing = (settings: RuleSettings, context: SettingsContext): boolean =>
  settings.timeoutServer === null && settings.timeoutTunnel === null && settings.hsts === null && settings.forwardedHeaders === context.forwardedHeaders &&
  settings.allowList === null && settings.rateLimit === null && settings.rewrite === null && settings.requestHeaders.length + settings.responseHeaders.length === 0;

const nothingStored: StoredSettings = Object.freeze({});

const stored = (rule: Rule, context: SettingsContext): StoredSettings => {
  const { settings } = rule;
  if (asksForNothing(settings, context)) return nothingStored;
  const { rateLimit } = settings;
  return {
    ...(settings.timeoutServer === null ? {} : { server: settings.timeoutServer }),
    ...(settings.timeoutTunnel === null ? {} : { tunnel: settings.timeoutTunnel }),
    ...(settings.hsts === null ? {} : { hsts: settings.hsts }),
    ...(settings.forwardedHeaders === context.forwardedHeaders ? {} : { forwarded: settings.forwardedHeaders }),
    ...(settings.allowList === null ? {} : { allow: allowListId(settings.allowList) }),
    ...(rateLimit === null ? {} : {
      rate: {
        k: digestOf(rule.id),
        ...(rateLimit.concurrentTcp === null ? {} : { c: rateLimit.concurrentTcp }),
        ...(rateLimit.rateTcp === null ? {} : { r: rateLimit.rateTcp }),
        ...(rateLimit.rateHttp === null ? {} : { h: rateLimit.rateHttp }),
      },
    }),
    ...(settings.rewrite === null ? {} : { rewrite: rewriteOf(settings.rewrite) }),
    ...keyOf('request', encodeActions(settings.requestHeaders)),
    ...keyOf('response', encodeActions(settings.responseHeaders)),
  };
};

const keyOf = (side: 'request' | 'response', actions: string): Pick<StoredSettings, 'request' | 'response'> => (actions === '' ? {} : { [side]: digestOf(actions) });

const actionEntries = ({ requestHeaders, responseHeaders }: RuleSettings): readonly MapEntry[] =>
  [encodeActions(requestHeaders), encodeActions(responseHeaders)].filter((actions) => actions !== '').map((actions) => ['settings', digestOf(actions), actions] as const);

/** Bytes that may not stand in a request line are percent-encoded (RFC 3986, section 2.1), so a target can never end one. */
const visible = (text: string): string =>
  [...Buffer.from(text, 'utf8')].map((byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)).join('');

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * The prefix is stored with the `?` that ends it in the look-up, so that it is never empty. A target of exactly `/` is `-`: it
 * also swallows the slash after the prefix, so that `/app/x` becomes `/x`, not `//x`.
 */
const rewriteOf = ({ prefix, target }: { readonly prefix: string; readonly target: string }): { p: string; t: string } => ({
  p: base64(`${prefix}${pathEnd}`),
  t: target === '/' ? '-' : base64(visible(target)),
});

/** Whether a rule needs a backend of the `full` tier, where uncommon settings are evaluated. */
export const isUncommon = (rule: Rule, context: SettingsContext): boolean =>
  rule.settings.cookie === null || Object.keys(stored(rule, context)).length > 0;

const nothing: SettingsEntries = { id: '-', entries: [] };

/** Map entries for a rule's settings. Pure. TCP rules keep theirs in the same map. */
export const settingsEntries = (rule: Rule, context: SettingsContext): SettingsEntries => {
  const value = rule.pool.mode === 'tcp' ? tcpOnly(stored(rule, context)) : stored(rule, context);
  if (Object.keys(value).length === 0) return nothing;
  const text = JSON.stringify(value);
  const id = digestOf(text);
  const { allowList } = rule.settings;
  const actions = rule.pool.mode === 'tcp' ? [] : actionEntries(rule.settings);
  // Each key once: both sides may have the same actions.
  const entries = new Map([...actions, ['settings', id, text] as const, ...(allowList === null ? [] : allowEntries(allowList))].map((entry) => [`${entry[0]} ${entry[1]}`, entry]));
  return { id, entries: [...entries.values()] };
};

/** Of a passthrough rule only the connection can be judged; its timeout is in the kind of its backend. */
const tcpOnly = ({ allow, rate }: StoredSettings): StoredSettings => ({
  ...(allow === undefined ? {} : { allow }),
  ...(rate === undefined ? {} : { rate }),
});
