import type { Lab } from '../lab.ts';
import { ask, askAlone, configure, group, holds, keepalived, oneSample, reload, vip } from './vr-group.ts';

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
  {
    name: 'vr-passwords-differ', about: 'The members have different passwords and throw each other\'s advertisements away.',
    codes: ['VR-05', 'VR-01'], silent: ['VR-02', 'VR-04'], proof: /invalid passwd|vrrp_instance VI_1/, needs: 'namespaces', programs: ['keepalived'], inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world, { version: 2, interval: '1', inside: 'authentication {\n auth_type PASS\n auth_pass first\n }' }); },
    break: async (world) => {
      await configure(world.of('lb2'), { priority: 100, version: 2, interval: '1', inside: 'authentication {\n auth_type PASS\n auth_pass other\n }' });
      await world.of('lb2').run(reload);
      await holds(world, 'lb2', 15);
    },
    fix: async (world, finding) => {
      await configure(world.of('lb2'), { priority: 100, version: 2, interval: '1', inside: 'authentication {\n auth_type PASS\n auth_pass first\n }' });
      for (const name of ['lb1', 'lb2']) await world.apply(world.of(name), finding, reload, /the same on all members and reload keepalived on each/);
      await world.of('lb2').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`, 15);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: askAlone,
  },
  {
    name: 'vr-unicast-against-multicast', about: 'One member sends its advertisements to a list of peers, the other waits for the group address.',
    codes: ['VR-05', 'VR-01'], silent: ['VR-02', 'VR-04'], proof: /vrrp_instance VI_1|unicast_peer/, needs: 'namespaces', programs: ['keepalived'], inTests: true, collectArguments: oneSample,
    build: async (world) => { await group(world); },
    break: async (world) => {
      await configure(world.of('lb2'), { priority: 100, inside: 'unicast_src_ip 10.70.0.2\n unicast_peer {\n 10.70.0.1\n }' });
      await world.of('lb2').run(reload);
      await holds(world, 'lb2');
    },
    fix: async (world, finding) => {
      await configure(world.of('lb2'), { priority: 100 });
      for (const name of ['lb1', 'lb2']) await world.apply(world.of(name), finding, reload, /the same on all members and reload keepalived on each/);
      await world.of('lb2').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: askAlone,
  },
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
