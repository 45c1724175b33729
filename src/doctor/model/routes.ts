import type { Address } from '../address.ts';
import { contains } from '../address.ts';
import type { Known } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RecordIndex } from './record-index.ts';

export type IpRoute = RecordOf<'ip-route'>;
export type RouteLookup = RecordOf<'route-lookup'>;

/** Kernel routing entries of all hosts. */
export interface Routes {
  of(host: string): readonly IpRoute[];
  rules(host: string): readonly RecordOf<'ip-rule'>[];
  /** What the kernel itself answered to `ip route get`. */
  lookups(host: string, to: Address): readonly RouteLookup[];
  /** The entry of the main table that takes a packet to this address: longest prefix, then smallest metric. Policy rules are not evaluated: `unknown` where there are any beside the three default ones. */
  toward(host: string, address: Address): Known<IpRoute>;
}

export function createRoutes(index: RecordIndex): Routes {
  const of = (host: string): IpRoute[] => index.of('ip-route').filter((found) => found.host === host).map((found) => found.record);
  const rules = (host: string): RecordOf<'ip-rule'>[] => index.of('ip-rule').filter((found) => found.host === host).map((found) => found.record);
  return {
    of, rules,
    lookups: (host, to) => index.of('route-lookup').filter((found) => found.host === host && found.record.to === to).map((found) => found.record),
    toward: (host, address) => {
      const command = { host, command: `ip route get ${address}` };
      const own = rules(host).filter((rule) => !['local', 'main', 'default'].includes(rule.table ?? ''));
      if (own.length > 0) return unknown('policy rules choose the routing table', [command]);
      let best: IpRoute | null = null;
      for (const route of of(host)) {
        if (route.table !== 'main' || route.type === 'broadcast' || route.type === 'multicast') continue;
        const fits = contains(route.to, address);
        if (fits === 'unknown') return unknown('masked octets in the routing table', [command]);
        if (fits && (best === null || route.to.length > best.to.length || (route.to.length === best.to.length && route.metric < best.metric))) best = route;
      }
      if (best !== null) return known(best, [best.source]);
      const whole = index.read(host, 'ip-route').some((read) => read.complete && !/\bget\b/.test(read.capture.command));
      return whole ? absent([]) : unknown('the routing table was not captured', [command]);
    },
  };
}
