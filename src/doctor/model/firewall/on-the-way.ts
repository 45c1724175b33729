import type { Address } from '../../address.ts';
import type { Facets } from '../facets.ts';

/** More boxes in a row than anybody's captures hold: a circle ends here too. */
const mostBoxes = 8;

/**
 * Hosts that forward what `client` sends to `target`, nearest first, by the routes of each: next hop after next hop, until one has the target on
 * its own wire. Ends where the next hop is not certain (several, policy rules, held by two hosts or by none that was captured).
 */
export function forwardersOf(view: Pick<Facets, 'routes' | 'holders'>, client: string, target: Address): readonly string[] {
  const passed: string[] = [];
  let at = client;
  while (passed.length < mostBoxes) {
    const route = view.routes.toward(at, target);
    const [hop, other] = route.state === 'known' ? route.value.hops : [];
    if (hop === undefined || other !== undefined || hop.via === null) break;
    const hosts = new Set(view.holders.of(hop.via).filter((holding) => holding.place === 'wire').map((holding) => holding.host));
    const [next] = hosts;
    if (next === undefined || hosts.size > 1 || next === client || passed.includes(next)) break;
    // Who has the target takes the packet in: that is no forwarding.
    if (view.holders.of(target).some((holding) => holding.host === next)) break;
    passed.push(next);
    at = next;
  }
  return passed;
}
