import { groupName, type Answer, type HostGroup, type PathAnswer } from '../../table/host-group.ts';
import type { RefusedName, Rule } from '../../table/routing-table.ts';
import { pathKeys } from '../../table/host-group.ts';
import { answering, askWildcard, fieldSeparator, type MapName } from '../naming.ts';
import { settingsEntries, type MapEntry, type SettingsContext } from './rule-settings.ts';

/** Where a rule's pool stands and what digest it has; backend null: it has no members. */
export type PlaceOf = (rule: Rule) => { readonly backend: string | null; readonly digest: string } | null;

/**
 * Value of a map entry, fields between `|`: backend · rule · settings id · digest of the pool · cookie name · cookie attributes.
 * All but the digest are read by `field(n,|)` in the frontends and the pool defaults, which walks the text from the nearer end: what every
 * request needs stands at the ends. The digest tells a Fairway that adopts the worker whether the pool can stay where it is.
 */
export const ruleValue = (rule: Rule, place: ReturnType<PlaceOf>, context: SettingsContext): string => {
  const empty = rule.pool.mode === 'tcp' ? answering.tcpEmpty : answering.empty;
  const { cookie } = rule.settings;
  return [
    place?.backend ?? empty,
    rule.id,
    settingsEntries(rule, context).id,
    place?.digest ?? '-',
    cookie?.name ?? '-',
    cookie === null ? '-' : `path=/; HttpOnly${cookie.attributes}`,
  ].join(fieldSeparator);
};

/** What `ruleValue` wrote, or an answer of Fairway's own (`backend` and `rule` alone). Fields that are not there are empty. */
export const readValue = (value: string): { readonly backend: string; readonly rule: string; readonly settings: string; readonly digest: string } => {
  const [backend = '', rule = '', settings = '', digest = ''] = value.split(fieldSeparator);
  return { backend, rule, settings, digest };
};

/** Every map entry of a host group; without a context, keys only. Pure. */
export const groupEntries = (group: HostGroup, placeOf: PlaceOf, context: SettingsContext | null): readonly MapEntry[] => {
  const value = (answer: Answer): string => {
    if (context === null) return '';
    const named = (backend: string): string => [backend, answer.rule.id].join(fieldSeparator);
    switch (answer.does) {
      case 'serve': return ruleValue(answer.rule, placeOf(answer.rule), context);
      case 'redirect': return named(answering.redirect);
      case 'close': return named(answering.closed);
      case 'ask-wildcard': return askWildcard;
      case 'misdirected': return named(answering.misdirected);
      case 'terminate': return answering.terminate;
    }
  };
  const paths = (map: MapName, answers: readonly PathAnswer[]): readonly MapEntry[] =>
    answers.map(([key, answer]) => [map, `${group.host}${key}`, value(answer)] as const);
  const suffix = group.wildcard ? '-wildcard' : '';
  return [
    ...paths(`plain${suffix}`, group.plain),
    ...paths('plain-fallback', group.plainFallback),
    ...paths(`tls${suffix}`, group.tls),
    ...(group.sni === null ? [] : [[`sni${suffix}`, group.host, value(group.sni)] as const]),
    ...(coversEverything(group) ? [] : [['hosts', groupName(group), '1'] as const]),
  ];
};

/** A rule for the root finds every request of its host, so no other map needs to know that the host exists. */
const coversEverything = (group: HostGroup): boolean => group.plain.some(([key]) => key === '/');

/** Keys of `groupEntries`, without working out the values. */
export const groupKeys = (group: HostGroup): readonly (readonly [MapName, string])[] =>
  groupEntries(group, () => null, null).map(([map, key]) => [map, key] as const);

/** Entries that let an unmatched request learn that a route for it was refused, and why. */
export const refusedEntries = (refused: readonly RefusedName[]): readonly MapEntry[] => {
  const found = new Map<string, MapEntry>();
  for (const { host, wildcard, path, reason } of refused) {
    if (!/^[a-z0-9.-]{1,253}$/.test(host)) continue;
    for (const key of pathKeys(path)) {
      const map: MapName = wildcard ? 'refused-wildcard' : 'refused';
      if (key.length < 4096) found.set(`${map} ${host}${key}`, [map, `${host}${key}`, reason]);
    }
  }
  return [...found.values()];
};
