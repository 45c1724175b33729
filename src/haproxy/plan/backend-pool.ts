import type { PoolSpec } from '../desired/pool-spec.ts';
import { kindOfBackend } from '../naming.ts';
import type { Observed, ObservedServer } from '../observed/observed.ts';
import type { Step } from './steps.ts';

/** Backends without a pool, per kind, longest free first: a request that still looked up the old pool has long gone. */
export class SpareBackends {
  readonly #free = new Map<string, string[]>();

  constructor(observed: Observed, taken: ReadonlySet<string>) {
    for (const backend of observed.backends.keys()) {
      const kind = kindOfBackend(backend);
      if (kind !== null && !taken.has(backend)) this.#queue(kind).push(backend);
    }
  }

  #queue(kind: string): string[] {
    const known = this.#free.get(kind);
    if (known !== undefined) return known;
    const queue: string[] = [];
    this.#free.set(kind, queue);
    return queue;
  }

  /** A spare backend of the kind: an empty one, else one in which none of the servers' names is still in use; null: none is left. */
  take(spec: PoolSpec, observed: Observed): string | null {
    const queue = this.#free.get(spec.kindName) ?? [];
    const serversOf = (backend: string): ReadonlyMap<string, ObservedServer> => observed.backends.get(backend) ?? new Map();
    const empty = queue.findIndex((backend) => serversOf(backend).size === 0);
    const index = empty !== -1 ? empty : queue.findIndex((backend) => spec.servers.every(({ name }) => !serversOf(backend).has(name)));
    if (index === -1) return null;
    // Taking the first of ten thousand by `splice` moves all the others.
    return (index === 0 ? queue.shift() : queue.splice(index, 1)[0]) ?? null;
  }

  give(backend: string): void {
    const kind = kindOfBackend(backend);
    if (kind !== null) this.#queue(kind).push(backend);
  }

  /** Whether the configuration has backends of that kind at all. */
  has(kind: string): boolean {
    return this.#free.has(kind);
  }

  /** Spare backends left, per kind. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#free].map(([kind, queue]) => [kind, queue.length]));
  }
}

/** Whether a pool can become what `spec` says without leaving its backend. */
export const canStay = (spec: PoolSpec, servers: ReadonlyMap<string, ObservedServer>): boolean =>
  spec.servers.every((server) => !server.checked || (servers.get(server.name)?.checkable ?? true));

export interface PoolSteps {
  /** Before traffic is sent there. */
  readonly prepare: readonly Step[];
  /** After the maps were switched: members that left. */
  readonly retire: readonly Step[];
}

/** Steps that make the servers of a backend those of the pool. Servers that leave go into maintenance; deleting them is another matter. */
export const poolSteps = (rule: string, backend: string, spec: PoolSpec, servers: ReadonlyMap<string, ObservedServer>): PoolSteps => {
  const prepare: Step[] = [];
  for (const server of spec.servers) {
    const has = servers.get(server.name);
    if (has === undefined) {
      prepare.push({ rule, does: 'server-add', backend, server });
      continue;
    }
    if (has.weight !== server.weight) prepare.push({ rule, does: 'server-weight', backend, server: server.name, weight: server.weight });
    if (has.checking !== server.checked) prepare.push({ rule, does: server.checked ? 'health-on' : 'health-off', backend, server: server.name });
    if (!has.ready) prepare.push({ rule, does: 'server-ready', backend, server: server.name });
  }
  const wanted = new Set(spec.servers.map(({ name }) => name));
  const retire = [...servers]
    .filter(([name, { ready }]) => ready && !wanted.has(name))
    .map(([name]): Step => ({ rule, does: 'server-maintenance', backend, server: name }));
  return { prepare, retire };
};
