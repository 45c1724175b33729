import type { Lab } from '../lab.ts';
import { answers } from './l2-segment.ts';
import { ask, boxBetween, server } from './two-networks.ts';

/** A connection of the client that stays open while the evidence is collected. */
const holdOpen = `node -e "require('net').connect(80, '${server}').on('error', () => {}); setTimeout(() => {}, 60000)"`;

const quick = (asks: Readonly<Record<string, string>> = {}): NonNullable<Lab['collectArguments']> =>
  Object.fromEntries(['client', 'box', 'server', 'detour'].map((name) => [name, asks[name] === undefined ? ['-i', '0'] : ['-i', '0', '-a', asks[name]]]));

/**
 * The client calls from 10.82.0.9 by front0, and the server's way back to that address is back0. The kernel logs what it drops where it was told to;
 * else a counter is all there is, which needs traffic between the two samples.
 */
function reversePath(name: string, logged: boolean, more: Pick<Lab, 'proof' | 'inTests' | 'collectArguments'>): Lab {
  return {
    name, about: `A server with two networks takes packets by one and would answer by the other; its filter is strict, and ${logged ? 'logs what it drops' : 'only counts'}.`,
    codes: ['RT-01'], silent: ['L2-12', 'RT-02', 'RT-05'], needs: 'namespaces', programs: [], ...more,
    build: async (world) => {
      await Promise.all(['client', 'server'].map((host) => world.host(host)));
      const [client, far] = [world.of('client'), world.of('server')];
      await world.cable(client, 'eth0', far, 'front0');
      await world.cable(client, 'eth1', far, 'back0');
      await client.run(`sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0
        ip address add 10.83.0.1/24 dev eth0 && ip address add 10.85.0.1/24 dev eth1 && ip address add 10.82.0.9/32 dev lo && ip route add ${server}/32 via 10.83.0.2`);
      await far.run(`sysctl -qw net.ipv4.conf.front0.log_martians=${logged ? '1' : '0'} net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.front0.rp_filter=2 net.ipv4.conf.back0.rp_filter=0
        ip address add 10.83.0.2/24 dev front0 && ip address add 10.85.0.2/24 dev back0 && ip address add ${server}/32 dev lo && ip route add 10.82.0.9/32 via 10.85.0.1`);
      await answers(far);
      if (!logged) await client.start('traffic', `sh -c 'while :; do curl -s --interface 10.82.0.9 --max-time 0.3 http://${server}/; sleep 0.2; done'`);
    },
    break: async (world) => { await world.of('server').run('sysctl -qw net.ipv4.conf.front0.rp_filter=1'); },
    fix: async (world, finding) => { await world.apply(world.of('server'), finding, finding.fixes[0]?.command ?? 'false', /sysctl -w net\.ipv4\.conf\.front0\.rp_filter=2/); },
    probe: async (world) => {
      const { code, output } = await world.of('client').tries(`curl -sS --interface 10.82.0.9 --max-time 1 http://${server}/`);
      return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
    },
  };
}

