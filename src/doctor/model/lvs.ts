import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** IPVS on all hosts. */
export interface Lvs {
  readonly services: readonly Found<'virtual-server'>[];
  readonly connections: readonly Found<'ipvs-connection'>[];
  readonly timeouts: readonly Found<'ipvs-timeouts'>[];
  readonly missing: readonly Found<'ipvs-missing'>[];
  readonly hosts: readonly string[];
  /** Hosts whose connection table is in the evidence; those where it is whole. */
  readonly connectionHosts: readonly string[];
  readonly completeConnectionHosts: readonly string[];
  of(host: string): readonly RecordOf<'virtual-server'>[];
}

export function createLvs(index: RecordIndex): Lvs {
  const services = onceEach(index.of('virtual-server'), ({ protocol, vip, portText, port, mark }) => (vip === null && mark === null ? null : `${protocol} ${vip ?? ''} ${String(port ?? portText)} ${String(mark)}`));
  const connections = onceEach(index.of('ipvs-connection'), (row) => (row.client === null ? null : `${row.protocol.toLowerCase()} ${row.client} ${String(row.clientPort)} ${row.vip ?? ''} ${String(row.vipPort)} ${row.realServer ?? ''} ${String(row.template)}`));
  return {
    services, connections, timeouts: index.of('ipvs-timeouts'), missing: index.of('ipvs-missing'),
    hosts: index.hosts.filter((host) => index.read(host, 'ipvs-services').length + index.read(host, 'ipvs-connections').length > 0),
    connectionHosts: index.hosts.filter((host) => index.read(host, 'ipvs-connections').length > 0),
    completeConnectionHosts: index.hosts.filter((host) => index.read(host, 'ipvs-connections').some((read) => read.complete)),
    of: (host) => services.filter((found) => found.host === host).map((found) => found.record),
  };
}

/**
 * A host's tables are captured more than once: two samples of the counters, `ipvsadm -ln` beside /proc/net/ip_vs. What one capture has
 * already said is not said again by another; within one capture every row counts.
 */
function onceEach<K extends 'virtual-server' | 'ipvs-connection'>(all: readonly Found<K>[], key: (record: RecordOf<K>) => string | null): readonly Found<K>[] {
  const first = new Map<string, Found<K>['read']>();
  return all.filter((found) => {
    const name = key(found.record);
    if (name === null) return true;
    const place = `${found.host}\0${name}`;
    const before = first.get(place);
    if (before === undefined) first.set(place, found.read);
    return before === undefined || before === found.read;
  });
}
