import { createBridges } from './bridges.ts';
import { createComponents } from './components.ts';
import { createConntrack } from './conntrack.ts';
import { createCounters } from './counters.ts';
import { createEdges } from './edges.ts';
import { createFirewalls } from './firewalls.ts';
import { createHaproxyState } from './haproxy-state.ts';
import { createHolders } from './holders.ts';
import { createHosts } from './hosts.ts';
import { createKernel } from './kernel.ts';
import { createLinks } from './links.ts';
import { createLvs } from './lvs.ts';
import { createLvsSettings } from './lvs-settings.ts';
import { createMultipaths } from './multipath.ts';
import { createNames } from './names.ts';
import { createNeighbours } from './neighbours.ts';
import { createObjects } from './objects.ts';
import { createProbes } from './probes.ts';
import { createReachability } from './reachability.ts';
import type { RecordIndex } from './record-index.ts';
import { createRoutes } from './routes.ts';
import { createSockets } from './sockets.ts';
import { createSysctls } from './sysctls.ts';
import { createVips } from './vips.ts';
import { createVrrp } from './vrrp.ts';
import { createWorkloads } from './workloads.ts';

/** The sides from which the evidence can be looked at. An analyzer names those it needs and is given no other. */
const builders = {
  hosts: createHosts,
  links: createLinks,
  holders: createHolders,
  neighbours: createNeighbours,
  bridges: createBridges,
  vips: createVips,
  vrrp: createVrrp,
  lvs: createLvs,
  lvsSettings: createLvsSettings,
  routes: createRoutes,
  multipaths: createMultipaths,
  reachability: createReachability,
  sysctls: createSysctls,
  firewalls: createFirewalls,
  conntrack: createConntrack,
  kernel: createKernel,
  counters: createCounters,
  sockets: createSockets,
  probes: createProbes,
  haproxy: createHaproxyState,
  edges: createEdges,
  components: createComponents,
  objects: createObjects,
  names: createNames,
  workloads: createWorkloads,
} as const satisfies Readonly<Record<string, (index: RecordIndex) => unknown>>;

export type FacetName = keyof typeof builders;
export type Facets = { readonly [Name in FacetName]: ReturnType<(typeof builders)[Name]> };
export const facetNames = Object.keys(builders) as readonly FacetName[];

/** Every side, each made when it is first looked at. */
export function facetsOf(index: RecordIndex): Facets {
  const made = new Map<FacetName, unknown>();
  const facets = {};
  for (const name of facetNames) {
    Object.defineProperty(facets, name, {
      enumerable: true,
      get: () => {
        if (!made.has(name)) made.set(name, builders[name](index));
        return made.get(name);
      },
    });
  }
  return facets as Facets;
}

/** Only the declared sides; `onRead` hears of each that is used. Reading another one is a fault of the program, not of the evidence. */
export function viewOf<Reads extends readonly FacetName[]>(facets: Facets, reads: Reads, onRead?: (name: FacetName) => void): Pick<Facets, Reads[number]> {
  return new Proxy(facets, {
    get: (target, name) => {
      const declared = reads.find((each) => each === name);
      if (declared === undefined) throw new Error(`an analyzer reads ${String(name)} without declaring it`);
      onRead?.(declared);
      return target[declared];
    },
  });
}
