import type { Lab, World } from '../lab.ts';
import { addressOf, configure, haproxy, network, oneSample, reload, rotate } from './ro-network.ts';

/** The balancer in front speaks to the router from these, as an address translator with a pool does. */
const pool = ['10.80.0.40', '10.80.0.41'] as const;
const tcp = 'mode tcp\n  option tcplog';
const handshake = `openssl s_client -connect ${addressOf('front')}:443 -noservername </dev/null 2>/dev/null | openssl x509 -noout -serial`;

async function front(world: World, balance: string): Promise<void> {
  await configure(world.of('front'), { defaults: tcp, frontend: 'bind :443\n  default_backend shop', backend: `balance ${balance}\n  ${pool.map((source, place) => `server r${String(place + 1)} ${addressOf('router')}:443 source ${source}`).join('\n  ')}` });
}

export const afTwoBalancers: readonly Lab[] = [
  {
    name: 'af-double-balancer', about: 'A balancer in front spreads one client over several source addresses, by which the router chooses the server: passthrough shows one certificate after the other.',
    codes: ['AF-01', 'TL-06'], silent: ['TL-02', 'TL-03', 'TL-08', 'AF-03'], proof: /balance source/, needs: 'namespaces', programs: ['haproxy', 'socat', 'openssl'], inTests: true,
    collectArguments: oneSample, typed: { client: [`for i in 1 2 3 4 5 6; do ${handshake}; done`] },
    build: async (world) => {
      await network(world, ['m1', 'm2', 'front']);
      for (const name of ['m1', 'm2']) {
        const host = world.of(name);
        await host.run('cd /tmp && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -keyout k.pem -out c.pem -subj /CN=shop.example.com 2>/dev/null');
        await host.start('site', 'openssl s_server -accept 443 -cert /tmp/c.pem -key /tmp/k.pem -www -quiet');
        await host.until('ss -ltn | grep -q ":443 "');
      }
      await world.of('front').run(pool.map((source) => `ip address add ${source}/32 dev eth0`).join('; '));
      await configure(world.of('router'), { defaults: tcp, frontend: 'bind :443\n  default_backend shop', backend: `balance source\n  server m1 ${addressOf('m1')}:443\n  server m2 ${addressOf('m2')}:443` });
      await front(world, 'source');
      for (const name of ['router', 'front']) await haproxy(world.of(name));
    },
    break: async (world) => {
      await front(world, 'roundrobin');
      await world.of('front').run(reload);
    },
    fix: async (world, finding) => {
      await front(world, 'source');
      for (const name of ['router', 'front']) await world.of(name).run(rotate);
      await world.apply(world.of('front'), finding, reload, /source hash instead of round robin/);
    },
    probe: async (world) => {
      const output = await world.of('client').run(`for i in 1 2 3 4 5 6; do ${handshake}; done`);
      const serials = output.trim().split('\n');
      return serials.length === 6 && new Set(serials).size === 1 ? { ok: true } : { ok: false, saw: `certificates in turn: ${serials.map((each) => each.slice(-4)).join(' ')}` };
    },
  },
];