export const rtWays: readonly Lab[] = [
  reversePath('rt-reverse-path-filter', true, { proof: /martian source 10\.84\.0\.2 from 10\.82\.0\.9, on dev front0/, inTests: true, collectArguments: quick() }),
  reversePath('rt-reverse-path-counter', false, { proof: /^TcpExt: \d/, inTests: false }),
  {
    name: 'rt-gateway-does-not-forward', about: 'The host that both sides use as their gateway does not forward.',
    codes: ['RT-02'], silent: ['RT-01', 'RT-05', 'FW-01'], proof: /net\.ipv4\.ip_forward = 0/, needs: 'namespaces', programs: [], inTests: false, collectArguments: quick(),
    build: (world) => boxBetween(world),
    break: async (world) => { await world.of('box').run('sysctl -qw net.ipv4.ip_forward=0'); },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, finding.fixes[0]?.command ?? 'false', /^Turn forwarding on .* sysctl -w net\.ipv4\.ip_forward=1$/); },
    probe: ask,
  },
  {
    name: 'rt-device-does-not-forward', about: 'Forwarding is on, but not for the device by which the client\'s packets come in.',
    codes: ['RT-02'], silent: ['RT-01', 'RT-05'], proof: /net\.ipv4\.conf\.near0\.forwarding = 0/, needs: 'namespaces', programs: [], inTests: false, collectArguments: quick(),
    build: (world) => boxBetween(world),
    break: async (world) => { await world.of('box').run('sysctl -qw net.ipv4.conf.near0.forwarding=0'); },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, finding.fixes[0]?.command ?? 'false', /^Turn forwarding on .* sysctl -w net\.ipv4\.conf\.near0\.forwarding=1$/); },
    probe: ask,
  },
  {
    name: 'rt-answer-bypasses-the-filter', about: 'The server got a leg in the client\'s network, so its answers bypass the box that tracks connections.',
    codes: ['RT-03'], silent: ['RT-01', 'RT-02', 'RT-05', 'L2-02'], proof: /SYN_SENT.*\[UNREPLIED\]/, needs: 'namespaces', programs: ['iptables', 'conntrack'], inTests: true, collectArguments: quick(),
    build: async (world) => {
      await boxBetween(world);
      const shortcut = await world.switch('sw');
      await world.cable(world.of('server'), 'leg0', shortcut, 'to-server');
      await world.cable(world.of('client'), 'leg0', shortcut, 'to-client');
      await world.of('server').run('sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.leg0.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0');
      await world.of('client').run('sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.leg0.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0');
      await world.of('box').run('iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP');
    },
    break: async (world) => {
      await world.of('server').run('ip address add 10.86.0.2/24 dev leg0');
      await world.of('client').run('ip address add 10.86.0.1/24 dev leg0');
      await world.of('server').run('ip route add 10.83.0.1/32 via 10.86.0.1');
      await world.of('client').start('open', holdOpen);
      await world.of('client').until(`ss -tn state established | grep -q ${server}:80`);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('server'), finding, 'ip route add default via 10.84.0.254 table 100 && ip rule add from 10.84.0.2 lookup 100', /Send the answers back through box \(a policy route on the server\)/);
      await world.of('client').run('kill $(cat /run/lab/open.pid)');
      // Half of the old connection may stay in the table for two minutes; who fixes this at night would see it as well, and wait.
      await world.of('box').run('conntrack -F 2>&1');
    },
    probe: ask,
  },
  {
    name: 'rt-no-way-back', about: 'The server lost its default route and cannot answer anybody beyond its own network.',
    codes: ['RT-05'], silent: ['RT-01', 'RT-02', 'L2-05'], proof: /unreachable/, needs: 'namespaces', programs: [], inTests: false, collectArguments: quick({ server: '10.83.0.1' }),
    build: (world) => boxBetween(world),
    break: async (world) => { await world.of('server').run('ip route del default'); },
    fix: async (world, finding) => { await world.apply(world.of('server'), finding, 'ip route add default via 10.84.0.254', /Add the route that is missing/); },
    probe: ask,
  },
  {
    name: 'rt-policy-table-empty', about: 'A policy rule sends the server\'s answers to a table whose routes went with a restart of the interface.',
    codes: ['RT-05'], silent: ['RT-01', 'RT-02'], proof: /lookup 100/, needs: 'namespaces', programs: [], inTests: true, collectArguments: quick(),
    build: async (world) => {
      await boxBetween(world);
      await world.of('server').run('ip route del default && ip route add default via 10.84.0.254 table 100 && ip rule add from 10.84.0.2 lookup 100');
    },
    break: async (world) => { await world.of('server').run('ip link set eth0 down && ip link set eth0 up'); },
    fix: async (world, finding) => { await world.apply(world.of('server'), finding, 'ip route add default via 10.84.0.254 table 100', /Add the route that is missing/); },
    probe: ask,
  },
  {
    name: 'rt-prohibited', about: 'A prohibit route on the box, left over from a migration, refuses the server\'s network.',
    codes: ['RT-05'], silent: ['RT-01', 'RT-02'], proof: /RTNETLINK answers: Permission denied/, needs: 'namespaces', programs: [], inTests: false, collectArguments: quick({ box: server }),
    build: (world) => boxBetween(world),
    break: async (world) => { await world.of('box').run(`ip route add prohibit ${server}/32`); },
    fix: async (world, finding) => { await world.apply(world.of('box'), finding, `ip route del prohibit ${server}/32`, /take away the rule or route that refuses/); },
    probe: ask,
  },
  {
    name: 'rt-detour', about: 'The client\'s gateway is a router that sends everything back to another router of the same network, with redirects.',
    codes: ['RT-06'], silent: ['RT-02', 'RT-05', 'L2-01'], proof: /Redirect/, needs: 'namespaces', programs: [], quiet: true, inTests: false, collectArguments: quick({ client: server }),
    build: async (world) => {
      const wire = await world.switch('sw');
      await Promise.all(['client', 'box', 'detour', 'server'].map((name) => world.host(name)));
      for (const [name, address] of [['client', '10.83.0.1'], ['box', '10.83.0.254'], ['detour', '10.83.0.253']] as const) {
        await world.cable(world.of(name), 'eth0', wire, `to-${name}`);
        await world.of(name).run(`ip address add ${address}/24 dev eth0 && sysctl -qw net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.eth0.accept_redirects=0`);
      }
      const [client, box, detour, far] = [world.of('client'), world.of('box'), world.of('detour'), world.of('server')];
      await world.cable(far, 'eth0', box, 'far0');
      await far.run('ip address add 10.84.0.2/24 dev eth0 && ip route add default via 10.84.0.254');
      await box.run('ip address add 10.84.0.254/24 dev far0 && sysctl -qw net.ipv4.ip_forward=1');
      await detour.run('ip route add 10.84.0.0/24 via 10.83.0.254 && sysctl -qw net.ipv4.ip_forward=1');
      await client.run('ip route add default via 10.83.0.254');
      await answers(far);
    },
    break: async (world) => { await world.of('client').run('ip route replace default via 10.83.0.253'); },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, 'ip route replace default via 10.83.0.254', /Correct the route or neighbour entry on client/); },
    probe: ask,
  },
];
