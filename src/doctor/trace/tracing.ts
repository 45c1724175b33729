import type { Address } from '../address.ts';
import { sameFamily } from './same-family.ts';
import type { Facets } from '../model/facets.ts';
import type { Target } from './target.ts';

/** What every hop is judged by. */
export interface Tracing {
  readonly view: Facets;
  readonly target: Target;
  /** Where the request goes at the network layer; null when no name server's answer is known. */
  readonly address: Address | null;
  /** Null when nobody said. */
  readonly client: Address | null;
  /** The client's host, when it is in the evidence. */
  readonly clientHost: string | null;
}

/** The client and its host: as named, else the host that tried this target, else nobody. */
export function clientOf(view: Facets, address: Address | null, port: number, named: Address | null): { readonly client: Address | null; readonly clientHost: string | null } {
  if (named !== null) {
    const holder = view.holders.of(named).find((held) => held.place === 'wire')?.host ?? null;
    return { client: named, clientHost: holder ?? triedFrom(view, address, port) };
  }
  const tried = triedFrom(view, address, port);
  if (tried === null || address === null) return { client: null, clientHost: tried };
  const own = view.holders.onHost(tried).filter((held) => held.place === 'wire' && sameFamily(held.held.address, address));
  const facing = view.holders.facing(tried, address)[0];
  return { client: facing?.held.address ?? (own.length === 1 ? own[0]?.held.address ?? null : null), clientHost: tried };
}

/** The only host that tried, when none of its rivals did. */
function triedFrom(view: Facets, address: Address | null, port: number): string | null {
  const hosts = new Set(view.probes.allConnects.filter(({ record }) => record.target === address && record.port === port).map((found) => found.host));
  const [only] = hosts;
  return hosts.size === 1 && only !== undefined && only !== '' ? only : null;
}
