import type { Packet, Tuple } from '../../../src/doctor/model/firewall/packet.ts';
import type { Flow } from './flows.ts';
import { macOf, macs, ownAddresses, portOf } from './world.ts';
import type { Wire } from './world.ts';

/** On which wire a packet is put, and as what the host under test sees it come in. */
export function placeOf(kind: Flow['kind'], tuple: Tuple): { readonly wire: Wire | null; readonly sourceMac: string; readonly destinationMac: string; readonly seen: Pick<Packet, 'path' | 'inInterface' | 'outInterface' | 'inPort' | 'outPort' | 'sourceMac' | 'destinationMac'> } {
  if (kind === 'from-host') {
    const device = tuple.destination.startsWith('10.1.') ? 'in0' : 'out0';
    return { wire: null, sourceMac: '', destinationMac: '', seen: { path: 'output', inInterface: null, outInterface: device, inPort: null, outPort: null, sourceMac: null, destinationMac: null } };
  }
  const sourceMac = macOf(tuple.source);
  const wire = (Object.keys(macs) as (keyof typeof macs)[]).find((name) => macs[name] === sourceMac) as Wire;
  const local = Object.values(ownAddresses).some((address) => address === tuple.destination);
  if (tuple.source.startsWith('10.3.')) {
    const port = portOf(tuple.source);
    const bridged = tuple.destination.startsWith('10.3.') && !local;
    const destinationMac = bridged ? macOf(tuple.destination) : macs.br0;
    return { wire, sourceMac, destinationMac, seen: { path: bridged ? 'bridged' : local ? 'input' : 'forward', inInterface: 'br0', outInterface: null, inPort: port, outPort: bridged ? portOf(tuple.destination) : null, sourceMac, destinationMac } };
  }
  const device = tuple.source.startsWith('10.1.') ? 'in0' : 'out0';
  return { wire, sourceMac, destinationMac: macs[device], seen: { path: local ? 'input' : 'forward', inInterface: device, outInterface: null, inPort: null, outPort: null, sourceMac, destinationMac: macs[device] } };
}
