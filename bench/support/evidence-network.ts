import { many, macOf, podDevices, routerAddresses, vip } from './evidence-words.ts';
import type { Draw, HostPlan } from './evidence-words.ts';

const holdsVip = (plan: HostPlan): boolean => plan.name === 'lb1';

export function ipAddress(plan: HostPlan): string[] {
  const pods = podDevices(plan).flatMap((device, at) => [
    `${at + 5}: ${device}@if3: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UP group default qlen 1000`,
    `    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid ${at} promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 `,
    '    veth numtxqueues 2 numrxqueues 2 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 tso_max_segs 65535 gro_max_size 65536 ',
    '    inet6 fe80::ecee:eeff:feee:eeee/64 scope link proto kernel_ll ', '       valid_lft forever preferred_lft forever',
  ]);
  return [
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000',
    '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 numtxqueues 1 numrxqueues 1 ',
    '    inet 127.0.0.1/8 scope host lo', '       valid_lft forever preferred_lft forever',
    ...(plan.role === 'router' ? [`    inet ${vip}/32 scope global lo`, '       valid_lft forever preferred_lft forever'] : []),
    '    inet6 ::1/128 scope host ', '       valid_lft forever preferred_lft forever',
    '2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default qlen 1000',
    `    link/ether ${macOf(plan.at)} brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 numtxqueues 2 numrxqueues 2 `,
    `    inet 10.9.0.${plan.at}/16 brd 10.9.255.255 scope global eth0`, '       valid_lft forever preferred_lft forever',
    ...(holdsVip(plan) ? [`    inet ${vip}/32 scope global eth0`, '       valid_lft forever preferred_lft forever'] : []),
    ...pods,
  ];
}

export function ipLink(plan: HostPlan, draw: Draw): string[] {
  return ['lo', 'eth0', ...podDevices(plan)].flatMap((device, at) => [
    `${at + 1}: ${device}: <${device === 'lo' ? 'LOOPBACK' : 'BROADCAST,MULTICAST'},UP,LOWER_UP> mtu ${device === 'lo' ? 65536 : 1500} qdisc noqueue state ${device === 'lo' ? 'UNKNOWN' : 'UP'} mode DEFAULT group default qlen 1000`,
    `    link/${device === 'lo' ? 'loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00' : `ether ${device === 'eth0' ? macOf(plan.at) : 'ee:ee:ee:ee:ee:ee'} brd ff:ff:ff:ff:ff:ff`}`,
    '    RX:  bytes  packets errors dropped  missed   mcast           ', `    ${draw.below(1e9)} ${draw.below(1e7)}      0       0       0       0 `,
    '    TX:  bytes  packets errors dropped carrier collsns           ', `    ${draw.below(1e9)} ${draw.below(1e7)}      0       0       0       0 `,
  ]);
}

/** Neighbours: the hosts of the set and a hundred others. */
const neighbours = (plan: HostPlan): readonly number[] => [...many(10, (at) => String(11 + at)), ...many(100, (at) => String(120 + at))].map(Number).filter((at) => at !== plan.at);

export const ipNeigh = (plan: HostPlan, draw: Draw): string[] => neighbours(plan).map((at) => `10.9.0.${at} dev eth0 lladdr ${macOf(at)} ref 1 used ${draw.below(900)}/${draw.below(60)}/${draw.below(60)}probes 1 ${draw.of(['REACHABLE', 'STALE', 'DELAY'])} `);

export const procArp = (plan: HostPlan): string[] => ['IP address       HW type     Flags       HW address            Mask     Device', ...neighbours(plan).map((at) => `${`10.9.0.${at}`.padEnd(17)}0x1         0x2         ${macOf(at)}     *        eth0`)];

export const bridgeFdb = (plan: HostPlan): string[] => ['eth0', ...podDevices(plan)].flatMap((device) => [`33:33:00:00:00:01 dev ${device} self permanent`, `01:00:5e:00:00:01 dev ${device} self permanent`, `33:33:ff:00:00:${String(plan.at).padStart(2, '0')} dev ${device} self permanent`]);

export function ipRoute(plan: HostPlan): string[] {
  return [
    'default via 10.9.0.1 dev eth0 ', '10.9.0.0/16 dev eth0 proto kernel scope link src '.concat(`10.9.0.${plan.at} `),
    ...podDevices(plan).map((device, at) => `10.244.${plan.at}.${at + 2} dev ${device} scope link `),
    ...many(64, (at) => `10.244.${at + 100}.0/24 via 10.9.0.${31 + (at % 5)} dev eth0 proto bird `),
    `local 10.9.0.${plan.at} dev eth0 table local proto kernel scope host src 10.9.0.${plan.at} `, ...(plan.role === 'router' ? [`local ${vip} dev lo table local proto kernel scope host src ${vip} `] : holdsVip(plan) ? [`local ${vip} dev eth0 table local proto kernel scope host src 10.9.0.${plan.at} `] : []),
    `broadcast 10.9.255.255 dev eth0 table local proto kernel scope link src 10.9.0.${plan.at} `,
    'local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 ', 'local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 ', 'broadcast 127.255.255.255 dev lo table local proto kernel scope link src 127.0.0.1 ',
  ];
}

