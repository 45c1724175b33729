import { family } from './entry.ts';

/** Layer 2: who answers for an address, and whether the answer reaches those who ask. */
export const l2 = family({
  'L2-01': {
    code: 'L2-01', name: 'vip-mac-foreign', title: 'An address is reached at a MAC of none of its holders', severity: 'error',
    message: '{client} sends packets for {vip} to {mac}, but {vip} is on {holder} with {holderMac}: {verdict}.',
    fix: [
      { text: 'Find out who answers for {vip} at {mac} before anything else: deleting the entry only lets the race run again.', command: 'arping -b -c 3 -I {dev} {vip}' },
      { text: 'Find the switch or bridge port behind {mac} and stop that machine from answering.', command: 'bridge fdb show | grep -i {mac}' },
      { text: 'Then forget the entry on {client}.', command: 'ip neigh del {vip} dev {dev}' },
      { text: 'Let the holder repeat its announcement from time to time (keepalived: garp_master_refresh 60).' },
    ],
    verify: { text: 'The entry has the MAC of the holder, and only one MAC answers.', command: 'ip neigh show {vip} dev {dev}; arping -b -c 3 -I {dev} {vip}' },
    explains: ['TL-01', 'RT-06'],
    page: {
      happens: 'Every host keeps a table of which MAC address belongs to which IP address of its network. When the table has a wrong MAC, packets for the virtual address go to another machine. That machine may drop them (connections time out), pass them on (everything works, one hop longer), or think the address is its own: then even TCP connects, and only the application is silent.',
      evidence: 'A row of the client\'s neighbour table whose MAC belongs to no interface of a host that has the address. Ping and TCP from the same client tell the three cases apart: silence; a TTL one lower than from other hosts, or an ICMP redirect; a full TTL and a connection that opens.',
      lookAlikes: [
        { code: null, what: 'A VRRP virtual MAC (00:00:5e:00:01:VRID)', tell: 'the last octet is the group\'s virtual_router_id' },
        { code: 'L2-06', what: 'An entry written by hand', tell: 'its state is PERMANENT, announcements do not change it' },
        { code: 'L2-03', what: 'A real server that answers for the address on its loopback', tell: 'the MAC is of a host that has the address on lo' },
        { code: 'TC-01', what: 'A path that loses large packets', tell: 'small requests work, the MAC is right' },
      ],
    },
  },
  'L2-02': {
    code: 'L2-02', name: 'vip-two-claimants', title: 'Two machines claim one address', severity: 'error',
    message: '{vip} is claimed by {first} and by {second}.',
    fix: [
      { text: 'Take the address off the one that must not have it (never both at once).', command: 'ip address del {vip}/{length} dev {dev}' },
      { text: 'Find out why both think they own it: two VRRP masters (VR-01), an address configured by hand, or a real server that answers ARP (L2-03).' },
    ],
    verify: { text: 'Only one MAC answers.', command: 'arping -b -c 3 -I {dev} {vip}' },
    explains: ['L2-01', 'VR-06'],
    page: {
      happens: 'When two machines have the same address on one network, each neighbour talks to whichever answered last. Some clients work, others do not, and it changes by itself.',
      evidence: 'Two different MACs in one broadcast arping, or two hosts of the evidence whose interfaces on the same network hold the address.',
      lookAlikes: [
        { code: null, what: 'Two ports of one bond or of a switch pair', tell: 'the MAC is the same' },
        { code: null, what: 'The same private network on each host (docker0, virbr0, cni0)', tell: 'those bridges are not joined to each other' },
        { code: 'L2-03', what: 'A copy on a loopback interface', tell: 'lo and dummy addresses are meant to be there; what counts is whether they are answered for' },
      ],
    },
  },
  'L2-03': {
    code: 'L2-03', name: 'rs-answers-arp', title: 'A real server answers ARP for the virtual address', severity: 'error',
    message: '{host} has {vip} on {loopback} and answers ARP requests for it on {dev}: arp_ignore is 0 there.',
    fix: [
      { text: 'Let the host answer only for addresses of the interface that was asked, and announce only those.', command: 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2' },
      { text: 'Keep it over a restart: the same two lines in /etc/sysctl.d/.' },
      { text: 'Let neighbours forget the wrong entry.', command: 'ip neigh del {vip} dev {dev}' },
    ],
    verify: { text: 'The effective value (the larger of all and the device) is 1, and arping shows only the director.', command: 'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.{dev}.arp_ignore; arping -b -c 3 {vip}' },
    explains: ['L2-01', 'L2-02'],
    page: {
      happens: 'With direct routing every real server has the virtual address on a loopback or dummy interface, so that it accepts the packets. Linux by default answers ARP on any interface for any of its addresses: the real server then takes the address away from the balancer, for some neighbours, some of the time.',
      evidence: 'The address on lo or dummy of a host, held by another host as well (or served by IPVS there), and an effective arp_ignore, max(conf.all, conf.DEV), of 0 on the interface that faces the network.',
      lookAlikes: [
        { code: 'L2-10', what: 'The address on kube-ipvs0', tell: 'kube-proxy put it there; its strictARP setting decides' },
        { code: 'L2-04', what: 'arp_ignore set on lo only', tell: 'the kernel looks at the interface that received the request' },
        { code: null, what: 'A /32 on lo for BGP or as a router id', tell: 'nobody else has it on a shared network' },
      ],
    },
  },
  'L2-04': {
    code: 'L2-04', name: 'arp-ignore-wrong-scope', title: 'arp_ignore is set on lo, where it has no effect', severity: 'error',
    message: '{host} has {vip} on {loopback} and sets arp_ignore only there; requests come in on {dev}, where the effective value is 0, so it still answers.',
    fix: [{ text: 'Set it for all interfaces: the larger of all and the receiving device counts.', command: 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2' }],
    verify: { text: 'arping shows only the director.', command: 'sysctl net.ipv4.conf.all.arp_ignore net.ipv4.conf.{dev}.arp_ignore; arping -b -c 3 {vip}' },
    explains: ['L2-01', 'L2-02'],
    page: {
      happens: 'Many guides set net.ipv4.conf.lo.arp_ignore because the address is on lo. The kernel evaluates arp_ignore of the interface on which the request arrives.',
      evidence: 'conf.lo.arp_ignore is 1 or more, conf.all and conf of the receiving interface are 0.',
      lookAlikes: [{ code: 'L2-03', what: 'arp_ignore not set at all', tell: 'conf.lo.arp_ignore is 0 as well' }],
    },
  },
  'L2-05': {
    code: 'L2-05', name: 'vip-nobody-answers', title: 'Nobody answers for the address', severity: 'error',
    message: '{client} asked for the MAC of {vip} and got no answer; {why}.',
    fix: [
      { text: 'Bring the address up where it belongs: look at keepalived (or what else manages it) on the hosts that may hold it.', command: 'journalctl -u keepalived -n 50 --no-pager' },
      { text: 'If a host does hold it, look for what eats its answers: port security (L2-14), reverse path filter (L2-12), another VLAN.' },
    ],
    verify: { text: 'The entry has a MAC.', command: 'ping -c 1 {vip}; ip neigh show {vip}' },
    explains: ['TL-01'],
    page: {
      happens: 'A host that wants to send asks the network who has the address. Without an answer the entry stays INCOMPLETE, then FAILED, and programs get "No route to host".',
      evidence: 'The client\'s row is INCOMPLETE or FAILED and no host of the evidence holds the address on an interface that is up.',
      lookAlikes: [
        { code: 'L2-14', what: 'The answer is dropped by port security', tell: 'a host holds the address on a running interface' },
        { code: 'L2-12', what: 'The reverse path filter drops the request', tell: 'martian lines whose header ends in 08 06' },
        { code: null, what: 'Old failed rows for hosts that are off', tell: 'nobody tries to reach them' },
      ],
    },
  },
  'L2-06': {
    code: 'L2-06', name: 'static-arp', title: 'A neighbour entry written by hand points to the wrong MAC', severity: 'error',
    message: '{client} has a permanent entry for {vip} with {mac}; {holder} holds it with {holderMac}, and announcements do not change a permanent entry.',
    fix: [{ text: 'Remove the entry, and what sets it at boot (/etc/ethers, a network script).', command: 'ip neigh del {vip} dev {dev}' }],
    verify: { text: 'The entry is learned again, with the MAC of the holder.', command: 'ping -c 1 {vip}; ip neigh show {vip}' },
    explains: ['L2-01'],
    page: {
      happens: 'A permanent entry is never replaced by what the network says. After a failover, or when a card was exchanged, it points to a machine that is no longer there.',
      evidence: 'State PERMANENT (ip neigh), flags CM (arp -n) or 0x6 (/proc/net/arp), and a MAC that the holder does not have.',
      lookAlikes: [{ code: 'L2-01', what: 'A learned entry', tell: 'state REACHABLE, STALE, DELAY or PROBE' }],
    },
  },
  'L2-07': {
    code: 'L2-07', name: 'garp-not-repeated', title: 'After a short double master nobody announced the address again', severity: 'warning',
    message: '{loser} was master of {instance} for a moment and gave up; {winner} never gave up, so it did not announce {vip} again, and neighbours may still point to {loser}.',
    fix: [
      { text: 'Let the lower master be told, so that the higher one announces anew.', command: 'vrrp_higher_prio_send_advert true   # in global_defs of both' },
      { text: 'Repeat the announcement from time to time.', command: 'garp_master_refresh 60   # in vrrp_instance {instance} of both' },
    ],
    verify: { text: 'After the next failover the neighbours have the MAC of {winner}.', command: 'ip neigh show {vip}' },
    explains: ['L2-01'],
    page: {
      happens: 'When adverts are lost in one direction for a moment, the backup becomes master and announces the address. As soon as it hears the real master it steps back. The real master heard nothing, does not know that the neighbours were misled, and sends no gratuitous ARP.',
      evidence: 'The log of one host: Entering MASTER, then an advert with higher priority, then Entering BACKUP. In the log of the other no gratuitous ARP after that, and neither garp_master_refresh nor vrrp_higher_prio_send_advert in its configuration.',
      lookAlikes: [{ code: 'VR-01', what: 'Two masters for good', tell: 'no Entering BACKUP follows' }],
    },
  },
  'L2-08': {
    code: 'L2-08', name: 'neigh-table-overflow', title: 'The neighbour table is full', severity: 'error',
    message: '{host} has no room for more neighbours ({count} entries, limit gc_thresh3 = {limit}).',
    fix: [{ text: 'Raise the three thresholds above the number of neighbours on the attached networks.', command: 'sysctl -w net.ipv4.neigh.default.gc_thresh1=4096 net.ipv4.neigh.default.gc_thresh2=8192 net.ipv4.neigh.default.gc_thresh3=16384' }],
    verify: { text: 'No new overflow lines.', command: 'dmesg -T | grep -c "table overflow"' },
    explains: ['L2-05', 'EP-03'],
    page: {
      happens: 'The kernel keeps at most gc_thresh3 neighbours for all interfaces and namespaces together. Beyond it new addresses cannot be resolved: connections to some hosts fail, others work.',
      evidence: 'The kernel\'s line "neighbour: arp_cache: neighbor table overflow!", or a table within ten percent of the limit.',
      lookAlikes: [{ code: 'CT-01', what: 'The connection table is full', tell: 'another line: nf_conntrack: table full' }],
    },
  },
  'L2-09': {
    code: 'L2-09', name: 'fdb-ages-first', title: 'The bridge forgot where the address is before its neighbours did', severity: 'warning',
    message: 'The bridge on {host} has no entry for {mac} ({vip} on {holder}) and does not flood unknown addresses, while {client} still sends to it.',
    fix: [
      { text: 'Let the holder announce the address more often than the bridge forgets.', command: 'garp_master_refresh 60   # keepalived; other managers have their own interval' },
      { text: 'Or let the bridge flood unknown unicast again on the ports concerned.', widensAccess: 'Every port of the bridge then sees packets for unknown addresses.' },
    ],
    verify: { text: 'The bridge knows the MAC even after idle minutes.', command: 'bridge fdb show | grep -i {mac}' },
    explains: ['L2-01'],
    page: {
      happens: 'A bridge forgets a MAC that was silent for its ageing time (300 s), a router remembers an ARP entry for up to four hours. With flooding off the packets then have nowhere to go until the holder sends something.',
      evidence: 'A complete forwarding table without the holder\'s MAC, ports with flood off, and a neighbour that still has the entry.',
      lookAlikes: [{ code: 'L2-05', what: 'The holder is gone', tell: 'the holder is up and has the address' }],
    },
  },
  'L2-10': {
    code: 'L2-10', name: 'ipvs-node-answers', title: 'Nodes answer ARP for a service address on kube-ipvs0', severity: 'error',
    message: 'ARP requests for {vip}, parked on kube-ipvs0, are answered by {hosts}: {why}.',
    fix: [{ text: 'Turn strict ARP on in the configuration of kube-proxy and restart it: it then sets arp_ignore=1 and arp_announce=2.', command: 'kubectl -n kube-system edit configmap kube-proxy   # ipvs.strictARP: true' }],
    verify: { text: 'Only the announcing node answers.', command: 'arping -b -c 3 {vip}' },
    explains: ['L2-01', 'L2-02'],
    page: {
      happens: 'In IPVS mode kube-proxy puts every service address on the dummy interface kube-ipvs0 of every node. Without strict ARP all nodes answer for an external address, not only the one that was chosen to announce it.',
      evidence: 'The address on kube-ipvs0, another host that holds or announces it, and an effective arp_ignore of 0 or strictARP: false.',
      lookAlikes: [{ code: 'L2-03', what: 'A real server of LVS', tell: 'the address is on lo or dummy0' }, { code: null, what: 'Cluster addresses', tell: 'nobody outside asks for them' }],
    },
  },
  'L2-11': {
    code: 'L2-11', name: 'proxy-arp-hijack', title: 'Proxy ARP answers for somebody else\'s address', severity: 'error',
    message: '{host} answers ARP for {vip} on {dev} although {holder} has it: {why}.',
    fix: [
      { text: 'Turn proxy ARP off on the interface that faces this network.', command: 'sysctl -w net.ipv4.conf.{dev}.proxy_arp=0 net.ipv4.conf.{dev}.proxy_arp_pvlan=0' },
      { text: 'Remove a proxy entry that was made by hand.', command: 'ip neigh del proxy {vip} dev {dev}' },
    ],
    verify: { text: 'The MAC of {host} no longer answers.', command: 'arping -b -c 3 {vip}' },
    explains: ['L2-01', 'L2-02'],
    page: {
      happens: 'With proxy ARP a router answers for every address that it would route elsewhere. On a network where the owner itself is present, both answer.',
      evidence: 'The neighbour entry or arping shows a MAC of a host that does not hold the address and has proxy_arp on that interface, or an entry in ip neigh show proxy.',
      lookAlikes: [{ code: 'L2-01', what: 'An old holder that still forwards', tell: 'proxy_arp is 0 there' }, { code: null, what: 'proxy_arp on container interfaces (cali*)', tell: 'they do not face this network' }],
    },
  },
  'L2-12': {
    code: 'L2-12', name: 'rpfilter-eats-arp', title: 'The reverse path filter drops ARP requests', severity: 'error',
    message: '{host} drops ARP requests from {client} for {vip} on {dev}: its own route to {client} leaves by another interface (rp_filter).',
    fix: [
      { text: 'Use the loose mode on that one interface.', command: 'sysctl -w net.ipv4.conf.{dev}.rp_filter=2' },
      { text: 'Or route answers to {client} by {dev}.' },
    ],
    verify: { text: 'No more martian lines, and the client gets an answer.', command: 'dmesg -T | grep martian | tail -3' },
    explains: ['L2-05'],
    page: {
      happens: 'Linux checks the sender of an ARP request like that of an IP packet. When the way back leads elsewhere, the request is dropped before anything else is counted: nstat shows nothing.',
      evidence: 'A martian line whose "ll header" ends in 08 06, which is the EtherType of ARP.',
      lookAlikes: [{ code: 'RT-01', what: 'IP packets dropped by the filter', tell: 'the header ends in 08 00 and IPReversePathFilter rises' }, { code: null, what: 'A line caused by "ip route get ... iif"', tell: 'its header is nonsense' }],
    },
  },
  'L2-13': {
    code: 'L2-13', name: 'vip-secondary-lost', title: 'The virtual address is secondary and goes with the primary', severity: 'warning',
    message: '{host} has {vip}/{length} on {dev} as a secondary address of the same network: {why}.',
    fix: [
      { text: 'Give the virtual address as a host address.', command: '{vip}/32 dev {dev}   # in virtual_ipaddress' },
      { text: 'Or let the kernel keep secondary addresses when the primary goes.', command: 'sysctl -w net.ipv4.conf.{dev}.promote_secondaries=1' },
    ],
    verify: { text: 'The word secondary is gone from the address, or promote_secondaries is 1.', command: 'ip address show dev {dev}' },
    explains: ['L2-05', 'VR-07'],
    page: {
      happens: 'A second address with the same prefix on one interface is secondary. When the primary is removed (a DHCP renewal, a network restart), the kernel removes the secondaries as well unless promote_secondaries is on, and keepalived does not notice at once.',
      evidence: 'The word secondary behind the virtual address, a primary of the same prefix, promote_secondaries 0; or a master that lacks its address.',
      lookAlikes: [{ code: null, what: 'A /32 virtual address', tell: 'it is never secondary' }],
    },
  },
  'L2-14': {
    code: 'L2-14', name: 'antispoof-l2', title: 'The hypervisor does not let a virtual address or MAC through', severity: 'error',
    message: '{host} is a virtual machine ({vendor}) and {does}: {why}.',
    fix: [
      { text: 'Where a virtual MAC is used, do without it: remove use_vmac and announce the address with the MAC of the port.' },
      { text: 'Or allow the pair of address and MAC on that port only.', command: 'openstack port set --allowed-address ip-address={vip},mac-address={mac} PORT' },
    ],
    verify: { text: 'The client gets an answer.', command: 'arping -b -c 3 {vip}' },
    explains: ['L2-05', 'VR-01'],
    page: {
      happens: 'Clouds and hypervisors drop frames whose sender MAC is not that of the virtual port. VRRP virtual MACs and macvlan interfaces send with another one.',
      evidence: 'The address on a macvlan interface with a VRRP MAC, a parent whose MAC is of a hypervisor, and neighbours without an answer. Or the chain of the machine\'s port on its compute node: pairs of address and MAC that may send, without the virtual address, and a rule that drops the rest.',
      lookAlikes: [{ code: 'L2-05', what: 'Nobody holds the address', tell: 'a host does, on a running interface' }],
    },
  },
  'L2-15': {
    code: 'L2-15', name: 'vip-iface-down', title: 'The virtual address is on an interface that is down', severity: 'error',
    message: '{host} holds {vip} on {dev}, which is {state}.',
    fix: [
      { text: 'Let VRRP follow the state of the interface.', command: 'track_interface {dev}   # a block of vrrp_instance' },
      { text: 'Bring the interface up, or look at its cable, bond and switch port.', command: 'ip -s link show {dev}' },
    ],
    verify: { text: 'The interface has LOWER_UP.', command: 'ip link show {dev}' },
    explains: ['L2-05'],
    page: {
      happens: 'An address stays configured when its interface loses the carrier. The host thinks it holds the address, the network cannot reach it, and nobody else takes over.',
      evidence: 'The address on an interface with NO-CARRIER, or state DOWN or LOWERLAYERDOWN.',
      lookAlikes: [{ code: null, what: 'docker0 without containers', tell: 'its address is nobody\'s virtual address' }],
    },
  },
});
