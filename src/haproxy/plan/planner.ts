import { HostGroups, type HostGroup } from '../../table/host-group.ts';
import type { RoutingTable, Rule, TableDifference } from '../../table/routing-table.ts';
import { groupEntries, groupKeys, refusedEntries } from '../desired/map-values.ts';
import { poolSpec, type PoolContext, type PoolSpec } from '../desired/pool-spec.ts';
import { settingsEntries, type MapEntry } from '../desired/rule-settings.ts';
import { digestOf, fieldSeparator, mapNames, type MapName } from '../naming.ts';
import type { Observed } from '../observed/observed.ts';
import type { ReloadReason } from '../reload-reasons.ts';
import { canStay, poolSteps, SpareBackends } from './backend-pool.ts';
import { applyStep, type Step } from './steps.ts';
import { Uses } from './uses.ts';

export interface PlanContext extends PoolContext {
  readonly certificateFile: (host: string, pem: string) => string;
  readonly defaultCertificateFile: string;
}

/** A backend's server that no rule wants any more. */
export interface Leftover {
  readonly backend: string;
  readonly server: string;
}

export type Plan =
  | { readonly kind: 'steps'; readonly steps: readonly Step[]; /** Deleted once they are idle. */ readonly leftovers: readonly Leftover[] }
  | { readonly kind: 'reload'; readonly reason: ReloadReason; readonly detail: string };

/** Where a rule's pool stands. What the servers are is worked out from the rule when it is asked: kept for all, it would fill memory. */
interface PlacedPool {
  readonly rule: Rule;
  readonly digest: string;
  /** File of the CA that its servers verify with, or null. */
  readonly ca: string | null;
  readonly backend: string | null;
}

/** What rules gave up in one plan. */
interface Released {
  readonly entries: MapEntry[];
  readonly cas: string[];
}

/** Key in the `notes` map for what the default certificate is. */
const defaultCertificateKey = 'default-certificate';

/**
 * Turns tables into steps. Holds an image of HAProxy (`observed`) and what each part of it was made from, so that a plan costs as
 * much as what changed: rules and host groups that are the same objects as last time are passed over.
 * A new planner knows nothing but the image, and its first plan compares everything: that is how a running HAProxy is adopted,
 * and how any doubt is settled.
 */
export class Planner {
  readonly observed: Observed;
  readonly #context: PlanContext;
  readonly #hosts = new HostGroups();
  readonly #spares: SpareBackends;
  readonly #placed = new Map<string, PlacedPool>();
  readonly #before: PlacedBefore;
  /** Backend -> servers of an earlier pool that are not deleted yet. Made with that pool's keywords, so no other may take them over. */
  readonly #strays = new Map<string, Set<string>>();
  readonly #entryUses = new Uses<MapEntry>();
  readonly #caUses = new Uses<string>();
  readonly #entriesOfRule = new Map<string, readonly MapEntry[]>();
  readonly #groups = new Map<string, HostGroup>();
  /** Backend -> rule. */
  readonly #owners = new Map<string, string>();
  readonly #certificates = new Map<string, { readonly file: string; readonly pem: string }>();
  #refused: { readonly list: RoutingTable['refused']; readonly entries: readonly MapEntry[] } = { list: [], entries: [] };
  #first = true;
  /** `build` of the table that was planned last. */
  #build: object | null = null;

  constructor(observed: Observed, context: PlanContext) {
    this.observed = observed;
    this.#context = context;
    this.#before = placedBefore(observed);
    this.#spares = new SpareBackends(observed, this.#before.held);
  }

  /** Spare backends left, per kind. */
  spares(): ReadonlyMap<string, number> {
    return this.#spares.counts();
  }

