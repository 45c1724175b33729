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
  const services = index.of('virtual-server');
  return {
    services, connections: index.of('ipvs-connection'), timeouts: index.of('ipvs-timeouts'), missing: index.of('ipvs-missing'),
    hosts: index.hosts.filter((host) => index.read(host, 'ipvs-services').length + index.read(host, 'ipvs-connections').length > 0),
    connectionHosts: index.hosts.filter((host) => index.read(host, 'ipvs-connections').length > 0),
    completeConnectionHosts: index.hosts.filter((host) => index.read(host, 'ipvs-connections').some((read) => read.complete)),
    of: (host) => services.filter((found) => found.host === host).map((found) => found.record),
  };
}
