import type { Lab, World } from '../lab.ts';
import { answers } from './l2-segment.ts';
import { asked, giveUp, keepTrying, once } from './two-networks.ts';

const address = 'http://10.87.0.2/';

/** A machine with two virtual machines on one bridge, whose IP rules also see what only passes the bridge. */
async function twoOnOneBridge(world: World): Promise<void> {
  const box = await world.host('box');
  await box.run('ip link add br0 type bridge stp_state 0 mcast_snooping 0 && ip link set br0 up && sysctl -qw net.bridge.bridge-nf-call-iptables=1');
  for (const [name, own] of [['client', '10.87.0.1'], ['server', '10.87.0.2']] as const) {
    const host = await world.host(name);
    await world.cable(host, 'eth0', box, `tap-${name}`);
    await host.run(`ip address add ${own}/24 dev eth0`);
    await box.run(`ip link set tap-${name} master br0`);
  }
  await answers(world.of('server'));
}

export const fwBridge: readonly Lab[] = [
  {
    name: 'fw-bridge-policy', about: 'A program set the policy of FORWARD to DROP, and machines on one bridge no longer reach each other.',
    codes: ['FW-06'], silent: ['FW-01', 'FW-02', 'L2-01', 'L2-05', 'RT-02'], proof: /:FORWARD DROP/, needs: 'namespaces', programs: ['iptables'], inTests: true, collectArguments: once,
    build: twoOnOneBridge,
    break: async (world) => {
      await world.of('box').run('iptables -P FORWARD DROP');
      await keepTrying(world.of('client'), address);
    },
    fix: async (world, finding) => {
      await giveUp(world.of('client'));
      await world.apply(world.of('box'), finding, finding.fixes[0]?.command ?? 'false', /iptables -I FORWARD -m physdev --physdev-is-bridged -i br0 -o br0 -j ACCEPT/);
    },
    probe: async (world) => asked(world.of('client'), address),
  },
];
