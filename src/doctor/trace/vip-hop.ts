import type { Address } from '../address.ts';
import { antispoofPorts } from '../model/firewall/antispoof.ts';
import { usable } from '../model/neighbours.ts';
import { detail, hop } from './trace.ts';
import type { Detail, Hop } from './trace.ts';
import type { Tracing } from './tracing.ts';

/** Who has the address on the wire, and whether the client's (or its gateway's) frames go there. */
export function vipHop({ view, address, clientHost }: Tracing): { readonly hop: Hop; readonly holder: string | null } {
  if (address === null) return { hop: hop('vip', '', 'unknown', 'no address, nobody to ask for'), holder: null };
  const holders = view.holders.of(address).filter((held) => held.place === 'wire');
  const service = view.lvs.services.find(({ record }) => record.vip === address);
  const settle = [{ host: '', command: `ip address show to ${address}   # on every host that may hold it` }, { host: clientHost ?? '', command: `arping -b -c 3 ${address}   # on the client's network` }];
  const row = view.neighbours.of(address).find(({ host, row: each }) => (clientHost === null || host === clientHost) && usable(each));
  const [held] = holders;
  const director = held?.host ?? service?.host ?? null;
  const details: Detail[] = holders.slice(1).map((other) => detail(`${other.host} has it too, on ${other.held.dev}`, other.line));
  if (row !== undefined && row.row.mac !== null) {
    const { mac } = row.row;
    const owners = view.links.ownersOf(mac);
    const right = holders.find((each) => each.mac === mac || owners.some((owner) => owner.host === each.host));
    if (right !== undefined) return { hop: hop('vip', right.host, 'ok', `${address} is held by ${right.host} on ${right.held.dev}, and ${row.host} sends its frames there (${mac})`, { line: row.row.source, details: [detail('the address', right.line), ...details] }), holder: right.host };
    const vmac = holders.length > 0 && mac.startsWith('00:00:5e:00:0');
    if (holders.length > 0 && !vmac && holders.every((each) => each.mac !== null)) {
      return {
        hop: hop('vip', row.host, 'dropped', `${row.host} sends frames for ${address} to ${mac}, which is no MAC of ${holders.map((each) => each.host).join(', ')}${owners[0] === undefined ? '' : ` but of ${owners[0].host}`}`, { line: row.row.source, details: [...holders.map((each) => detail(`${each.host} has ${address} on ${each.held.dev} (${each.mac ?? '?'})`, each.line)), ...details], settle: [{ host: row.host, command: `arping -b -c 3 ${address}; ip neigh show ${address}` }] }),
        holder: null,
      };
    }
    details.push(detail(`${row.host} sends its frames to ${mac}`, row.row.source));
  }
  if (held !== undefined) return { hop: hop('vip', held.host, 'ok', `${address} is held by ${held.host} on ${held.held.dev}${held.mac === null ? '' : ` (${held.mac})`}`, { line: held.line, details }), holder: held.host };
  const port = portThatMaySend(view, address);
  if (service !== undefined) {
    return { hop: hop('vip', service.host, 'ok', `${address} is a service of ${service.host}${port === null ? '' : `, behind ${port.text}`}`, { line: port?.line ?? service.record.source, details: [...details, ...(port === null ? [] : [detail('the service', service.record.source)])], assumptions: [`${service.host} holds ${address}: its addresses are not captured`], settle }), holder: director };
  }
  if (port !== null) return { hop: hop('vip', port.host, 'unknown', `${address} may be sent from ${port.text}; which host that is the evidence does not say`, { line: port.line, details, settle }), holder: null };
  const searched = view.holders.completeHosts;
  return { hop: hop('vip', '', 'unknown', searched.length > 0 ? `none of ${searched.join(', ')} has ${address}` : `no capture shows who has ${address}`, { details, settle }), holder: null };
}

/** A hypervisor's port whose rules let it send with this address. */
function portThatMaySend(view: Tracing['view'], address: Address): { readonly host: string; readonly text: string; readonly line: Detail['line'] } | null {
  for (const host of view.firewalls.hosts) {
    const firewall = view.firewalls.of(host);
    if (firewall.state !== 'known') continue;
    for (const port of antispoofPorts(firewall.value)) {
      const pair = port.allowed.find((each) => each.source === address && each.mac !== null);
      if (pair !== undefined && port.port !== null) return { host, text: `${port.port} of ${host} (${pair.mac ?? ''})`, line: pair.rule.source };
    }
  }
  return null;
}
