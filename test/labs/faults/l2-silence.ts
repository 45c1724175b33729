import type { Lab, World } from '../lab.ts';
import { ask, macOf, oneSample, segment, vip } from './l2-segment.ts';

/** The address moved from `other` to the holder, and the client did not learn of it. */
async function stale(world: World): Promise<void> {
  await world.of('client').run(`ip neigh replace ${vip} lladdr ${await macOf(world.of('other'))} dev eth0 nud reachable`);
}

export const l2Silence: readonly Lab[] = [
  {
    name: 'l2-stale-silent', about: 'After a failover the client still sends to the old holder, which drops the packets.',
    codes: ['L2-01'], silent: ['L2-02', 'L2-06', 'L2-11', 'RT-06'], proof: /10\.60\.0\.100 dev eth0 .*(?:REACHABLE|STALE|DELAY)/, needs: 'namespaces', programs: [], inTests: true, collectArguments: oneSample(false),
    build: async (world) => { await segment(world, ['other']); },
    break: stale,
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `ip neigh del ${vip} dev eth0`, /ip neigh del 10\.60\.0\.100 dev eth0/); },
    probe: ask,
  },
  {
    name: 'l2-stale-forwarding', about: 'After a failover the client still sends to the old holder, which passes everything on and sends redirects.',
    codes: ['L2-01', 'RT-06'], silent: ['L2-02', 'L2-06', 'L2-11'], proof: /10\.60\.0\.100 dev eth0 .*(?:REACHABLE|STALE|DELAY)/, needs: 'namespaces', programs: [], quiet: true, inTests: false, collectArguments: oneSample(true),
    build: async (world) => {
      await segment(world, ['other']);
      await world.of('other').run(`sysctl -qw net.ipv4.ip_forward=1 && ip route add ${vip}/32 dev eth0`);
    },
    break: stale,
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `ip neigh del ${vip} dev eth0`, /ip neigh del 10\.60\.0\.100 dev eth0/); },
    probe: ask,
  },
  {
    name: 'l2-nobody-answers', about: 'The address is configured on no host.',
    codes: ['L2-05'], silent: ['L2-01', 'L2-14', 'L2-15', 'RT-05'], proof: /10\.60\.0\.100 dev eth0 .*(?:INCOMPLETE|FAILED)/, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(true),
    build: async (world) => { await segment(world, []); },
    break: async (world) => {
      await world.of('holder').run(`ip address del ${vip}/32 dev eth0`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    fix: async (world, finding) => { await world.apply(world.of('holder'), finding, `ip address add ${vip}/32 dev eth0`, /Bring the address up where it belongs/); },
    probe: ask,
  },
  {
    name: 'l2-holder-without-carrier', about: 'The switch port of the holder is down; the address stays on an interface that nobody reaches.',
    codes: ['L2-15', 'L2-05'], silent: ['L2-01', 'L2-14'], proof: /eth0.*(?:NO-CARRIER|LOWERLAYERDOWN|state DOWN)/, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(true),
    build: async (world) => { await segment(world, []); },
    break: async (world) => {
      await world.of('sw').run('ip link set to-holder down');
      await world.of('client').run('ip neigh flush dev eth0');
    },
    fix: async (world, finding) => { await world.apply(world.of('sw'), finding, 'ip link set to-holder up', /look at its cable, bond and switch port/); },
    probe: ask,
  },
  {
    name: 'l2-rp-filter-drops-arp', about: 'The holder would answer the client by another interface, so its strict reverse path filter drops the ARP requests.',
    codes: ['L2-12'], silent: ['L2-01', 'L2-05', 'RT-01'], proof: /martian source 10\.60\.0\.100 from 10\.60\.0\.1, on dev eth0/, needs: 'namespaces', programs: [], inTests: false, collectArguments: oneSample(false),
    build: async (world) => {
      await segment(world, ['far']);
      const holder = world.of('holder');
      await world.cable(holder, 'wan0', world.of('far'), 'wan0');
      await holder.run('ip address add 10.62.0.1/24 dev wan0 && sysctl -qw net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.all.log_martians=1 net.ipv4.conf.eth0.log_martians=1');
    },
    break: async (world) => {
      await world.of('holder').run('ip route add 10.60.0.1/32 via 10.62.0.9 dev wan0');
      await world.of('client').run('ip neigh flush dev eth0');
    },
    fix: async (world, finding) => {
      // The narrowest that also brings the answers back: they must leave by eth0.
      await world.apply(world.of('holder'), finding, 'sysctl -w net.ipv4.conf.eth0.rp_filter=2 && ip route replace 10.60.0.1/32 dev eth0', /Or route answers to 10\.60\.0\.1 by eth0/);
    },
    probe: ask,
  },
  {
    name: 'l2-vip-goes-with-primary', about: 'The address is secondary of the same network, and is removed together with the primary.',
    codes: ['L2-13'], silent: ['L2-02', 'L2-05'], proof: /10\.60\.0\.100\/24 .*secondary/, needs: 'namespaces', programs: [], quiet: true, inTests: false, collectArguments: oneSample(false),
    build: async (world) => { await segment(world, []); },
    break: async (world) => {
      await world.of('holder').run(`ip address del ${vip}/32 dev eth0; ip address add ${vip}/24 dev eth0 label eth0:vip; sysctl -qw net.ipv4.conf.all.promote_secondaries=0 net.ipv4.conf.eth0.promote_secondaries=0`);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    fix: async (world, finding) => {
      await world.apply(world.of('holder'), finding, 'sysctl -w net.ipv4.conf.eth0.promote_secondaries=1', /sysctl -w net\.ipv4\.conf\.eth0\.promote_secondaries=1/);
      // What a lease that is renewed does: the primary goes. The address must survive it now.
      await world.of('holder').run('ip address del 10.60.0.2/24 dev eth0');
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'l2-bridge-forgets-first', about: 'A bridge that does not flood forgets the MAC of a holder that says nothing for a while.',
    codes: ['L2-09'], silent: ['L2-01', 'L2-05', 'L2-15'], proof: /flood off/, needs: 'namespaces', programs: [], inTests: false, collectArguments: { ...oneSample(true), node1: ['-i', '0'] },
    build: async (world) => {
      // The bridge is part of the evidence here: a hypervisor with two machines.
      const node = await world.host('node1');
      await node.run('sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip link add br0 type bridge stp_state 0 mcast_snooping 0 ageing_time 200 && ip link set br0 up');
      for (const [name, address] of [['client', '10.60.0.1'], ['holder', '10.60.0.2']] as const) {
        const host = await world.host(name);
        await host.run('sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.ipv6.conf.all.disable_ipv6=1');
        await world.cable(host, 'eth0', node, `to-${name}`);
        await host.run(`ip address add ${address}/24 dev eth0`);
        await node.run(`ip link set to-${name} master br0 && bridge link set dev to-${name} flood off`);
      }
      const holder = world.of('holder');
      await holder.run(`ip address add ${vip}/32 dev eth0`);
      await holder.start('answer', 'node $LABS/programs/answer.ts 80');
      await holder.start('announce', `sh -c 'while :; do arping -q -U -c 1 -w 1 -I eth0 ${vip}; done'`);
    },
    break: async (world) => {
      await ask(world);
      await world.of('holder').run('kill $(cat /run/lab/announce.pid)');
      await world.of('client').run(`ip neigh replace ${vip} lladdr ${await macOf(world.of('holder'))} dev eth0 nud reachable`);
      await world.of('node1').until('! bridge fdb show dev to-holder | grep -v permanent | grep -q master', 10);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('holder'), finding, `nohup sh -c 'while :; do arping -q -U -c 1 -w 1 -I eth0 ${vip}; done' >/dev/null 2>&1 &`, /announce the address more often than the bridge forgets/);
    },
    probe: ask,
  },
];