  /** Servers of a backend as they were asked for. */
  serversOf(backend: string): PoolSpec['servers'] {
    const owner = this.#owners.get(backend);
    const placed = owner === undefined ? undefined : this.#placed.get(owner);
    return placed === undefined ? [] : poolSpec(placed.rule, this.#context).servers;
  }

  /** Rule whose pool a backend holds, or null. */
  ownerOf(backend: string): string | null {
    return this.#owners.get(backend) ?? null;
  }

  /** Backend that holds a rule's pool, or null. */
  backendOf(rule: string): string | null {
    return this.#placed.get(rule)?.backend ?? null;
  }

  /**
   * Steps from the image to the table. The image is brought forward with each step. After `reload` the planner is spent:
   * the new worker gets a new one.
   */
  plan(table: RoutingTable): Plan {
    const prepare: Step[] = [];
    const change: Step[] = [];
    const retire: Step[] = [];
    const leftovers: Leftover[] = [];
    const put = (list: Step[], step: Step): void => {
      applyStep(this.observed, step);
      list.push(step);
    };
    const set = (list: Step[], [map, key, value]: MapEntry, rule: string | null): void => {
      const has = this.observed.maps[map].get(key);
      if (has === undefined) put(list, { rule, does: 'map-add', map, key, value });
      else if (has !== value) put(list, { rule, does: 'map-set', map, key, value });
    };
    const unset = (list: Step[], map: MapName, key: string): void => {
      if (this.observed.maps[map].has(key)) put(list, { rule: null, does: 'map-delete', map, key });
    };

    const difference = table.difference != null && table.difference.since === this.#build ? table.difference : null;
    this.#build = table.build ?? null;
    const moved: { rule: string; backend: string }[] = [];
    // Given up only after everything was taken: what one rule leaves, another may just be coming for.
    const released: Released = { entries: [], cas: [] };
    for (const rule of difference?.come ?? table.rules) {
      const placed = this.#placed.get(rule.id);
      if (placed?.rule === rule) continue;
      const problem = this.#place(rule, placed, { prepare, retire, moved, released, put, set });
      if (problem !== null) return problem;
    }
    for (const id of this.#vanished(table, difference)) {
      const placed = this.#placed.get(id);
      if (placed === undefined) continue;
      this.#placed.delete(id);
      released.entries.push(...(this.#entriesOfRule.get(id) ?? []));
      this.#entriesOfRule.delete(id);
      if (placed.ca !== null) released.cas.push(placed.ca);
      if (placed.backend !== null) moved.push({ rule: id, backend: placed.backend });
    }
    for (const [map, key] of released.entries) if (this.#entryUses.release(`${map} ${key}`) !== null) unset(retire, map, key);
    for (const file of released.cas) if (this.#caUses.release(file) !== null) put(retire, { rule: null, does: 'ca-delete', file });

    this.#planCertificates(table, { prepare, change, retire, put, set, unset });
    this.#planGroups(table, difference, change, set, unset);
    if (this.#first) this.#sweep(retire, new Set(moved.map(({ backend }) => backend)), leftovers, unset, put);

    for (const { rule, backend } of moved) this.#vacate(rule, backend, leftovers);
    const steps = [...prepare, ...change, ...retire];
    for (const step of steps) if (step.does === 'server-maintenance') leftovers.push({ backend: step.backend, server: step.server });
    this.#first = false;
    return { kind: 'steps', steps, leftovers: [...new Map(leftovers.map((one) => [`${one.backend}/${one.server}`, one])).values()] };
  }

  #place(rule: Rule, placed: PlacedPool | undefined, to: {
    readonly prepare: Step[]; readonly retire: Step[]; readonly moved: { rule: string; backend: string }[]; readonly released: Released;
    readonly put: (list: Step[], step: Step) => void; readonly set: (list: Step[], entry: MapEntry, rule: string | null) => void;
  }): Plan | null {
    const spec = poolSpec(rule, this.#context);
    const before = placed === undefined ? (this.#first ? this.#before.pools.get(rule.id) : undefined) : placed;
    const servers = before?.backend == null ? undefined : this.observed.backends.get(before.backend);
    const stays = servers !== undefined && spec.servers.length > 0 && before?.digest === spec.digest && canStay(spec, servers)
      && !spec.servers.some(({ name }) => this.#isStray(before.backend ?? '', name));
    let backend: string | null = stays ? before.backend : null;
    if (!stays && spec.servers.length > 0) {
      backend = this.#spares.take(spec, this.observed);
      if (backend === null) {
        return this.#spares.has(spec.kindName)
          ? { kind: 'reload', reason: 'spares-exhausted', detail: `no spare backend of kind ${spec.kindName} is left for ${rule.id}` }
          : { kind: 'reload', reason: 'new-pool-kind', detail: `${rule.id} is the first to need a backend of kind ${spec.kindName}` };
      }
    }
    if (before?.backend != null && before.backend !== backend) to.moved.push({ rule: rule.id, backend: before.backend });
    if (spec.ca !== null && spec.servers.length > 0) {
      const file = this.#context.caFile(spec.ca);
      this.#caUses.take(file, file);
      if (!this.observed.cas.has(file)) to.put(to.prepare, { rule: rule.id, does: 'ca-new', file, pem: spec.ca });
    }
    if (placed?.ca != null) to.released.cas.push(placed.ca);
    if (backend !== null) {
      const steps = poolSteps(rule.id, backend, spec, this.observed.backends.get(backend) ?? new Map());
      // Whom an earlier pool left behind in a fresh backend must be out of it before traffic comes; in the rule's own, after it went.
      for (const step of steps.retire) to.put(stays ? to.retire : to.prepare, step);
      for (const step of steps.prepare) {
        if (step.does === 'server-add') this.#strays.get(backend)?.delete(step.server.name);
        to.put(to.prepare, step);
      }
      this.#owners.set(backend, rule.id);
    }
    const ca = spec.ca === null || spec.servers.length === 0 ? null : this.#context.caFile(spec.ca);
    this.#placed.set(rule.id, { rule, digest: spec.digest, ca, backend });
    const { entries } = settingsEntries(rule, this.#context);
    const old = this.#entriesOfRule.get(rule.id);
    for (const entry of entries) {
      this.#entryUses.take(`${entry[0]} ${entry[1]}`, entry);
      to.set(to.prepare, entry, rule.id);
    }
    if (entries.length > 0) this.#entriesOfRule.set(rule.id, entries);
    else this.#entriesOfRule.delete(rule.id);
    to.released.entries.push(...(old ?? []));
    return null;
  }

  #isStray(backend: string, server: string): boolean {
    return this.#strays.get(backend)?.has(server) === true && this.observed.backends.get(backend)?.has(server) === true;
  }

  #planCertificates(table: RoutingTable, to: {
    readonly prepare: Step[]; readonly change: Step[]; readonly retire: Step[]; readonly put: (list: Step[], step: Step) => void;
    readonly set: (list: Step[], entry: MapEntry, rule: string | null) => void; readonly unset: (list: Step[], map: MapName, key: string) => void;
  }): void {
    const hosts = new Set<string>();
    for (const { host, pem, rule } of table.certificates) {
      hosts.add(host);
      const known = this.#certificates.get(host);
      if (known?.pem === pem) continue;
      const file = this.#context.certificateFile(host, pem);
      if (!this.observed.certificates.has(file)) to.put(to.prepare, { rule, does: 'certificate-new', file, pem });
      const listed = this.observed.listed.get(file);
      if (listed !== undefined && listed !== host) to.put(to.prepare, { rule, does: 'certificate-unlist', file });
      if (listed !== host) to.put(to.prepare, { rule, does: 'certificate-list', file, host });
      to.set(to.prepare, ['certificates', host, digestOf(pem)], rule);
      this.#certificates.set(host, { file, pem });
      if (known !== undefined) this.#dropCertificate(known.file, to);
    }
    for (const [host, { file }] of this.#certificates) {
      if (hosts.has(host)) continue;
      this.#certificates.delete(host);
      to.unset(to.change, 'certificates', host);
      this.#dropCertificate(file, to);
    }
    const digest = digestOf(table.defaultCertificate);
    if (this.observed.maps.notes.get(defaultCertificateKey) !== digest) {
      to.put(to.prepare, { rule: null, does: 'certificate-replace', file: this.#context.defaultCertificateFile, pem: table.defaultCertificate });
      to.set(to.prepare, ['notes', defaultCertificateKey, digest], null);
    }
  }

  /** Only after its successor is listed: HAProxy presents the one listed first, so there is no moment without a certificate. */
  #dropCertificate(file: string, to: { readonly change: Step[]; readonly retire: Step[]; readonly put: (list: Step[], step: Step) => void }): void {
    if (this.observed.listed.has(file)) to.put(to.change, { rule: null, does: 'certificate-unlist', file });
    if (this.observed.certificates.has(file)) to.put(to.retire, { rule: null, does: 'certificate-delete', file });
  }

  /** Rules that were placed and are no more. */
  #vanished(table: RoutingTable, difference: TableDifference | null): readonly string[] {
    if (difference !== null) return difference.gone.filter((rule) => this.#placed.get(rule.id)?.rule === rule).map(({ id }) => id);
    const rules = new Set(table.rules.map(({ id }) => id));
    return [...this.#placed.keys()].filter((id) => !rules.has(id));
  }

  #planGroups(table: RoutingTable, difference: TableDifference | null, change: Step[], set: (list: Step[], entry: MapEntry, rule: string | null) => void, unset: (list: Step[], map: MapName, key: string) => void): void {
    const names = difference === null ? this.#hosts.replace(table.rules) : this.#hosts.patch(difference.gone, difference.come);
    const removed: (readonly [MapName, string])[] = [];
    for (const name of names) {
      const group = this.#hosts.all.get(name);
      const known = this.#groups.get(name);
      const entries = group === undefined ? [] : groupEntries(group, (rule) => this.#placed.get(rule.id) ?? null, this.#context);
      for (const entry of entries) set(change, entry, group?.rules[0]?.id ?? null);
      if (known !== undefined) {
        const kept = new Set(entries.map(([map, key]) => `${map} ${key}`));
        removed.push(...groupKeys(known).filter(([map, key]) => !kept.has(`${map} ${key}`)));
      }
      if (group === undefined) this.#groups.delete(name);
      else this.#groups.set(name, group);
    }
    if (table.refused !== this.#refused.list) {
      const entries = refusedEntries(table.refused);
      const kept = new Set(entries.map(([map, key]) => `${map} ${key}`));
      for (const entry of entries) set(change, entry, null);
      for (const [map, key] of this.#refused.entries) if (!kept.has(`${map} ${key}`)) removed.push([map, key]);
      this.#refused = { list: table.refused, entries };
    }
    for (const [map, key] of removed) unset(change, map, key);
  }

  /** First plan only: takes away what the image has and no rule asks for. */
  #sweep(
    retire: Step[], moved: ReadonlySet<string>, leftovers: Leftover[],
    unset: (list: Step[], map: MapName, key: string) => void, put: (list: Step[], step: Step) => void,
  ): void {
    const wanted = new Map<MapName, Set<string>>(mapNames.map((name) => [name, new Set<string>()]));
    const want = (map: MapName, key: string): void => { wanted.get(map)?.add(key); };
    for (const group of this.#groups.values()) for (const [map, key] of groupKeys(group)) want(map, key);
    for (const entries of this.#entriesOfRule.values()) for (const [map, key] of entries) want(map, key);
    for (const [map, key] of this.#refused.entries) want(map, key);
    for (const host of this.#certificates.keys()) want('certificates', host);
    want('notes', defaultCertificateKey);
    for (const map of mapNames) for (const key of [...this.observed.maps[map].keys()]) if (wanted.get(map)?.has(key) === false) unset(retire, map, key);

    for (const [backend, servers] of this.observed.backends) {
      const owner = this.#owners.get(backend);
      const members = owner === undefined ? [] : this.#placed.get(owner)?.rule.pool.members ?? [];
      if (servers.size === members.length) continue;
      const wanted = new Set(members.map(({ id }) => id));
      for (const [server, { ready }] of servers) {
        if (wanted.has(server)) continue;
        if (ready) put(retire, { rule: null, does: 'server-maintenance', backend, server });
        leftovers.push({ backend, server });
      }
    }
    // Those that rules moved out of become spare with the moves.
    for (const backend of this.#before.held) if (!this.#owners.has(backend) && !moved.has(backend)) this.#spares.give(backend);
    const files = new Set([...this.#certificates.values()].map(({ file }) => file));
    for (const file of [...this.observed.listed.keys()]) if (!files.has(file)) put(retire, { rule: null, does: 'certificate-unlist', file });
    for (const file of [...this.observed.certificates]) if (!files.has(file)) put(retire, { rule: null, does: 'certificate-delete', file });
    for (const file of [...this.observed.cas]) if (!this.#caUses.has(file)) put(retire, { rule: null, does: 'ca-delete', file });
  }

  /** A backend whose rule moved away or went. Its servers stay ready for the requests that already chose it. */
  #vacate(rule: string, backend: string, leftovers: Leftover[]): void {
    if (this.#owners.get(backend) === rule) this.#owners.delete(backend);
    this.#spares.give(backend);
    const servers = [...this.observed.backends.get(backend)?.keys() ?? []];
    this.#strays.set(backend, new Set(servers));
    for (const server of servers) leftovers.push({ backend, server });
  }

  /** Steps that put a leftover out of service and delete it; empty when a new pool meanwhile took the server over. */
  retire({ backend, server }: Leftover): readonly Step[] {
    const has = this.observed.backends.get(backend)?.get(server);
    if (has === undefined || this.#inUse(backend, server)) return [];
    const steps: Step[] = has.ready ? [{ rule: null, does: 'server-maintenance', backend, server }] : [];
    steps.push({ rule: null, does: 'server-delete', backend, server });
    return steps;
  }

  #inUse(backend: string, server: string): boolean {
    return this.serversOf(backend).some(({ name }) => name === server);
  }
}

interface PlacedBefore {
  readonly pools: ReadonlyMap<string, { readonly backend: string; readonly digest: string }>;
  /** Backends that traffic may be on its way to: not spare until the maps are switched. */
  readonly held: ReadonlySet<string>;
}

/**
 * Which rule's pool each backend held when the image was taken: told by the values of the maps that traffic is sent by.
 * A rule that no map sends traffic to has nothing to lose by being placed anew. A backend that two rules are sent to (somebody
 * changed a map) is neither's: whose the servers are cannot be told.
 */
const placedBefore = (observed: Observed): PlacedBefore => {
  const pools = new Map<string, { backend: string; digest: string }>();
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  for (const map of routing) {
    for (const value of observed.maps[map].values()) {
      const [backend = '', rule = '', , , , digest = ''] = value.split(fieldSeparator);
      if (!observed.backends.has(backend)) continue;
      if ((owners.get(backend) ?? rule) !== rule) contested.add(backend);
      owners.set(backend, rule);
      pools.set(rule, { backend, digest });
    }
  }
  for (const [rule, { backend }] of pools) if (contested.has(backend)) pools.delete(rule);
  return { pools, held: new Set(owners.keys()) };
};

const routing: readonly MapName[] = ['plain', 'plain-wildcard', 'plain-fallback', 'tls', 'tls-wildcard', 'sni', 'sni-wildcard'];
