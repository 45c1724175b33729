import type { Address } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import { isObject, textOf } from '../parsers/read-lines.ts';
import { address } from '../address.ts';
import type { RecordIndex } from './record-index.ts';
import { addressOfVipText } from './vrrp.ts';

/** An address that is meant to be reached by others and may move between hosts, and who says so. */
export interface Vip {
  readonly address: Address;
  readonly source: 'keepalived' | 'ipvs' | 'service' | 'probed';
  readonly host: string;
  readonly line: SourceLine;
}

export interface Vips {
  /** One for each address and source. */
  readonly all: readonly Vip[];
  readonly addresses: ReadonlySet<Address>;
  /** Who says that it is one; empty when nobody does. */
  of(address: Address): readonly Vip[];
}

/** keepalived's addresses, IPVS' services, external addresses of Kubernetes services, and whatever somebody tried to reach from another host. */
export function createVips(index: RecordIndex): Vips {
  const all: Vip[] = [];
  const add = (token: Address | null, source: Vip['source'], host: string, line: SourceLine): void => {
    if (token === null || all.some((vip) => vip.address === token && vip.source === source && vip.host === host)) return;
    all.push({ address: token, source, host, line });
  };
  for (const { host, record } of index.of('vrrp-config')) for (const vip of record.vips) add(vip.address, 'keepalived', host, vip.source);
  for (const { host, record } of index.of('vrrp-data')) for (const vip of record.vips) add(addressOfVipText(vip.text), 'keepalived', host, vip.source);
  for (const { host, record } of index.of('virtual-server')) {
    // On a Kubernetes node every cluster address is a service of IPVS: those that stand on kube-ipvs0 are not virtual addresses for others.
    const parked = index.of('interface-address').some((found) => found.host === host && found.record.address === record.vip && found.record.dev === 'kube-ipvs0');
    if (!parked) add(record.vip, 'ipvs', host, record.source);
  }
  for (const { host, record } of index.of('kube-object')) {
    if (record.objectKind !== 'Service') continue;
    const spec = isObject(record.object['spec']) ? record.object['spec'] : {};
    const status = isObject(record.object['status']) ? record.object['status'] : {};
    const balancer = isObject(status['loadBalancer']) ? status['loadBalancer'] : {};
    const ingress = Array.isArray(balancer['ingress']) ? balancer['ingress'] : [];
    ingress.forEach((each: unknown, at) => { if (isObject(each)) add(address(textOf(each['ip']) ?? ''), 'service', host, record.lineOf(['status', 'loadBalancer', 'ingress', at])); });
    (Array.isArray(spec['externalIPs']) ? spec['externalIPs'] : []).forEach((each: unknown, at) => { add(address(textOf(each) ?? ''), 'service', host, record.lineOf(['spec', 'externalIPs', at])); });
  }
  const holders = new Map<Address, Set<string>>();
  for (const { host, record } of index.of('interface-address')) holders.set(record.address, (holders.get(record.address) ?? new Set()).add(host));
  for (const kind of ['ping', 'arping', 'connect'] as const) {
    for (const { host, record } of index.of(kind)) if (holders.get(record.target)?.has(host) !== true) add(record.target, 'probed', host, record.source);
  }
  const byAddress = new Map<Address, Vip[]>();
  for (const vip of all) byAddress.set(vip.address, [...(byAddress.get(vip.address) ?? []), vip]);
  return { all, addresses: new Set(byAddress.keys()), of: (token) => byAddress.get(token) ?? [] };
}
