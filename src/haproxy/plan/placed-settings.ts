import type { Rule } from '../../table/routing-table.ts';
import { settingsEntries, type MapEntry, type SettingsContext } from '../desired/rule-settings.ts';
import type { MapName } from '../naming.ts';
import type { Draft } from './draft.ts';
import { Uses } from './uses.ts';

/** Map entries that rules' settings stand in. Rules with equal settings share them; the last to leave takes them away. */
export class PlacedSettings {
  readonly #context: SettingsContext;
  readonly #uses = new Uses<MapEntry>();
  readonly #entriesOfRule = new Map<string, readonly MapEntry[]>();

  constructor(context: SettingsContext) {
    this.#context = context;
  }

  place(rule: Rule, draft: Draft): void {
    const { entries } = settingsEntries(rule, this.#context);
    for (const entry of entries) {
      this.#uses.take(`${entry[0]} ${entry[1]}`, entry);
      draft.set('prepare', entry, rule.id);
    }
    this.remove(rule.id, draft);
    if (entries.length > 0) this.#entriesOfRule.set(rule.id, entries);
  }

  /** Gives up what the rule had. */
  remove(rule: string, draft: Draft): void {
    draft.givenUp.entries.push(...(this.#entriesOfRule.get(rule) ?? []));
    this.#entriesOfRule.delete(rule);
  }

  /** Deletes what was given up and nobody else uses. */
  release(draft: Draft): void {
    for (const [map, key] of draft.givenUp.entries) if (this.#uses.release(`${map} ${key}`) !== null) draft.unset('retire', map, key);
  }

  /** Where rules have entries. */
  *keys(): Iterable<readonly [MapName, string]> {
    for (const entries of this.#entriesOfRule.values()) for (const [map, key] of entries) yield [map, key];
  }
}
