import type { Lab, World } from '../lab.ts';
import type { MemberSettings } from './vr-group.ts';
import { ask, askAlone, configure, group, holds, keepalived, oneSample, reload, vip } from './vr-group.ts';

const password = (word: string): Omit<MemberSettings, 'priority'> => ({ version: 2, interval: '1', inside: `authentication {\n auth_type PASS\n auth_pass ${word}\n }` });

/** The backup gets a setting of its own; both are master then. */
function differing(name: string, about: string, proof: RegExp, right: Omit<MemberSettings, 'priority'>, wrong: Omit<MemberSettings, 'priority'>): Lab {
  const change = async (world: World, settings: Omit<MemberSettings, 'priority'>): Promise<void> => { await configure(world.of('lb2'), { ...settings, priority: 100 }); };
  return {
    name, about, codes: ['VR-05', 'VR-01'], silent: ['VR-02', 'VR-04', 'L2-07'], proof, needs: 'namespaces', programs: ['keepalived'], inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world, right); },
    break: async (world) => {
      await change(world, wrong);
      await world.of('lb2').run(reload);
      await holds(world, 'lb2', 15);
    },
    fix: async (world, finding) => {
      await change(world, right);
      for (const member of ['lb2', 'lb1']) await world.apply(world.of(member), finding, reload, /the same on all members and reload keepalived on each/);
      await world.of('lb2').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`, 15);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: askAlone,
  };
}

export const vrElections: readonly Lab[] = [
  {
    name: 'vr-split-brain', about: 'The backup\'s packet filter drops VRRP, so both members are master.',
    codes: ['VR-02', 'VR-01', 'L2-02'], silent: ['VR-03', 'VR-04', 'VR-05', 'VR-06', 'L2-07'], proof: /-p (?:112|vrrp) -j DROP/, needs: 'namespaces', programs: ['keepalived', 'iptables'], inTests: true, collectArguments: oneSample,
    build: async (world) => { await group(world); },
    break: async (world) => {
      await world.of('lb2').run('iptables -A INPUT -p 112 -j DROP');
      await holds(world, 'lb2');
    },
    fix: async (world, finding) => {
      // The command stands ready in the finding.
      await world.apply(world.of('lb2'), finding, finding.fixes[0]?.command ?? 'false', /^Accept VRRP from the other members.* iptables -I INPUT/);
      await world.of('lb2').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: askAlone,
  },
  differing('vr-passwords-differ', 'The members have different passwords and throw each other\'s advertisements away.', /invalid passwd|vrrp_instance VI_1/, password('first'), password('other')),
  differing('vr-intervals-differ', 'The members have different intervals, which version 2 does not accept.', /advertisement interval mismatch|vrrp_instance VI_1/, { version: 2, interval: '1' }, { version: 2, interval: '2' }),
  differing('vr-versions-differ', 'One member speaks version 2, the other version 3.', /invalid version|vrrp_instance VI_1/, { version: 3, interval: '1' }, { version: 2, interval: '1' }),
  differing('vr-unicast-against-multicast', 'One member sends its advertisements to a list of peers, the other waits for the group address.', /vrrp_instance VI_1/, {}, { inside: 'unicast_src_ip 10.70.0.2\n unicast_peer {\n 10.70.0.1\n }' }),
  {
    name: 'vr-two-groups-one-id', about: 'Another pair of balancers on the same network uses the same virtual_router_id for its own address.',
    codes: ['VR-04'], silent: ['VR-02', 'VR-05'], proof: /not present in MASTER advert|vrrp_instance VI_1|mismatch/, needs: 'namespaces', programs: ['keepalived'], quiet: true, inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world, {}, ['lb3']); },
    break: async (world) => {
      await configure(world.of('lb3'), { priority: 200, address: '10.70.0.200/32' });
      await keepalived(world.of('lb3'));
      await world.sleep(2000);
    },
    fix: async (world, finding) => {
      await configure(world.of('lb3'), { priority: 200, address: '10.70.0.200/32', id: 52 });
      for (const name of ['lb3', 'lb2', 'lb1']) await world.apply(world.of(name), finding, reload, /its own virtual_router_id .*reload keepalived on all of them/);
      await world.sleep(1000);
    },
    probe: ask,
  },
];
