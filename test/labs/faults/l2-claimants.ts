import type { Lab, World } from '../lab.ts';
import { answers, ask, macOf, oneSample, segment, vip } from './l2-segment.ts';

/** As a real server of LVS: the address on lo, and a program that takes what comes. */
async function realServer(world: World): Promise<void> {
  await segment(world, ['other']);
  const other = world.of('other');
  await other.run(`ip address add ${vip}/32 dev lo && sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`);
  await answers(other);
}

/** The other host asks for the client's MAC in the name of the address: the client believes whoever spoke last. */
async function spoil(world: World): Promise<void> {
  await world.of('other').run('ip neigh flush dev eth0; ping -c 1 -W 1 -I 10.60.0.100 10.60.0.1 >/dev/null || true');
}

export const l2Claimants: readonly Lab[] = [
  {
    name: 'l2-real-server-answers', about: 'A real server with the address on lo answers ARP for it: arp_ignore is 0.',
    codes: ['L2-03', 'L2-01'], silent: ['L2-04', 'L2-06', 'L2-10'], proof: /net\.ipv4\.conf\.(?:all|eth0)\.arp_ignore = 0/, needs: 'namespaces', programs: [], inTests: true, collectArguments: oneSample(false),
    build: realServer,
    break: async (world) => {
      await world.of('other').run('sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0');
      await spoil(world);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('other'), finding, 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', /sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1 net\.ipv4\.conf\.all\.arp_announce=2/);
      await world.apply(world.of('client'), finding, `ip neigh del ${vip} dev eth0`, /ip neigh del 10\.60\.0\.100 dev eth0/);
    },
    probe: ask,
  },
  {
    name: 'l2-arp-ignore-on-lo', about: 'A real server sets arp_ignore on lo, where it has no effect, and still answers for the address.',
    codes: ['L2-04'], silent: ['L2-03', 'L2-06'], proof: /net\.ipv4\.conf\.lo\.arp_ignore = 1/, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(true),
    build: realServer,
    break: async (world) => {
      await world.of('other').run('sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0 net.ipv4.conf.lo.arp_ignore=1 net.ipv4.conf.lo.arp_announce=2');
      await spoil(world);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('other'), finding, 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', /sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1 net\.ipv4\.conf\.all\.arp_announce=2/);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'l2-kube-ipvs-answers', about: 'A node of a cluster in IPVS mode without strict ARP answers for an external address on kube-ipvs0.',
    codes: ['L2-10'], silent: ['L2-03', 'L2-04'], proof: /net\.ipv4\.conf\.(?:all|eth0)\.arp_ignore = 0/, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(true),
    build: async (world) => {
      await segment(world, ['other']);
      const other = world.of('other');
      // What kube-proxy does with strictARP: true. Its device is a dummy; a bridge without ports is as idle where the kernel has none.
      await other.run(`{ ip link add kube-ipvs0 type dummy || ip link add kube-ipvs0 type bridge; } && ip address add ${vip}/32 dev kube-ipvs0 && sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2`);
      await answers(other);
    },
    break: async (world) => {
      await world.of('other').run('sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0');
      await spoil(world);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('other'), finding, 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', /sets arp_ignore=1 and arp_announce=2/);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'l2-second-claimant', about: 'A second host has the address configured by hand; the client talks to that one.',
    codes: ['L2-02'], silent: ['L2-01', 'L2-03', 'L2-06', 'L2-11', 'VR-01'], proof: /10\.60\.0\.100\/32|Unicast reply|broadcast/i, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(true),
    build: async (world) => { await segment(world, ['other']); await answers(world.of('other')); },
    break: async (world) => { await world.of('other').run(`ip address add ${vip}/32 dev eth0`); await spoil(world); },
    fix: async (world, finding) => {
      await world.apply(world.of('other'), finding, `ip address del ${vip}/32 dev eth0`, /ip address del 10\.60\.0\.100\/32 dev eth0/);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'l2-permanent-entry', about: 'A neighbour entry written by hand keeps the MAC of the host that had the address before.',
    codes: ['L2-06'], silent: ['L2-01', 'L2-02', 'L2-05'], proof: /10\.60\.0\.100 .*PERMANENT/, needs: 'namespaces', programs: [], inTests: true, collectArguments: oneSample(false),
    build: async (world) => { await segment(world, ['other']); },
    break: async (world) => { await world.of('client').run(`ip neigh replace ${vip} lladdr ${await macOf(world.of('other'))} dev eth0 nud permanent`); },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `ip neigh del ${vip} dev eth0`, /ip neigh del 10\.60\.0\.100 dev eth0/); },
    probe: ask,
  },
  {
    name: 'l2-proxy-arp', about: 'A router with proxy ARP and a route for the address elsewhere answers for it beside the holder.',
    codes: ['L2-11'], silent: ['L2-03', 'L2-06'], proof: /proxy_arp = 1/, needs: 'namespaces', programs: [], inTests: true, collectArguments: oneSample(false),
    build: async (world) => {
      await segment(world, ['router', 'far']);
      const router = world.of('router');
      await world.cable(router, 'eth1', world.of('far'), 'eth1');
      await router.run(`ip address add 10.61.0.1/24 dev eth1 && ip route add ${vip}/32 via 10.61.0.9 && sysctl -qw net.ipv4.ip_forward=1`);
    },
    break: async (world) => {
      await world.of('router').run('sysctl -qw net.ipv4.conf.eth0.proxy_arp=1');
      await world.of('client').run('ip neigh flush dev eth0');
      // Proxy answers come up to 0.8 s late (neigh.DEV.proxy_delay), after the holder's own: the client believes the last.
      await ask(world);
      await world.sleep(1000);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('router'), finding, 'sysctl -w net.ipv4.conf.eth0.proxy_arp=0', /net\.ipv4\.conf\.eth0\.proxy_arp=0/);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
];
