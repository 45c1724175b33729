import type { Lab } from '../lab.ts';
import { addressOf, ask, configure, member, oneSample, reload, shop, stopMember } from './ro-network.ts';

const base = { needs: 'namespaces', programs: ['haproxy', 'socat'], collectArguments: oneSample, inTests: false, build: shop, probe: ask } as const;

export const tcRouter: readonly Lab[] = [
  {
    ...base, name: 'tc-frontend-limit', about: 'Idle clients hold every connection that the frontend may have.',
    codes: ['TC-05'], silent: ['TC-02', 'TC-04', 'RO-10'], proof: /^public,FRONTEND,/,
    build: async (world) => { await shop(world, { frontend: 'maxconn 4\n  default_backend shop' }); },
    break: async (world) => {
      await world.of('client').start('idle', `node -e "for (let each = 0; each < 4; each++) require('net').connect(80, '${addressOf('router')}').on('error', () => {}); setTimeout(() => {}, 60000)"`);
      await world.of('router').until('echo "show stat" | socat stdio /run/haproxy/admin.sock | grep "^public,FRONTEND" | cut -d, -f5 | grep -q "^4$"');
    },
    fix: async (world, finding) => {
      await configure(world.of('router'), { frontend: 'maxconn 400\n  default_backend shop' });
      // Connections that stay keep the old process.
      await world.of('client').run('kill $(cat /run/lab/idle.pid)');
      await world.apply(world.of('router'), finding, reload, /Raise the limit.*maxconn/);
    },
    // One of the queue's places is taken by each that waits: few, and short.
    probe: (world) => ask(world, { times: 1, seconds: 1 }),
  },
  {
    ...base, name: 'tc-listens-on-loopback', about: 'The member was restarted with a setting that lets it listen on 127.0.0.1 only.',
    codes: ['TC-08'], silent: ['RO-06', 'FW-07', 'TC-09'], proof: /LISTEN .* 127\.0\.0\.1:8080/,
    build: async (world) => { await shop(world); },
    break: async (world) => {
      await stopMember(world.of('m1'));
      await world.of('m1').start('narrow', 'node $LABS/programs/answer.ts 8080 127.0.0.1');
      await world.of('m1').until('ss -ltn | grep -q "127.0.0.1:8080 "');
    },
    fix: async (world, finding) => {
      const host = world.of('m1');
      await host.run('kill $(cat /run/lab/narrow.pid); while ss -ltn | grep -q ":8080 "; do sleep 0.05; done');
      await world.apply(host, finding, 'true', new RegExp(`listen on ${addressOf('m1').replaceAll('.', '\\.')}`));
      await member(host);
    },
  },
  {
    ...base, name: 'tc-translated-away', about: 'A translation rule of another ingress takes the connections before HAProxy sees them.',
    codes: ['TC-09'], silent: ['TC-08', 'FW-01', 'RO-06'], proof: /-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8081/, programs: ['haproxy', 'socat', 'iptables'],
    build: async (world) => { await shop(world); },
    break: async (world) => { await world.of('router').run('iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8081'); },
    fix: async (world, finding) => { await world.apply(world.of('router'), finding, 'iptables -t nat -D PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8081', /Stop the other one there.*iptables-save -t nat/); },
  },
];
