import type { Mac } from '../address.ts';
import { vrrpGroupOf } from '../address.ts';
import type { Known, SourceLine } from '../evidence.ts';
import { absent, known, unknown } from '../evidence.ts';
import type { RecordOf } from '../parsers/parsers.ts';
import type { RecordIndex } from './record-index.ts';

export type Link = RecordOf<'link'>;

export interface MacOwner {
  readonly host: string;
  readonly dev: string;
  readonly line: SourceLine;
}

/** Interfaces of all hosts. */
export interface Links {
  readonly hosts: readonly string[];
  of(host: string): readonly Link[];
  link(host: string, dev: string): Known<Link>;
  /** Every interface that has this MAC; several for a bond, its members and its VLANs. */
  ownersOf(mac: Mac): readonly MacOwner[];
  macsOf(host: string): ReadonlySet<Mac>;
}

export function createLinks(index: RecordIndex): Links {
  const byHost = new Map<string, Map<string, Link>>();
  const owners = new Map<Mac, MacOwner[]>();
  for (const { host, record } of index.of('link')) {
    const links = byHost.get(host) ?? new Map<string, Link>();
    byHost.set(host, links);
    const before = links.get(record.name);
    // `ip address` and `ip -d link` say different things of one interface: what either knows is kept.
    links.set(record.name, before === undefined ? record : { ...record, mac: record.mac ?? before.mac, macSource: record.macSource ?? before.macSource, type: record.type ?? before.type, master: record.master ?? before.master, mtu: record.mtu ?? before.mtu });
    if (record.mac === null || record.mac === '00:00:00:00:00:00') continue;
    const list = owners.get(record.mac) ?? [];
    owners.set(record.mac, list);
    if (!list.some((owner) => owner.host === host && owner.dev === record.name)) list.push({ host, dev: record.name, line: record.macSource ?? record.source });
  }
  return {
    hosts: index.hosts,
    of: (host) => [...(byHost.get(host)?.values() ?? [])],
    link: (host, dev) => {
      const found = byHost.get(host)?.get(dev);
      if (found !== undefined) return known(found, [found.source]);
      const reads = index.read(host, 'ip-address');
      const whole = reads.find((read) => read.complete && !/\bdev\b|\bshow +\w/.test(read.capture.command.replace(/show$/, '')));
      if (whole !== undefined) return absent([]);
      return unknown(`the interfaces of ${host === '' ? 'the host' : host} are not in the evidence`, [{ host, command: 'ip -d address show' }]);
    },
    ownersOf: (mac) => owners.get(mac) ?? [],
    macsOf: (host) => new Set([...(byHost.get(host)?.values() ?? [])].flatMap((link) => link.mac ?? [])),
  };
}

/** Interfaces whose network ends inside the host or in a tunnel: the same private addresses stand on many hosts without being one network. */
export function isInnerDevice(dev: string): boolean {
  return /^(?:docker\d|cni\d|cbr\d|virbr|br-[0-9a-f]{6,}|podman|lxc|lxdbr|flannel|vxlan|cilium|cali|veth|tunl\d|tun\d|kube-bridge|nodelocaldns|weave|genev|ovn-k8s|antrea|wg\d|ip6tnl|gre\d|sit\d)/.test(dev);
}

/** lo and the dummies on which balancers and kube-proxy park addresses: packets never leave by them. */
export function isParkingDevice(link: Link | null, dev: string): boolean {
  return dev === 'lo' || /^(?:dummy|kube-ipvs|ipvs|tunl|lo\d)/.test(dev) || link?.type === 'dummy';
}

/** Whether the carrier is gone, in the words of `ip link`. */
export function downState(link: Link): string | null {
  if (link.flags.includes('NO-CARRIER')) return 'NO-CARRIER';
  if (link.state === 'DOWN' || link.state === 'LOWERLAYERDOWN') return link.state;
  if (link.flags.length > 0 && !link.flags.includes('UP')) return 'not UP';
  return null;
}

/** Maker by the first three octets, for virtual machines only. */
export function hypervisorOf(mac: Mac): string | null {
  const found = hypervisors.find(([start]) => mac.startsWith(start));
  return vrrpGroupOf(mac) === null && found ? found[1] : null;
}

const hypervisors: readonly (readonly [string, string])[] = [
  ['fa:16:3e', 'OpenStack'], ['52:54:00', 'QEMU/KVM'], ['00:50:56', 'VMware'], ['00:0c:29', 'VMware'], ['00:15:5d', 'Hyper-V'], ['00:16:3e', 'Xen'], ['08:00:27', 'VirtualBox'], ['bc:24:11', 'Proxmox'],
];
