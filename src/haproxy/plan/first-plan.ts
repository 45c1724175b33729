import { readValue } from '../desired/map-values.ts';
import { mapNames, type MapName } from '../naming.ts';
import type { Observed } from '../observed/observed.ts';
import type { Draft } from './draft.ts';

/** What can be told from an image alone about who had it made. */
export interface PlacedBefore {
  readonly pools: ReadonlyMap<string, { readonly backend: string; readonly digest: string }>;
  /** Backends that traffic may be on its way to: not spare until the maps are switched. */
  readonly held: ReadonlySet<string>;
}

const routing: readonly MapName[] = ['plain', 'plain-wildcard', 'plain-fallback', 'tls', 'tls-wildcard', 'sni', 'sni-wildcard'];

/**
 * Which rule's pool each backend held when the image was taken: told by the values of the maps that traffic is sent by.
 * A rule that no map sends traffic to has nothing to lose by being placed anew. A backend that two rules are sent to (somebody
 * changed a map) is neither's: whose the servers are cannot be told.
 */
export const placedBefore = (observed: Observed): PlacedBefore => {
  const pools = new Map<string, { backend: string; digest: string }>();
  const owners = new Map<string, string>();
  const contested = new Set<string>();
  for (const map of routing) {
    for (const value of observed.maps[map].values()) {
      const { backend, rule, digest } = readValue(value);
      if (!observed.backends.has(backend)) continue;
      if ((owners.get(backend) ?? rule) !== rule) contested.add(backend);
      owners.set(backend, rule);
      pools.set(rule, { backend, digest });
    }
  }
  for (const [rule, { backend }] of pools) if (contested.has(backend)) pools.delete(rule);
  return { pools, held: new Set(owners.keys()) };
};

/** true: an image of a worker that has only spare backends. A plan for it leaves nothing to be swept. */
export const isBlank = ({ maps, backends, certificates, listed, cas }: Observed): boolean =>
  mapNames.every((map) => maps[map].size === 0) && certificates.size + listed.size + cas.size === 0 && [...backends.values()].every(({ size }) => size === 0);

/** What the rules of a table ask for, once all are placed. */
export interface Wanted {
  readonly keys: readonly Iterable<readonly [MapName, string]>[];
  /** Names of the servers that a backend should have. */
  readonly members: (backend: string) => readonly string[];
  readonly certificateFiles: ReadonlySet<string>;
  readonly isCaUsed: (file: string) => boolean;
}

/** First plan only: takes away what the image has and no rule asks for. */
export const sweep = (wanted: Wanted, draft: Draft): void => {
  const { observed } = draft;
  const keys = new Map<MapName, Set<string>>(mapNames.map((name) => [name, new Set<string>()]));
  for (const some of wanted.keys) for (const [map, key] of some) keys.get(map)?.add(key);
  for (const map of mapNames) for (const key of [...observed.maps[map].keys()]) if (keys.get(map)?.has(key) === false) draft.unset('retire', map, key);

  for (const [backend, servers] of observed.backends) {
    const members = wanted.members(backend);
    if (servers.size === members.length) continue;
    const stays = new Set(members);
    for (const [server, { ready }] of servers) {
      if (stays.has(server)) continue;
      if (ready) draft.put('retire', { rule: null, does: 'server-maintenance', backend, server });
      draft.leave({ backend, server });
    }
  }
  for (const file of [...observed.listed.keys()]) if (!wanted.certificateFiles.has(file)) draft.put('retire', { rule: null, does: 'certificate-unlist', file });
  for (const file of [...observed.certificates]) if (!wanted.certificateFiles.has(file)) draft.put('retire', { rule: null, does: 'certificate-delete', file });
  for (const file of [...observed.cas]) if (!wanted.isCaUsed(file)) draft.put('retire', { rule: null, does: 'ca-delete', file });
};
