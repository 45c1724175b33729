import type { RecordOf } from '../parsers/parsers.ts';
import type { Found, RecordIndex } from './record-index.ts';

/** What kernels logged. */
export interface Kernel {
  readonly conntrackFull: readonly Found<'conntrack-full'>[];
  readonly martians: readonly Found<'martian'>[];
  readonly neighbourOverflows: readonly Found<'neighbour-overflow'>[];
  readonly synFloods: readonly Found<'syn-flood'>[];
  readonly carriers: readonly Found<'carrier'>[];
  /** Lines that tell of another machine with an address of the host. */
  readonly duplicates: readonly Found<'duplicate-address'>[];
  /** Hosts whose kernel log is in the evidence. */
  readonly hosts: readonly string[];
  of(host: string): readonly RecordOf<'conntrack-full'>[];
}

export function createKernel(index: RecordIndex): Kernel {
  const full = index.of('conntrack-full');
  return {
    conntrackFull: full, martians: index.of('martian'), neighbourOverflows: index.of('neighbour-overflow'), synFloods: index.of('syn-flood'), carriers: index.of('carrier'), duplicates: index.of('duplicate-address'),
    hosts: index.hosts.filter((host) => index.read(host, 'kernel-log').length > 0),
    of: (host) => full.filter((found) => found.host === host).map((found) => found.record),
  };
}
