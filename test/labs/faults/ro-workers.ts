import type { Lab } from '../lab.ts';
import { addressOf, ask, configure, haproxy, member, network, oneSample, reload, rotate, shop } from './ro-network.ts';

const m1 = `server m1 ${addressOf('m1')}:8080`;
const base = { needs: 'namespaces', programs: ['haproxy', 'socat'], collectArguments: oneSample } as const;

const readiness = (words: string): string => `option httpchk GET /ready\n  ${m1} check ${words}`;

export const roWorkers: readonly Lab[] = [
  {
    ...base, name: 'ro-old-workers', about: 'A download that does not end keeps the HAProxy of before the reloads.',
    codes: ['RO-13'], silent: ['RO-14', 'RO-15', 'RO-17'], proof: /haproxy|worker/, quiet: true, inTests: false,
    build: async (world) => { await shop(world); },
    break: async (world) => {
      await member(world.of('m1'), 'slow', 600_000);
      const client = world.of('client');
      for (const name of ['one', 'two']) {
        await client.start(name, `curl -s --max-time 600 http://${addressOf('router')}/endless`);
        await world.of('m1').until(`[ $(ss -Htn state established sport = :8080 | wc -l) -ge ${name === 'one' ? '1' : '2'} ]`);
        await world.of('router').run(reload);
      }
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { global: 'hard-stop-after 500ms' });
      await world.apply(world.of('router'), finding, reload, /hard-stop-after/);
      // Those of before have the old setting: they are ended once, by hand.
      await world.of('router').run('for pid in $(echo "show proc" | socat - /run/haproxy-master.sock | awk "/old workers/ { old = 1 } /programs/ { old = 0 } old && \\$1 ~ /^[0-9]+\\$/ { print \\$1 }"); do kill $pid; done; sleep 1');
    },
    probe: (world) => ask(world, { path: '/quick' }),
  },
  {
    ...base, name: 'ro-foreign-signal', about: 'Somebody else\'s script tells the worker to finish: nobody serves any more.',
    codes: ['RO-14'], silent: ['RO-15', 'RO-13'], proof: /Current worker .*exited with code (?:0|143)/, inTests: false,
    build: async (world) => { await shop(world); },
    break: async (world) => {
      // What a script that signals by name does to this HAProxy; the master would take the signal as an order to stop.
      await world.of('router').run('for pid in $(cat /proc/$(cat /run/haproxy.pid)/task/*/children); do kill -USR1 $pid; done');
      await world.of('router').until('grep -q "Current worker" /var/log/haproxy.log');
    },
    fix: async (world, finding) => {
      const router = world.of('router');
      await router.run(rotate);
      await haproxy(router);
      await world.apply(router, finding, reload, /Reload through the master/);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-reload-storm', about: 'Something reloads HAProxy for every small change.',
    codes: ['RO-15'], silent: ['RO-14', 'RO-13'], proof: /Reloading HAProxy/, quiet: true, inTests: false,
    build: async (world) => {
      await network(world, ['m1']);
      await member(world.of('m1'));
      await configure(world.of('router'));
      await haproxy(world.of('router'), true);
    },
    break: async (world) => { for (let turn = 0; turn < 7; turn++) await world.of('router').run(reload); },
    fix: async (world, finding) => {
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, 'echo "set server shop/m1 weight 100%" | socat - /run/haproxy/admin.sock', /changes servers and maps at run time/);
    },
    probe: ask,
  },
  {
    ...base, name: 'ro-flap', about: 'A check fails now and then, so the only server goes and comes.',
    codes: ['RO-18'], silent: ['RO-07', 'RO-14', 'TL-14'], proof: /Server shop\/m1 is DOWN/, inTests: false,
    build: async (world) => { await shop(world, { backend: readiness('inter 100ms fall 1 rise 1') }); },
    break: async (world) => {
      await member(world.of('m1'), 'moody', 700);
      await world.of('router').until('[ $(grep -c "Server shop/m1 is DOWN" /var/log/haproxy.log) -ge 2 ] && [ $(grep -c "Server shop/m1 is UP" /var/log/haproxy.log) -ge 1 ]');
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { backend: readiness('inter 600ms fall 3 rise 2') });
      await world.of('router').run(rotate);
      await world.apply(world.of('router'), finding, reload, /an unstable one needs fall and rise.*fall 3 rise 2/);
    },
    probe: async (world) => {
      const { output } = await world.of('client').tries(`for i in 1 2 3 4 5 6 7 8; do curl -s -o /dev/null --max-time 3 -w '%{http_code} ' http://${addressOf('router')}/; sleep 0.2; done`);
      return /^(?:200 ){8}$/.test(output) ? { ok: true } : { ok: false, saw: output.trim() };
    },
  },
  {
    ...base, name: 'ro-admin-exposed', about: 'The admin socket listens on the network: everybody may stop servers.',
    codes: ['RO-19'], silent: ['RO-20'], proof: /stats socket ipv4@.* level admin/, inTests: false,
    build: async (world) => { await shop(world); },
    break: async (world) => {
      await configure(world.of('router'), { global: 'stats socket ipv4@:9999 level admin' });
      await world.of('router').run(reload);
    },
    fix: async (world, finding) => {
      await configure(world.of('router'));
      await world.apply(world.of('router'), finding, reload, /Bind it to a UNIX socket/);
    },
    probe: async (world) => {
      const { output } = await world.of('client').tries(`echo "show info" | socat -t 2 - TCP:${addressOf('router')}:9999,connect-timeout=2`);
      return /^Name: HAProxy/m.test(output) ? { ok: false, saw: 'a client asks the admin socket and is answered' } : { ok: true };
    },
  },
];
