import type { Address, Mac } from '../address.ts';
import { contains } from '../address.ts';
import type { SourceLine } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import { createLinks, isInnerDevice, isParkingDevice } from './links.ts';
import type { Link } from './links.ts';
import type { Found, RecordIndex } from './record-index.ts';

export type InterfaceAddress = RecordOf<'interface-address'>;

/** One interface that has one address. */
export interface Holding {
  readonly host: string;
  readonly held: InterfaceAddress;
  readonly link: Link | null;
  /** `wire`: on a network others share. `parked`: on lo or a dummy. `inner`: on a bridge or tunnel inside the host. */
  readonly place: 'wire' | 'parked' | 'inner';
  readonly mac: Mac | null;
  readonly line: SourceLine;
  readonly takenAt: number | null;
}

/** Which hosts have which address. */
export interface Holders {
  of(address: Address): readonly Holding[];
  onHost(host: string): readonly Holding[];
  /** Addresses that files of the network configuration give at boot. */
  readonly configured: readonly Found<'static-address'>[];
  /** Hosts whose addresses were captured whole: only of them can one say that they do not have an address. */
  readonly completeHosts: readonly string[];
  /** Hosts of the evidence whose addresses were not captured, or not whole. */
  readonly unseenHosts: readonly string[];
  /** The interfaces of a host on the network of an address, by the prefixes of its own addresses. */
  facing(host: string, address: Address): readonly Holding[];
}

export function createHolders(index: RecordIndex): Holders {
  const links = createLinks(index);
  const byAddress = new Map<Address, Holding[]>();
  const byHost = new Map<string, Holding[]>();
  for (const { host, record, read } of index.of('interface-address')) {
    const found = links.link(host, record.dev);
    const link = found.state === 'known' ? found.value : null;
    const place = isParkingDevice(link, record.dev) ? 'parked' : isInnerDevice(record.dev) ? 'inner' : 'wire';
    const holding: Holding = { host, held: record, link, place, mac: link?.mac ?? null, line: record.source, takenAt: read.capture.takenAt };
    const same = byAddress.get(record.address) ?? [];
    byAddress.set(record.address, same);
    const own = byHost.get(host) ?? [];
    byHost.set(host, own);
    // Two samples of one output, or `ip address` and `ip -br address`, say the same thing twice.
    if (!same.some((other) => other.host === host && other.held.dev === record.dev)) { same.push(holding); own.push(holding); }
  }
  const complete = index.hosts.filter((host) => index.read(host, 'ip-address').some((read) => read.complete && /^(?:\S+\/)?ip\b(?!.*\bdev\b)(?!.*\blink\b)/.test(read.capture.command)));
  return {
    of: (address) => byAddress.get(address) ?? [],
    onHost: (host) => byHost.get(host) ?? [],
    configured: index.of('static-address'),
    completeHosts: complete,
    unseenHosts: index.hosts.filter((host) => !complete.includes(host)),
    facing: (host, address) => (byHost.get(host) ?? []).filter((own) => own.place === 'wire' && own.held.length < (own.held.address.includes(':') ? 128 : 32) && contains({ address: own.held.address, length: own.held.length }, address) !== false),
  };
}
