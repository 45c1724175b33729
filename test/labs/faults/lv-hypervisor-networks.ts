import type { Host, World } from '../lab.ts';
import { clientAddress, directorAddress, quietAddress, serve, serverAddresses, vip } from './lv-networks.ts';

export const clientNetwork = '10.70.0.0/24';

/** Where the virtual machine on the hypervisor is plugged in, and how Neutron's agent calls its chains: the first letters of the port's id. */
export const tap = 'tap38833ad6-c6';
export const spoofChain = 'neutron-openvswi-s38833ad6-c';

/**
 * Direct routing with one real server, where either the director or the server is a virtual machine of a hypervisor (`compute`): a bridge whose frames
 * meet iptables (br_netfilter). Everybody else is on the switch behind the hypervisor's other port.
 */
export async function onHypervisor(world: World, guest: 'director' | 'rs1'): Promise<void> {
  const wire = await world.switch('sw');
  const compute = await world.host('compute');
  await compute.run('sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.bridge.bridge-nf-call-iptables=1; ip link add br0 type bridge stp_state 0 mcast_snooping 0; ip link set br0 up');
  await world.cable(compute, 'uplink', wire, 'to-compute');
  for (const [name, address] of [['client', clientAddress], ['director', directorAddress], ['rs1', serverAddresses.rs1]] as const) {
    const host = await world.host(name);
    if (name === guest) await world.cable(host, 'eth0', compute, tap);
    else await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add ${address}/24 dev eth0`);
  }
  await compute.run(`ip link set uplink master br0; ip link set ${tap} master br0`);
  await serve(world.of('rs1'));
  await quietAddress(world.of('rs1'));
  await world.of('director').run(`ip address add ${vip}/32 dev eth0; ipvsadm -A -t ${vip}:80 -s sh && ipvsadm -a -t ${vip}:80 -r ${serverAddresses.rs1}:80 -g -w 100`);
}

export async function macOf(host: Host): Promise<string> {
  return (await host.run('cat /sys/class/net/eth0/address')).trim();
}

/** Lets the port send with an address: what the agent writes for an allowed address pair, before the rule that drops. */
export function pairRule(source: string, mac: string): string {
  return `iptables -I ${spoofChain} 1 -s ${source} -m mac --mac-source ${mac} -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN`;
}

/**
 * The chains that Neutron's agent (iptables_hybrid) keeps for one port, with a security group that lets port 80 in and everything out: FORWARD to the
 * port's own chains by physdev, and there first the pairs of address and MAC that may send.
 */
export async function neutronChains(compute: Host, pairs: readonly (readonly [source: string, mac: string])[]): Promise<void> {
  const [forward, group, fallback, into, out] = ['neutron-openvswi-FORWARD', 'neutron-openvswi-sg-chain', 'neutron-openvswi-sg-fallback', 'neutron-openvswi-i38833ad6-c', 'neutron-openvswi-o38833ad6-c'];
  const known = '-m state --state RELATED,ESTABLISHED -m comment --comment "Direct packets associated with a known session to the RETURN chain." -j RETURN';
  const invalid = '-m state --state INVALID -m comment --comment "Drop packets that appear related to an existing connection (e.g. TCP ACK/FIN) but do not have an entry in conntrack." -j DROP';
  const unmatched = `-m comment --comment "Send unmatched traffic to the fallback chain." -j ${fallback}`;
  await compute.write('/run/neutron.rules', `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
${['neutron-filter-top', 'neutron-openvswi-local', forward, group, fallback, into, out, spoofChain].map((chain) => `:${chain} - [0:0]`).join('\n')}
-A FORWARD -j neutron-filter-top
-A FORWARD -j ${forward}
-A neutron-filter-top -j neutron-openvswi-local
-A ${forward} -m physdev --physdev-out ${tap} --physdev-is-bridged -m comment --comment "Direct traffic from the VM interface to the security group chain." -j ${group}
-A ${forward} -m physdev --physdev-in ${tap} --physdev-is-bridged -m comment --comment "Direct traffic from the VM interface to the security group chain." -j ${group}
-A ${group} -m physdev --physdev-out ${tap} --physdev-is-bridged -m comment --comment "Jump to the VM specific chain." -j ${into}
-A ${group} -m physdev --physdev-in ${tap} --physdev-is-bridged -m comment --comment "Jump to the VM specific chain." -j ${out}
-A ${group} -j ACCEPT
-A ${into} ${known}
-A ${into} -p icmp -j RETURN
-A ${into} -p tcp -m tcp --dport 80 -j RETURN
-A ${into} ${invalid}
-A ${into} ${unmatched}
-A ${out} -s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -m comment --comment "Allow DHCP client traffic." -j RETURN
-A ${out} -j ${spoofChain}
-A ${out} -p udp -m udp --sport 67 --dport 68 -m comment --comment "Prevent DHCP Spoofing by VM." -j DROP
-A ${out} ${known}
-A ${out} -j RETURN
-A ${out} ${invalid}
-A ${out} ${unmatched}
${pairs.map(([source, mac]) => `-A ${spoofChain} -s ${source} -m mac --mac-source ${mac} -m comment --comment "Allow traffic from defined IP/MAC pairs." -j RETURN\n`).join('')}-A ${spoofChain} -m comment --comment "Drop traffic without an IP/MAC allow rule." -j DROP
-A ${fallback} -m comment --comment "Default drop rule for unmatched traffic." -j DROP
COMMIT
`);
  await compute.run('iptables-restore < /run/neutron.rules');
}
