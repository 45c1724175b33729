import { HostGroups, type HostGroup } from '../../table/host-group.ts';
import type { RoutingTable, TableDifference } from '../../table/routing-table.ts';
import { groupEntries, groupKeys, refusedEntries, type PlaceOf } from '../desired/map-values.ts';
import type { MapEntry, SettingsContext } from '../desired/rule-settings.ts';
import type { MapName } from '../naming.ts';
import type { Draft } from './draft.ts';

/** What the maps lead hosts and paths to, and what they tell of refused ones. */
export class PlacedGroups {
  readonly #context: SettingsContext;
  readonly #hosts = new HostGroups();
  readonly #groups = new Map<string, HostGroup>();
  #refused: { readonly list: RoutingTable['refused']; readonly entries: readonly MapEntry[] } = { list: [], entries: [] };

  constructor(context: SettingsContext) {
    this.#context = context;
  }

  /** Keys that nobody has any more are deleted after all others are set: another group's key may cover the same request. */
  place(table: RoutingTable, difference: TableDifference | null, placeOf: PlaceOf, draft: Draft): void {
    const names = difference === null ? this.#hosts.replace(table.rules) : this.#hosts.patch(difference.gone, difference.come);
    const removed: (readonly [MapName, string])[] = [];
    for (const name of names) {
      const group = this.#hosts.all.get(name);
      const known = this.#groups.get(name);
      const entries = group === undefined ? [] : groupEntries(group, placeOf, this.#context);
      for (const entry of entries) draft.set('change', entry, group?.rules[0]?.id ?? null);
      if (known !== undefined) removed.push(...without(groupKeys(known), entries));
      if (group === undefined) this.#groups.delete(name);
      else this.#groups.set(name, group);
    }
    if (table.refused !== this.#refused.list) {
      const entries = refusedEntries(table.refused);
      for (const entry of entries) draft.set('change', entry, null);
      removed.push(...without(this.#refused.entries.map(([map, key]) => [map, key] as const), entries));
      this.#refused = { list: table.refused, entries };
    }
    for (const [map, key] of removed) draft.unset('change', map, key);
  }

  /** Where groups and refused names have entries. */
  *keys(): Iterable<readonly [MapName, string]> {
    for (const group of this.#groups.values()) yield* groupKeys(group);
    for (const [map, key] of this.#refused.entries) yield [map, key];
  }
}

const without = (keys: readonly (readonly [MapName, string])[], entries: readonly MapEntry[]): readonly (readonly [MapName, string])[] => {
  const kept = new Set(entries.map(([map, key]) => `${map} ${key}`));
  return keys.filter(([map, key]) => !kept.has(`${map} ${key}`));
};