export const ipRoute6 = (plan: HostPlan): string[] => [...['eth0', ...podDevices(plan)].map((device) => `fe80::/64 dev ${device} proto kernel metric 256 pref medium`), 'local ::1 dev lo table local proto kernel metric 0 pref medium', ...['eth0', ...podDevices(plan)].map((device) => `ff00::/8 dev ${device} table local proto kernel metric 256 pref medium`)];

const perDevice4 = 'accept_local=0 accept_redirects=0 accept_source_route=0 arp_accept=0 arp_announce=2 arp_filter=0 arp_ignore=1 arp_notify=0 bc_forwarding=0 bootp_relay=0 disable_policy=0 disable_xfrm=0 drop_gratuitous_arp=0 forwarding=1 log_martians=0 mc_forwarding=0 medium_id=0 promote_secondaries=1 proxy_arp=0 proxy_arp_pvlan=0 route_localnet=0 rp_filter=2 secure_redirects=1 send_redirects=0 shared_media=1 src_valid_mark=0 tag=0'.split(' ');
const perDevice6 = 'accept_dad=1 accept_ra=0 autoconf=0 dad_transmits=1 disable_ipv6=0 forwarding=1 hop_limit=64 mtu=1500 router_solicitations=-1 use_tempaddr=0'.split(' ');
const others = 'net.core.somaxconn=4096 net.core.netdev_max_backlog=1000 net.ipv4.ip_forward=1 net.ipv4.ip_local_port_range=32768\t60999 net.ipv4.tcp_max_syn_backlog=4096 net.ipv4.tcp_mtu_probing=0 net.ipv4.tcp_tw_reuse=2 net.ipv4.vs.backup_only=0 net.ipv4.vs.conn_reuse_mode=1 net.ipv4.vs.conntrack=0 net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.expire_quiescent_template=1 net.netfilter.nf_conntrack_acct=0 net.netfilter.nf_conntrack_buckets=262144 net.netfilter.nf_conntrack_count=5000 net.netfilter.nf_conntrack_max=262144 net.netfilter.nf_conntrack_tcp_be_liberal=0 net.netfilter.nf_conntrack_tcp_timeout_close_wait=60 net.netfilter.nf_conntrack_tcp_timeout_established=86400 net.netfilter.nf_conntrack_udp_timeout=30'.split(' ');

/** About a thousand lines: of the kernel, of both families, of every device. */
export function sysctl(plan: HostPlan): string[] {
  const devices = ['all', 'default', 'eth0', 'lo', ...podDevices(plan)];
  return [
    ...many(plan.role === 'node' ? 60 : 700, (at) => `kernel.sched_domain.cpu${at >> 4}.domain${at & 15}.busy_factor = 16`),
    ...others.map((pair) => pair.replace('=', ' = ')),
    ...devices.flatMap((device) => perDevice4.map((pair) => `net.ipv4.conf.${device}.${pair.replace('=', ' = ')}`)),
    ...devices.flatMap((device) => perDevice6.map((pair) => `net.ipv6.conf.${device}.${pair.replace('=', ' = ')}`)),
    ...['default', 'eth0', 'lo'].flatMap((device) => ['gc_thresh1 = 1024', 'gc_thresh2 = 4096', 'gc_thresh3 = 8192', 'base_reachable_time_ms = 30000'].map((pair) => `net.ipv4.neigh.${device}.${pair}`)),
  ];
}

/** `conntrack -L`: mostly clients of the virtual address, some of them on their way out, some datagrams. */
export function conntrackRow(draw: Draw): string {
  const client = `10.${20 + draw.below(80)}.${draw.below(256)}.${1 + draw.below(254)}`;
  const port = 1024 + draw.below(64_000);
  const kind = draw.below(100);
  if (kind < 8) return `udp      17 ${draw.below(30)} src=10.9.0.${11 + draw.below(20)} dst=10.9.0.1 sport=${port} dport=53 src=10.9.0.1 dst=10.9.0.${11 + draw.below(20)} sport=53 dport=${port} mark=0 use=1`;
  const back = draw.of(routerAddresses);
  const to = `src=${client} dst=${vip} sport=${port} dport=443`;
  const from = `src=${vip} dst=${client} sport=443 dport=${port}`;
  if (kind < 70) return `tcp      6 ${80_000 + draw.below(6400)} ESTABLISHED ${to} ${from} [ASSURED] mark=0 use=1`;
  if (kind < 90) return `tcp      6 ${draw.below(120)} TIME_WAIT ${to} ${from} [ASSURED] mark=0 use=1`;
  if (kind < 95) return `tcp      6 ${draw.below(60)} CLOSE_WAIT ${to} ${from} [ASSURED] mark=0 use=1`;
  return `tcp      6 ${80_000 + draw.below(6400)} ESTABLISHED src=10.244.3.${2 + draw.below(20)} dst=10.96.0.10 sport=${port} dport=80 src=${back} dst=10.244.3.${2 + draw.below(20)} sport=8080 dport=${port} [ASSURED] mark=0 use=1`;
}
