import type { Lab, World } from '../lab.ts';
import { addressOf, ask, configure, haproxy, member, network, oneSample, reload, rotate, shop, stopMember } from './ro-network.ts';

const m1 = `server m1 ${addressOf('m1')}:8080`;
const checked = `${m1} check inter 200ms fall 2 rise 1`;
const base = { needs: 'namespaces', programs: ['haproxy', 'socat'], collectArguments: oneSample } as const;

/** The member is well again, and so is the log from now on. */
async function well(world: World): Promise<void> {
  await member(world.of('m1'));
  await world.of('router').run(rotate);
}

export const roServers: readonly Lab[] = [
  {
    ...base, name: 'ro-all-down', about: 'The only server of a backend is stopped, its check takes it out, and every request gets 503.',
    codes: ['RO-06'], silent: ['RO-01', 'RO-07', 'RO-18', 'TL-14'], proof: /shop\/<NOSRV> .* 503 .* SC--/, inTests: true,
    build: async (world) => { await shop(world, { backend: checked }); },
    break: async (world) => {
      await stopMember(world.of('m1'));
      await world.of('router').until('grep -q "has no server available" /var/log/haproxy.log');
    },
    fix: async (world, finding) => {
      await world.apply(world.of('router'), finding, 'echo "show servers state shop" | socat stdio /run/haproxy/admin.sock', /show servers state/);
      await well(world);
      await world.of('router').until('echo "show stat" | socat stdio /run/haproxy/admin.sock | grep "^shop,m1," | grep -q ",UP,"');
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-no-servers', about: 'A backend lost its last server line; the reload went through and every request gets 503.',
    codes: ['RO-06'], silent: ['RO-01', 'RO-07'], proof: /shop\/<NOSRV> .* 503 .* SC--/, inTests: false,
    build: async (world) => { await shop(world); },
    break: async (world) => {
      await configure(world.of('router'), { backend: '# no endpoint' });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'));
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /if there are none, look at the Service's endpoints/);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-refused', about: 'The program of a server without checks died: its kernel refuses, and HAProxy answers 503 after its retries.',
    codes: ['RO-07'], silent: ['RO-06', 'RO-08', 'RO-09'], proof: /shop\/m1 \d+\/\d+\/-1\/-1\/\d+ 503 .* SC--/, inTests: true,
    build: async (world) => { await shop(world); },
    break: async (world) => { await stopMember(world.of('m1')); },
    fix: async (world, finding) => {
      await world.apply(world.of('router'), finding, `! socat -T 1 - TCP:${addressOf('m1')}:8080,connect-timeout=3 </dev/null`, /nobody listens on that port/);
      await well(world);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-connect-timeout', about: 'A packet filter on the server drops the router\'s connections: HAProxy answers 503 after its time-out.',
    codes: ['RO-07'], silent: ['RO-06', 'RO-08', 'RO-09'], proof: /shop\/m1 \d+\/\d+\/-1\/-1\/\d+ 503 .* sC--/, programs: ['haproxy', 'socat', 'nft'], inTests: false,
    build: async (world) => { await shop(world, { defaults: 'timeout connect 1s' }); },
    break: async (world) => { await world.of('m1').run('nft add table inet f && nft add chain inet f in "{ type filter hook input priority 0; }" && nft add rule inet f in tcp dport 8080 counter drop'); },
    fix: async (world, finding) => {
      await world.apply(world.of('m1'), finding, 'nft delete table inet f', /Timed out: a packet filter/);
      await world.of('router').run(rotate);
    },
    probe: (world) => ask(world, { times: 1, seconds: 5 }),
  },
  {
    ...base, name: 'ro-slow', about: 'A server takes longer than timeout server: 504.',
    codes: ['RO-08'], silent: ['RO-06', 'RO-07', 'RO-09', 'RO-10', 'RO-11'], proof: /shop\/m1 \d+\/\d+\/\d+\/-1\/\d+ 504 .* sH--/, inTests: false,
    build: async (world) => { await shop(world, { backend: `timeout server 800ms\n  ${m1}` }); },
    break: async (world) => { await member(world.of('m1'), 'slow', 2000); },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: `timeout server 10s\n  ${m1}` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /allow it for this route only.*timeout server in the backend/);
    },
    probe: (world) => ask(world, { times: 1, seconds: 5 }),
  },
  {
    ...base, name: 'ro-closed-early', about: 'A server accepts and hangs up without an answer: 502.',
    codes: ['RO-09'], silent: ['RO-06', 'RO-07', 'RO-08', 'RO-12', 'TL-14'], proof: /shop\/m1 .* 502 .* SH--/, inTests: false,
    build: async (world) => {
      await network(world, ['m1', 'm2']);
      await member(world.of('m1'));
      await member(world.of('m2'));
      await configure(world.of('router'), { backend: m1 });
      await haproxy(world.of('router'));
    },
    break: async (world) => { await member(world.of('m1'), 'closes'); },
    fix: async (world, finding) => {
      // The request is repeated, on the other server.
      await configure(world.of('router'), { backend: `retry-on empty-response conn-failure\n  option redispatch 1\n  ${m1}\n  server m2 ${addressOf('m2')}:8080` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /retry-on empty-response conn-failure/);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-queue', about: 'A server takes one connection at a time and is slow: the others wait in the queue, and get 503.',
    codes: ['RO-10'], silent: ['RO-06', 'RO-07', 'RO-08', 'RO-11'], proof: /shop\/(?:<NOSRV>|m1) \d+\/\d+\/-1\/-1\/\d+ 503 .* sQ--/, inTests: false,
    build: async (world) => {
      await shop(world, { defaults: 'timeout queue 400ms', backend: `${m1} maxconn 20` });
      await member(world.of('m1'), 'slow', 800);
    },
    break: async (world) => {
      await configure(world.of('router'), { defaults: 'timeout queue 400ms', backend: `${m1} maxconn 1` });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { defaults: 'timeout queue 400ms', backend: `${m1} maxconn 200` });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /Raise the limit.*maxconn 200/);
    },
    probe: async (world) => {
      const { output } = await world.of('client').tries(`for i in 1 2 3 4 5; do curl -s -o /dev/null --max-time 8 -w '%{http_code} ' http://${addressOf('router')}/ & done; wait`);
      return /^(?:200 ){5}$/.test(output) ? { ok: true } : { ok: false, saw: output.trim() };
    },
  },
];
