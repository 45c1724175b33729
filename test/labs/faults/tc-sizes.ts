import type { Lab, Probe, World } from '../lab.ts';
import { asked, boxBetween, server } from './two-networks.ts';

const collectArguments = { client: ['-i', '0'] } as const;
const common = { needs: 'namespaces', programs: ['iptables'], inTests: false, collectArguments } as const;

/** The client's side is narrow (1400), and the client claims full segments, as clients behind a tunnel do whose end is elsewhere. */
async function narrowPath(world: World): Promise<void> {
  await boxBetween(world);
  const far = world.of('server');
  await far.start('page', 'node $LABS/programs/page.ts 8080');
  await far.until('ss -ltn | grep -q ":8080 "');
  await world.of('box').run('ip link set near0 mtu 1400');
  await world.of('client').run('ip route replace default via 10.83.0.254 advmss 1460');
}

/** Small answers always arrive; what a user sees is the big page that does not. */
async function bigPage(world: World): Promise<Probe> {
  const small = await asked(world.of('client'), `http://${server}:8080/10`);
  if (!small.ok) return { ok: false, saw: `not even a small page: ${small.saw}` };
  return asked(world.of('client'), `http://${server}:8080/7000`, '--output /run/page');
}

/** A big page under way while the evidence is collected. */
async function waitsForPage(world: World): Promise<void> {
  await world.of('client').start('waiting', `curl -sS --max-time 60 --output /run/waiting http://${server}:8080/7000`);
  await world.of('server').until('ss -tin | grep -q "backoff:[2-9]"');
}

export const tcSizes: readonly Lab[] = [
  {
    ...common, name: 'tc-icmp-dropped', about: 'The path is narrower than the server believes, and its rules drop the message that says so.',
    codes: ['TC-01'], silent: ['TC-02', 'FW-03', 'L2-01', 'TC-06'], proof: /sacked:\d/, inTests: true,
    build: narrowPath,
    break: async (world) => {
      await world.of('server').run('iptables -A INPUT -p icmp -j DROP; ip route flush cache');
      await waitsForPage(world);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('server'), finding, 'iptables -I INPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT', /iptables -I INPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT/);
      await world.of('server').until('! ss -tin | grep -q backoff', 20);
    },
    probe: bigPage,
  },
  {
    ...common, name: 'tc-silent-box', about: 'A box with a narrow side says nothing about packets that are too big.',
    codes: ['TC-01'], silent: ['TC-02', 'FW-03', 'L2-01', 'TC-06'], proof: /sacked:\d/,
    build: narrowPath,
    break: async (world) => {
      await world.of('box').run('iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP');
      await world.of('server').run('ip route flush cache');
      await waitsForPage(world);
    },
    fix: async (world, finding) => {
      // For connections to come, and for the one under way: the clamp comes too late for it.
      await world.apply(world.of('server'), finding, 'sysctl -w net.ipv4.tcp_mtu_probing=1', /sysctl -w net\.ipv4\.tcp_mtu_probing=1/);
      await world.apply(world.of('box'), finding, 'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu', /iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu/);
      await world.of('server').until('! ss -tin | grep -q backoff', 20);
    },
    probe: bigPage,
  },
];
