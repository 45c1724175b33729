import type { Rule } from '../../table/routing-table.ts';
import { poolSpec, type PoolSpec } from '../desired/pool-spec.ts';
import type { Observed } from '../observed/observed.ts';
import { canStay, poolSteps, SpareBackends } from './backend-pool.ts';
import type { Draft } from './draft.ts';
import type { PlacedBefore } from './first-plan.ts';
import type { Leftover, PlanContext, ReloadPlan } from './plan.ts';
import type { Step } from './steps.ts';
import { Uses } from './uses.ts';

/** Where a rule's pool stands. What the servers are is worked out from the rule when it is asked: kept for all, it would fill memory. */
interface PlacedPool {
  readonly rule: Rule;
  readonly digest: string;
  /** File of the CA that its servers verify with, or null. */
  readonly ca: string | null;
  readonly backend: string | null;
}

/** Which backend holds which rule's pool. */
export class PlacedPools {
  readonly #observed: Observed;
  readonly #context: PlanContext;
  readonly #spares: SpareBackends;
  /** Rule -> its pool. */
  readonly #placed = new Map<string, PlacedPool>();
  /** Backend -> rule. */
  readonly #owners = new Map<string, string>();
  /** Backend -> servers of an earlier pool that are not deleted yet. Made with that pool's keywords, so no other may take them over. */
  readonly #strays = new Map<string, Set<string>>();
  readonly #caUses = new Uses<string>();

  constructor(observed: Observed, context: PlanContext, held: ReadonlySet<string>) {
    this.#observed = observed;
    this.#context = context;
    this.#spares = new SpareBackends(observed, held);
  }

  of(rule: string): PlacedPool | null {
    return this.#placed.get(rule) ?? null;
  }

  ids(): Iterable<string> {
    return this.#placed.keys();
  }

  spares(): ReadonlyMap<string, number> {
    return this.#spares.counts();
  }

  ownerOf(backend: string): string | null {
    return this.#owners.get(backend) ?? null;
  }

  serversOf(backend: string): PoolSpec['servers'] {
    const placed = this.#ownersPool(backend);
    return placed === undefined ? [] : poolSpec(placed.rule, this.#context).servers;
  }

  /** Names of the servers that the backend's rule asks for. */
  membersOf(backend: string): readonly string[] {
    return this.#ownersPool(backend)?.rule.pool.members.map(({ id }) => id) ?? [];
  }

  #ownersPool(backend: string): PlacedPool | undefined {
    const owner = this.#owners.get(backend);
    return owner === undefined ? undefined : this.#placed.get(owner);
  }

  isCaUsed(file: string): boolean {
    return this.#caUses.has(file);
  }

