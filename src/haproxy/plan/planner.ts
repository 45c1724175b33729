import type { RoutingTable, TableDifference } from '../../table/routing-table.ts';
import type { PoolSpec } from '../desired/pool-spec.ts';
import type { Observed } from '../observed/observed.ts';
import { Draft } from './draft.ts';
import { isBlank, placedBefore, sweep, type PlacedBefore } from './first-plan.ts';
import { PlacedCertificates } from './placed-certificates.ts';
import { PlacedGroups } from './placed-groups.ts';
import { PlacedPools } from './placed-pools.ts';
import { PlacedSettings } from './placed-settings.ts';
import type { Leftover, Plan, PlanContext } from './plan.ts';
import type { Step } from './steps.ts';

/**
 * Turns tables into steps. Holds an image of HAProxy (`observed`) and what each part of it was made from, so that a plan costs as
 * much as what changed: rules and host groups that are the same objects as last time are passed over.
 * A new planner knows nothing but the image, and its first plan compares everything: that is how a running HAProxy is adopted,
 * and how any doubt is settled.
 */
export class Planner {
  readonly observed: Observed;
  readonly #pools: PlacedPools;
  readonly #settings: PlacedSettings;
  readonly #certificates: PlacedCertificates;
  readonly #groups: PlacedGroups;
  /** null: the first plan is made. */
  #before: PlacedBefore | null;
  readonly #blank: boolean;
  /** `build` of the table that was planned last. */
  #build: object | null = null;

  constructor(observed: Observed, context: PlanContext) {
    const before = placedBefore(observed);
    this.observed = observed;
    this.#before = before;
    this.#blank = isBlank(observed);
    this.#pools = new PlacedPools(observed, context, before.held);
    this.#settings = new PlacedSettings(context);
    this.#certificates = new PlacedCertificates(context);
    this.#groups = new PlacedGroups(context);
  }

  /** Spare backends left, per kind. */
  spares(): ReadonlyMap<string, number> {
    return this.#pools.spares();
  }

  /** Servers of a backend as they were asked for. */
  serversOf(backend: string): PoolSpec['servers'] {
    return this.#pools.serversOf(backend);
  }

  /** Rule whose pool a backend holds, or null. */
  ownerOf(backend: string): string | null {
    return this.#pools.ownerOf(backend);
  }

  /** Backend that holds a rule's pool, or null. */
  backendOf(rule: string): string | null {
    return this.#pools.of(rule)?.backend ?? null;
  }

  /**
   * Steps from the image to the table. The image is brought forward with each step. After `reload` the planner is spent:
   * the new worker gets a new one.
   */
  plan(table: RoutingTable): Plan {
    const draft = new Draft(this.observed);
    const difference = table.difference?.since === this.#build ? table.difference : null;
    this.#build = table.build ?? null;
    for (const rule of difference?.come ?? table.rules) {
      if (this.#pools.of(rule.id)?.rule === rule) continue;
      const reload = this.#pools.place(rule, this.#before, draft);
      if (reload !== null) return reload;
      this.#settings.place(rule, draft);
    }
    for (const id of this.#vanished(table, difference)) {
      this.#pools.remove(id, draft);
      this.#settings.remove(id, draft);
    }
    this.#settings.release(draft);
    this.#pools.releaseCas(draft);
    this.#certificates.place(table, draft);
    this.#groups.place(table, difference, (rule) => this.#pools.of(rule.id), draft);
    if (this.#before !== null && !this.#blank) this.#sweep(this.#before, draft);
    this.#pools.vacate(draft);
    this.#before = null;
    return draft.finished();
  }

  /** Rules that were placed and are no more. */
  #vanished(table: RoutingTable, difference: TableDifference | null): readonly string[] {
    if (difference !== null) return difference.gone.filter((rule) => this.#pools.of(rule.id)?.rule === rule).map(({ id }) => id);
    const rules = new Set(table.rules.map(({ id }) => id));
    return [...this.#pools.ids()].filter((id) => !rules.has(id));
  }

  #sweep({ held }: PlacedBefore, draft: Draft): void {
    sweep({
      keys: [this.#groups.keys(), this.#settings.keys(), this.#certificates.keys()],
      members: (backend) => this.#pools.membersOf(backend),
      certificateFiles: this.#certificates.files(),
      isCaUsed: (file) => this.#pools.isCaUsed(file),
    }, draft);
    this.#pools.freeUnowned(held, draft);
  }

  /** Steps that put a leftover out of service and delete it; empty when a new pool meanwhile took the server over. */
  retire(leftover: Leftover): readonly Step[] {
    return this.#pools.retire(leftover);
  }
}
