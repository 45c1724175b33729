import { clock, many, routerAddresses, vip } from './evidence-words.ts';
import type { Draw, HostPlan } from './evidence-words.ts';

export const dmesg = (plan: HostPlan, draw: Draw): string[] => many(2000, (at) => `[Sat Nov 21 ${clock(at)} 2026] ${draw.of([
  `audit: type=1400 audit(${1_795_200_000 + at}.${draw.below(1000)}:${at}): apparmor="STATUS" operation="profile_load" profile="unconfined" name="cri-containerd.apparmor.d" pid=${draw.below(30_000)} comm="apparmor_parser"`,
  `IPv6: ADDRCONF(NETDEV_CHANGE): cali${(plan.seed * 4096 + at).toString(16).padStart(8, '0')}: link becomes ready`,
  `cgroup: fork rejected by pids controller in /kubepods/burstable/pod${draw.below(99_999)}`,
  `EXT4-fs (vdb${draw.below(9)}): mounted filesystem with ordered data mode. Quota mode: none.`,
  `docker0: port ${draw.below(9)}(veth${draw.below(99_999)}) entered forwarding state`,
])}`);

const keepalivedLines = ['Remote SNMP agent unreachable, retrying', '(VI_1) Receive advertisement from 10.9.0.12', 'Script `chk_haproxy` now returning 0', 'VRRP_Script(chk_haproxy) succeeded', 'Netlink reflector reports IP 10.9.0.250 added'] as const;
export const keepalivedLog = (plan: HostPlan, draw: Draw): string[] => many(plan.role === 'director' ? 500 : 2, (at) => (plan.role === 'director' ? `Nov 21 ${clock(at * 30)} ${plan.name} Keepalived_vrrp[1201]: ${draw.of(keepalivedLines)}` : ['No journal files were found.', '-- No entries --'][at] ?? ''));

export const kubeletLog = (plan: HostPlan, draw: Draw): string[] => (plan.role !== 'node' ? ['-- No entries --'] : many(2000, (at) => `Nov 21 ${clock(at * 9)} ${plan.name} kubelet[1310]: I1121 ${clock(at * 9)}.${String(draw.below(1_000_000)).padStart(6, '0')}    1310 kubelet_volumes.go:${100 + draw.below(200)}] "Cleaned up orphaned pod volumes dir" podUID="${draw.below(99_999_999)}" path="/var/lib/kubelet/pods/${draw.below(99_999_999)}/volumes"`));

/** Access lines of a router: all of them answered. */
export function haproxyLog(plan: HostPlan, draw: Draw): string[] {
  if (plan.role !== 'router') return ['-- No entries --'];
  return many(5000, (at) => {
    const app = draw.below(100);
    return `Nov 21 ${clock(at * 3)} ${plan.name} haproxy[2201]: 10.${20 + draw.below(80)}.${draw.below(256)}.${1 + draw.below(254)}:${1024 + draw.below(60_000)} [21/Nov/2026:${clock(at * 3)}.${String(draw.below(1000)).padStart(3, '0')}] fe_https~ be_app_${app}/pod-${app}-${draw.below(2)} 0/0/${draw.below(3)}/${draw.below(80)}/${draw.below(90)} 200 ${200 + draw.below(9000)} - - ---- ${1 + draw.below(300)}/${1 + draw.below(300)}/${draw.below(9)}/${draw.below(9)}/0 0/0 "GET https://app-${app}.apps.example.com/page/${draw.below(999)} HTTP/2.0"`;
  });
}

export const processes = (plan: HostPlan): string[] => ['    PID    PPID     ELAPSED   RSS COMMAND', ...many(160, (at) => `${String(at + 2).padStart(7)}       2    12:17:10     0 [kworker/${at}:1-events]`), ...(plan.role === 'node' ? [] : ['   1201       1    12:16:01  9100 /usr/sbin/keepalived --dont-fork']), ...(plan.role === 'router' ? ['   2200       1    12:16:00 12000 /usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid', '   2201    2200    12:16:00 96000 /usr/sbin/haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid'] : []), ...many(60, (at) => `${String(5000 + at).padStart(7)}       1    11:40:00 ${20_000 + at * 17} /usr/bin/worker --shard ${at}`)];

export const ssListen = (plan: HostPlan): string[] => ['State  Recv-Q Send-Q Local Address:Port  Peer Address:PortProcess', 'LISTEN 0      128          0.0.0.0:22         0.0.0.0:*    users:(("sshd",pid=900,fd=3))', ...(plan.role === 'router' ? [80, 443, 1936].map((port) => `LISTEN 0      4096         0.0.0.0:${port}        0.0.0.0:*    users:(("haproxy",pid=2201,fd=${port % 100}))`) : []), ...many(40, (at) => `LISTEN 0      4096       127.0.0.1:${9000 + at}      0.0.0.0:*    users:(("worker",pid=${5000 + at},fd=7))`)];

export const ssTcp = (plan: HostPlan, draw: Draw): string[] => ['State Recv-Q Send-Q Local Address:Port  Peer Address:Port Process', ...Array.from({ length: 100 }, () => [
  `ESTAB 0      0      10.9.0.${plan.at}:${plan.role === 'router' ? 443 : 22}    10.${20 + draw.below(80)}.${draw.below(256)}.${1 + draw.below(254)}:${1024 + draw.below(60_000)}`,
  `\t cubic wscale:10,10 rto:216 rtt:14.773/13.567 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:18 bytes_sent:${draw.below(1e6)} bytes_acked:${draw.below(1e6)} segs_out:${draw.below(999)} segs_in:${draw.below(999)} send 14.1Mbps lastsnd:${draw.below(9999)} lastrcv:${draw.below(9999)} delivery_rate 21Mbps app_limited busy:540ms rcv_space:14480 rcv_ssthresh:64088 minrtt:1.1`,
]).flat()];

const services = [[443, 'wlc'], [80, 'wlc']] as const;
const ipvsHead = 'IPVS connection entries\npro expire state       source             virtual            destination';

/** `ipvsadm -lnc` of the director that is master: 2,000 connections, dealt to the routers in turn and forwarded directly. */
export const ipvsConnections = (plan: HostPlan, draw: Draw): string[] => [
  ...ipvsHead.split('\n'),
  ...many(plan.name === 'lb1' ? 2000 : 0, (at) => {
    const port = at < 1800 ? 443 : 80;
    return `TCP ${String(draw.below(15)).padStart(2, '0')}:${String(draw.below(60)).padStart(2, '0')}  ESTABLISHED 10.${20 + draw.below(80)}.${draw.below(256)}.${1 + draw.below(254)}:${1024 + draw.below(60_000)} ${vip}:${port}      ${routerAddresses[at % 3] ?? ''}:${port}`;
  }),
];

/** Counters that fit those rows. */
export const ipvsServices = (plan: HostPlan): string[] => [
  'IP Virtual Server version 1.2.1 (size=4096)', 'Prot LocalAddress:Port Scheduler Flags', '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn',
  ...services.flatMap(([port, scheduler]) => [`TCP  ${vip}:${port} ${scheduler}`, ...routerAddresses.map((address) => `  -> ${`${address}:${port}`.padEnd(28)}Route   100    ${String(plan.name !== 'lb1' ? 0 : port === 443 ? 600 : 66).padEnd(10)} 0         `)]),
];
