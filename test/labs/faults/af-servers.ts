import type { Lab, Probe, World } from '../lab.ts';
import { addressOf, configure, haproxy, member, network, oneSample, reload, rotate } from './ro-network.ts';

const shop = 'shop.example.com';
const base = { needs: 'namespaces', programs: ['haproxy', 'socat', 'openssl'], collectArguments: oneSample } as const;
const cookies = (one: string, two: string): string => `server m1 ${addressOf('m1')}:8080 cookie ${one}\n  server m2 ${addressOf('m2')}:8080 cookie ${two}`;
const insert = (words = ''): string => `cookie SRV insert indirect nocache ${words}\n  balance roundrobin\n  `;
const weights = `server m1 ${addressOf('m1')}:8080 weight 100\n  server m2 ${addressOf('m2')}:8080 weight 156`;
const plain = `server m1 ${addressOf('m1')}:8080\n  server m2 ${addressOf('m2')}:8080`;

/** Two members behind the router, and behind `other` where there is one. */
async function two(world: World, backend: string, others: readonly string[] = []): Promise<void> {
  await network(world, ['m1', 'm2', ...others]);
  for (const name of ['m1', 'm2']) await member(world.of(name));
  for (const name of ['router', ...others]) {
    await configure(world.of(name), { backend });
    await haproxy(world.of(name));
  }
}

/** Members that answered requests of one browser, which keeps its cookies, to these routers in turn. */
async function met(world: World, routers: readonly string[], jar = '-c /tmp/jar -b /tmp/jar'): Promise<readonly string[]> {
  const asks = routers.map((name) => `curl -s --max-time 5 ${jar} --resolve ${shop}:80:${addressOf(name)} http://${shop}/`);
  return (await world.of('client').run(asks.join('; '))).trim().split('\n').map((line) => line.split(' ', 1)[0] ?? '');
}

function one(members: readonly string[]): Probe {
  return new Set(members).size === 1 && /^m[12]$/.test(members[0] ?? '') ? { ok: true } : { ok: false, saw: `one client was answered by ${members.join(', ')}` };
}

/** Requests of one connection: how many each member answered. */
async function shares(world: World, times: number): Promise<Probe> {
  const output = await world.of('client').run(`curl -s --max-time 15 'http://${addressOf('router')}/[1-${String(times)}]'`);
  const first = output.split('\n').filter((line) => line.startsWith('m1 ')).length;
  const share = first / times;
  return share > 0.3 && share < 0.6 ? { ok: true } : { ok: false, saw: `m1 answered ${String(first)} of ${String(times)} requests` };
}

export const afServers: readonly Lab[] = [
  {
    ...base, name: 'af-one-key', about: 'The router hashes the source, and everybody comes from one address: one of two servers gets nothing.',
    codes: ['AF-02'], silent: ['AF-01', 'AF-07', 'RO-06'], proof: /balance source/, inTests: false,
    build: async (world) => { await two(world, `balance leastconn\n  ${plain}`); },
    break: async (world) => {
      await configure(world.of('router'), { backend: `balance source\n  ${plain}` });
      await world.of('router').run(`${rotate}; ${reload}`);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: `balance leastconn\n  ${plain}` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /balance leastconn/);
    },
    probe: (world) => shares(world, 20),
  },
  {
    ...base, name: 'af-cookie-per-router', about: 'Two routers give one server different cookies: whoever changes the router changes the server.',
    codes: ['AF-03'], silent: ['AF-04', 'AF-06'], proof: /server m1 .* cookie/, inTests: false,
    build: async (world) => { await two(world, insert() + cookies('s1', 's2'), ['other']); },
    break: async (world) => {
      await configure(world.of('other'), { backend: insert() + cookies('s2', 's1') });
      await world.of('other').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('other'), { backend: insert() + cookies('s1', 's2') });
      await world.apply(world.of('other'), finding, reload, /give the routers one configuration/);
    },
    probe: async (world) => one(await met(world, ['router', 'other', 'router', 'other'])),
  },
  {
    ...base, name: 'af-cookie-of-a-gone-server', about: 'The cookies are numbered anew at each change: those that clients have name no server.',
    codes: ['AF-04'], silent: ['AF-03', 'RO-07'], proof: / --I[A-Z] /, inTests: false,
    build: async (world) => {
      await two(world, insert() + cookies('s1', 's2'));
      await world.of('client').run(`curl -s -o /dev/null -c /tmp/jar --resolve ${shop}:80:${addressOf('router')} http://${shop}/`);
    },
    break: async (world) => {
      await configure(world.of('router'), { backend: insert() + cookies('s3', 's4') });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: insert() + cookies('s1', 's2') });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /keep the values stable/);
    },
    probe: async (world) => one(await met(world, ['router', 'router', 'router', 'router'], '-b /tmp/jar')),
  },
  {
    ...base, name: 'af-cookie-not-returned', about: 'The cookie is marked Secure and the site is plain HTTP: browsers never send it back.',
    codes: ['AF-06'], silent: ['AF-03', 'AF-04'], proof: / --NI /, inTests: false,
    build: async (world) => { await two(world, insert() + cookies('s1', 's2')); },
    break: async (world) => {
      await configure(world.of('router'), { backend: insert('secure') + cookies('s1', 's2') });
      await world.of('router').run(`${rotate}; ${reload}`);
      await world.of('client').run('rm -f /tmp/jar');
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: insert() + cookies('s1', 's2') });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /"Secure" over plain HTTP/);
    },
    probe: async (world) => one(await met(world, ['router', 'router', 'router', 'router', 'router', 'router'])),
  },
  {
    ...base, name: 'af-weights-ignored', about: 'The servers have weights, and "balance source" with one client deals all to one.',
    codes: ['AF-07'], silent: ['AF-01', 'AF-03'], proof: /weight 1(?:00|56)/, inTests: false,
    build: async (world) => { await two(world, `balance roundrobin\n  ${weights}`); },
    break: async (world) => {
      await configure(world.of('router'), { backend: `balance source\n  ${weights}` });
      await world.of('router').run(`${rotate}; ${reload}`);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: `balance roundrobin\n  ${weights}` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /balance roundrobin/);
    },
    probe: (world) => shares(world, 120),
  },
];