  /** Gives the rule's pool a backend: the one it is in, where that can become what it asks for. `before`: in the first plan only. */
  place(rule: Rule, before: PlacedBefore | null, draft: Draft): ReloadPlan | null {
    const placed = this.#placed.get(rule.id);
    const spec = poolSpec(rule, this.#context);
    const last = placed ?? before?.pools.get(rule.id);
    const stays = last !== undefined && this.#canStay(spec, last);
    const backend = spec.servers.length === 0 ? null : stays ? last.backend : this.#spares.take(spec, this.#observed);
    if (backend === null && spec.servers.length > 0) return this.#noSpare(spec, rule);
    const lastBackend = last?.backend ?? null;
    if (lastBackend !== null && lastBackend !== backend) draft.givenUp.pools.push({ rule: rule.id, backend: lastBackend });
    const ca = this.#placeCa(spec, rule, draft);
    if (placed !== undefined && placed.ca !== null) draft.givenUp.cas.push(placed.ca);
    if (backend !== null) {
      const steps = poolSteps(rule.id, backend, spec, this.#observed.backends.get(backend) ?? new Map());
      // Whom an earlier pool left behind in a fresh backend must be out of it before traffic comes; in the rule's own, after it went.
      for (const step of steps.retire) draft.put(stays ? 'retire' : 'prepare', step);
      for (const step of steps.prepare) {
        if (step.does === 'server-add') this.#strays.get(backend)?.delete(step.server.name);
        draft.put('prepare', step);
      }
      this.#owners.set(backend, rule.id);
    }
    this.#placed.set(rule.id, { rule, digest: spec.digest, ca, backend });
    return null;
  }

  #canStay(spec: PoolSpec, last: { readonly backend: string | null; readonly digest: string }): boolean {
    const { backend, digest } = last;
    if (backend === null || digest !== spec.digest || spec.servers.length === 0) return false;
    const servers = this.#observed.backends.get(backend);
    const isStray = (server: string): boolean => this.#strays.get(backend)?.has(server) === true && servers?.has(server) === true;
    return servers !== undefined && canStay(spec, servers) && !spec.servers.some(({ name }) => isStray(name));
  }

  #noSpare({ kindName }: PoolSpec, rule: Rule): ReloadPlan {
    return this.#spares.has(kindName)
      ? { kind: 'reload', reason: 'spares-exhausted', detail: `no spare backend of kind ${kindName} is left for ${rule.id}` }
      : { kind: 'reload', reason: 'new-pool-kind', detail: `${rule.id} is the first to need a backend of kind ${kindName}` };
  }

  /** File of the CA that the pool's servers verify with, or null. */
  #placeCa(spec: PoolSpec, rule: Rule, draft: Draft): string | null {
    if (spec.ca === null || spec.servers.length === 0) return null;
    const file = this.#context.caFile(spec.ca);
    this.#caUses.take(file, file);
    if (!this.#observed.cas.has(file)) draft.put('prepare', { rule: rule.id, does: 'ca-new', file, pem: spec.ca });
    return file;
  }

  /** Gives up what a rule that is no more had. */
  remove(rule: string, draft: Draft): void {
    const placed = this.#placed.get(rule);
    if (placed === undefined) return;
    this.#placed.delete(rule);
    if (placed.ca !== null) draft.givenUp.cas.push(placed.ca);
    if (placed.backend !== null) draft.givenUp.pools.push({ rule, backend: placed.backend });
  }

  /** Deletes the CAs that were given up and no other pool verifies with. */
  releaseCas(draft: Draft): void {
    for (const file of draft.givenUp.cas) if (this.#caUses.release(file) !== null) draft.put('retire', { rule: null, does: 'ca-delete', file });
  }

  /** Makes the backends that were given up spare. Their servers stay ready for the requests that already chose them. */
  vacate(draft: Draft): void {
    for (const { rule, backend } of draft.givenUp.pools) {
      if (this.#owners.get(backend) === rule) this.#owners.delete(backend);
      this.#spares.give(backend);
      const servers = [...this.#observed.backends.get(backend)?.keys() ?? []];
      this.#strays.set(backend, new Set(servers));
      for (const server of servers) draft.leave({ backend, server });
    }
  }

  /** First plan only: backends whose rule is no more become spare; those that rules moved out of do with the moves. */
  freeUnowned(held: ReadonlySet<string>, draft: Draft): void {
    const moved = new Set(draft.givenUp.pools.map(({ backend }) => backend));
    for (const backend of held) if (!this.#owners.has(backend) && !moved.has(backend)) this.#spares.give(backend);
  }

  /** Steps that put a leftover out of service and delete it; empty when a new pool meanwhile took the server over. */
  retire({ backend, server }: Leftover): readonly Step[] {
    const has = this.#observed.backends.get(backend)?.get(server);
    if (has === undefined || this.serversOf(backend).some(({ name }) => name === server)) return [];
    const steps: Step[] = has.ready ? [{ rule: null, does: 'server-maintenance', backend, server }] : [];
    steps.push({ rule: null, does: 'server-delete', backend, server });
    return steps;
  }
}
