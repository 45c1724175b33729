import type { Address } from '../address.ts';
import type { Facets } from '../model/facets.ts';
import { detail, hop } from './trace.ts';
import type { Hop } from './trace.ts';
import type { Target } from './target.ts';

/** Which address the client goes to, by the answers of name servers in the evidence. */
export function dnsHop(view: Facets, target: Target, given: Address | null): { readonly hop: Hop; readonly addresses: readonly Address[] } {
  if (target.address !== null) return { hop: hop('dns', '', 'skipped', 'address given'), addresses: [target.address] };
  if (given !== null) return { hop: hop('dns', '', 'skipped', `taken to be ${given}, as said`), addresses: [given] };
  const answers = view.edges.dnsAnswers.filter(({ record }) => record.name === target.host);
  const settle = [{ host: '', command: `dig ${target.host}   # on the client` }];
  const good = answers.filter(({ record }) => record.addresses.length > 0);
  const addresses = [...new Set(good.flatMap(({ record }) => record.addresses.map((each) => each.address)))];
  const details = answers.map(({ host, record }) => detail(`${host === '' ? 'somebody' : host} asked ${record.server ?? 'its name server'}: ${record.status}${record.addresses.length > 0 ? ` ${record.addresses.map((each) => each.address).join(', ')}` : ''}`, record.addresses[0]?.source ?? record.source));
  const [first] = answers;
  if (first === undefined) {
    const guess = onlyVip(view);
    return { hop: hop('dns', '', 'unknown', guess === null ? `no name server's answer for ${target.host} is in the evidence` : `no answer for ${target.host} is in the evidence; ${guess} is the only virtual address there`, { settle, assumptions: guess === null ? [] : [`${target.host} leads to ${guess}`] }), addresses: guess === null ? [] : [guess] };
  }
  if (addresses.length > 0) return { hop: hop('dns', first.host, 'ok', `${target.host} is ${addresses.join(', ')}`, { line: good[0]?.record.addresses[0]?.source ?? null, details }), addresses };
  const missing = answers.find(({ record }) => record.status === 'NXDOMAIN');
  if (missing !== undefined) return { hop: hop('dns', missing.host, 'refused', `${target.host} does not exist, says ${missing.record.server ?? 'the name server'}`, { line: missing.record.source, details }), addresses: [] };
  return { hop: hop('dns', first.host, 'unknown', `the name server did not tell an address: ${first.record.status}`, { line: first.record.source, details, settle }), addresses: [] };
}

/** Where a single virtual address is in the evidence, a name most likely leads there; said as an assumption. */
function onlyVip(view: Facets): Address | null {
  const vips = [...new Set(view.vips.all.filter((vip) => vip.source !== 'probed').map((vip) => vip.address))];
  return vips.length === 1 ? vips[0] ?? null : null;
}
