import type { Host, Lab, World } from '../lab.ts';
import { answers } from './l2-segment.ts';
import { ask, askAlone, configure, group, holds, keepalived, oneSample, reload, vip } from './vr-group.ts';

const port = 'tap38833ad6-c6';
const chain = 'neutron-openvswi-i38833ad6-c';

/** What Neutron's agent writes for one port whose security group opens TCP, and VRRP. */
const securityGroup = `*filter
:neutron-openvswi-FORWARD - [0:0]
:neutron-openvswi-sg-chain - [0:0]
:neutron-openvswi-sg-fallback - [0:0]
:neutron-openvswi-i38833ad6-c - [0:0]
:neutron-openvswi-o38833ad6-c - [0:0]
:neutron-openvswi-s38833ad6-c - [0:0]
-A FORWARD -j neutron-openvswi-FORWARD
-A neutron-openvswi-FORWARD -m physdev --physdev-out ${port} --physdev-is-bridged -j neutron-openvswi-sg-chain
-A neutron-openvswi-FORWARD -m physdev --physdev-in ${port} --physdev-is-bridged -j neutron-openvswi-sg-chain
-A neutron-openvswi-sg-chain -m physdev --physdev-out ${port} --physdev-is-bridged -j ${chain}
-A neutron-openvswi-sg-chain -m physdev --physdev-in ${port} --physdev-is-bridged -j neutron-openvswi-o38833ad6-c
-A neutron-openvswi-sg-chain -j ACCEPT
-A neutron-openvswi-o38833ad6-c -j neutron-openvswi-s38833ad6-c
-A neutron-openvswi-s38833ad6-c -s 10.70.0.2/32 -m mac --mac-source fa:16:3e:00:00:02 -j RETURN
-A neutron-openvswi-s38833ad6-c -s ${vip}/32 -m mac --mac-source fa:16:3e:00:00:02 -j RETURN
-A neutron-openvswi-s38833ad6-c -j DROP
-A ${chain} -m state --state RELATED,ESTABLISHED -j RETURN
-A ${chain} -p 112 -j RETURN
-A ${chain} -p tcp -m tcp -m multiport --dports 1:65535 -j RETURN
-A ${chain} -j neutron-openvswi-sg-fallback
-A neutron-openvswi-sg-fallback -j DROP
COMMIT
`;

/** The members are machines of a hypervisor, `node1`, which is part of the evidence: a bridge that asks the packet filter. */
async function hypervisor(world: World): Promise<(host: Host) => Promise<void>> {
  const node = await world.host('node1');
  await node.run('ip link add br0 type bridge stp_state 0 mcast_snooping 0 && ip link set br0 up && sysctl -qw net.bridge.bridge-nf-call-iptables=1');
  await node.write('/run/rules', securityGroup);
  await node.run('iptables-restore < /run/rules');
  return async (host) => {
    const tap = host.name === 'lb2' ? port : `tap-${host.name}`;
    await world.cable(host, 'eth0', node, tap);
    await node.run(`ip link set ${tap} master br0`);
    if (host.name === 'lb2') await host.run('ip link set eth0 address fa:16:3e:00:00:02');
  };
}

/** Settings of members that announce the address once, as soon as they are master. */
const once = 'garp_master_delay 1\n  garp_master_repeat 1';

export const vrCloud: readonly Lab[] = [
  {
    name: 'vr-security-group', about: 'The security group of the backup\'s port opens TCP, not VRRP: the hypervisor drops the advertisements.',
    codes: ['VR-03', 'VR-01'], silent: ['VR-02', 'VR-04', 'VR-05', 'LV-02'], proof: /neutron-openvswi-sg-fallback .*-j DROP/, needs: 'namespaces', programs: ['keepalived', 'iptables-restore'], inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world, {}, [], hypervisor); },
    break: async (world) => {
      await world.of('node1').run(`iptables -D ${chain} -p 112 -j RETURN`);
      await holds(world, 'lb2');
    },
    fix: async (world, finding) => {
      // What Neutron's agent does with the new rule of the group.
      await world.apply(world.of('node1'), finding, `iptables -I ${chain} 2 -p 112 -j RETURN`, /security group rule create --protocol 112/);
      await world.of('lb2').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: askAlone,
  },
  {
    name: 'l2-virtual-mac-filtered', about: 'A virtual machine answers with a VRRP virtual MAC, and the hypervisor lets only the MAC of the port through.',
    codes: ['L2-14'], silent: ['L2-05', 'L2-15', 'VR-01'], proof: /00:00:5e:00:01:33|vrrp\.51/, needs: 'namespaces', programs: ['keepalived', 'nft'], inTests: false, collectArguments: { ...oneSample, client: ['-i', '0', '-a', vip] },
    build: async (world) => {
      const wire = await world.switch('sw');
      for (const [place, name] of ['lb1', 'client'].entries()) {
        const host = await world.host(name);
        await world.cable(host, 'eth0', wire, `to-${name}`);
        await host.run(`ip link set eth0 address fa:16:3e:00:00:0${String(place + 1)} && ip address add 10.70.0.${String(place + 1)}/24 dev eth0`);
      }
      const lb1 = world.of('lb1');
      await answers(lb1);
      await configure(lb1, { priority: 150, inside: 'use_vmac vrrp.51' });
      await lb1.run(`sed -i 's/ dev eth0$//' /etc/keepalived/keepalived.conf`);
      await keepalived(lb1);
      await lb1.until(`ip -4 address show dev vrrp.51 | grep -q 'inet ${vip}/'`);
    },
    break: async (world) => {
      await world.of('sw').run(`nft 'add table bridge ports; add chain bridge ports forward { type filter hook forward priority 0; }; add rule bridge ports forward iifname "to-lb1" ether saddr != fa:16:3e:00:00:01 drop'`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    fix: async (world, finding) => {
      const lb1 = world.of('lb1');
      await configure(lb1, { priority: 150 });
      // The interface changes: keepalived is started anew rather than told to read its configuration.
      await world.apply(lb1, finding, 'kill $(cat /run/keepalived.pid) && while [ -e /run/keepalived.pid ]; do sleep 0.1; done', /remove use_vmac and announce the address with the MAC of the port/);
      await keepalived(lb1);
      await holds(world, 'lb1');
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'l2-announced-once', about: 'Both directions of VRRP were cut for a moment; the backup misled the neighbours, and the master noticed nothing.',
    codes: ['L2-07', 'L2-01'], silent: ['L2-02', 'VR-01', 'VR-02', 'VR-06'], proof: /Entering (?:MASTER|BACKUP) STATE|higher priority/, needs: 'namespaces', programs: ['keepalived', 'iptables'], inTests: false, collectArguments: oneSample,
    build: async (world) => {
      await group(world, { inside: once });
      // The announcements of the start are over before the fault begins.
      await world.sleep(3500);
    },
    break: async (world) => {
      const lb2 = world.of('lb2');
      await lb2.run('iptables -A OUTPUT -p 112 -j DROP && iptables -A INPUT -p 112 -j DROP');
      await holds(world, 'lb2');
      await world.sleep(1500);
      await lb2.run('iptables -F INPUT');
      await lb2.until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`);
      await lb2.run('iptables -F OUTPUT');
    },
    fix: async (world, finding) => {
      for (const [name, priority] of [['lb2', 100], ['lb1', 150]] as const) {
        await configure(world.of(name), { priority, inside: `${once}\n  garp_master_refresh 1` });
        await world.apply(world.of(name), finding, reload, /garp_master_refresh 60 .*in vrrp_instance VI_1 of both/);
      }
    },
    probe: ask,
  },
];
