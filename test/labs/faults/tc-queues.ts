import type { Host, Lab, World } from '../lab.ts';
import { asked } from './two-networks.ts';

const address = '10.88.0.2';
const web = `http://${address}/`;
const common = { needs: 'namespaces', programs: [], inTests: false, probe: async (world: World) => asked(world.of('visitor'), web) } as const;
const now = { client: ['-i', '0'], visitor: ['-i', '0'] } as const;

/** `client`, `visitor` and `server` on one switch; the server's program lets few connections wait. */
async function smallQueue(world: World): Promise<void> {
  const wire = await world.switch('sw');
  for (const [place, name] of (['client', 'server', 'visitor'] as const).entries()) {
    const host = await world.host(name);
    await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add 10.88.0.${String(place + 1)}/24 dev eth0`);
  }
  await serve(world.of('server'));
}

async function serve(host: Host): Promise<void> {
  await host.start('web', `node -e "require('http').createServer((_, answer) => answer.end('here')).listen({ port: 80, host: '0.0.0.0', backlog: 3 })"`);
  await host.until('ss -ltn | grep -q ":80 "');
}

/** Opens that many connections, one every so many milliseconds, and keeps them. */
function opens(count: number, every = 0): string {
  return `node -e "for (let each = 0; each < ${String(count)}; each++) setTimeout(() => require('net').connect(80, '${address}').on('error', () => {}), each * ${String(every)}); setTimeout(() => {}, 60000)"`;
}

export const tcQueues: readonly Lab[] = [
  {
    ...common, name: 'tc-program-hangs', about: 'The program hangs and accepts nothing, so the queue of its listener is full.',
    codes: ['TC-02'], silent: ['TC-01', 'TC-03', 'CT-01', 'FW-01'], proof: /LISTEN +4 +3 +0\.0\.0\.0:80/, collectArguments: now,
    build: smallQueue,
    break: async (world) => {
      await world.of('server').run('kill -STOP $(cat /run/lab/web.pid)');
      await world.of('client').start('many', opens(12));
      await world.of('server').until('ss -ltn | grep -qE "LISTEN +4 +3 "');
    },
    fix: async (world, finding) => {
      await world.apply(world.of('server'), finding, 'kill -CONT $(cat /run/lab/web.pid)', /why the program does not accept: blocked/);
      await world.of('client').run('kill $(cat /run/lab/many.pid)');
    },
  },
  {
    ...common, name: 'tc-half-open', about: 'Somebody opens connections and never finishes, and without SYN cookies nobody else gets in.',
    codes: ['TC-03'], silent: ['TC-01', 'TC-02', 'CT-01'], proof: /possible SYN flooding on port 0\.0\.0\.0:80/i, programs: ['iptables'], collectArguments: now,
    build: async (world) => {
      await smallQueue(world);
      await world.of('server').run('sysctl -qw net.ipv4.tcp_syncookies=0 net.ipv4.tcp_synack_retries=1');
    },
    break: async (world) => {
      await world.of('client').run('iptables -A INPUT -p tcp --sport 80 -j DROP');
      await world.of('client').start('many', opens(30));
      await world.of('server').until('[ "$(ss -Htn state syn-recv | wc -l)" -ge 3 ]');
    },
    fix: async (world, finding) => {
      await world.apply(world.of('server'), finding, 'sysctl -w net.ipv4.tcp_max_syn_backlog=8192 net.ipv4.tcp_syncookies=1', /sysctl -w net\.ipv4\.tcp_max_syn_backlog=8192 net\.ipv4\.tcp_syncookies=1/);
      await world.apply(world.of('client'), finding, 'kill $(cat /run/lab/many.pid)', /Find who opens and does not finish/);
      await world.of('server').until('[ "$(ss -Htn state syn-recv | wc -l)" = 0 ]', 15);
    },
  },
  {
    ...common, name: 'tc-no-port-left', about: 'A client has six local ports, and its program keeps a connection on each.',
    codes: ['TC-04'], silent: ['TC-02', 'TC-03', 'TC-05', 'FW-01'], proof: /10\.88\.0\.1:4000\d +10\.88\.0\.2:80/, inTests: true, collectArguments: { ...now, server: ['-i', '0'] },
    build: async (world) => {
      await smallQueue(world);
      // The port of a connection that was closed would not be shown, and be missing all the same.
      await world.of('client').run('sysctl -qw net.ipv4.ip_local_port_range="40000 40005" net.ipv4.tcp_max_tw_buckets=0');
    },
    break: async (world) => {
      // One after the other: the server lets few wait.
      await world.of('client').start('many', opens(6, 50));
      await world.of('client').until(`[ "$(ss -Htn state established dst ${address} | wc -l)" = 6 ]`);
    },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, 'sysctl -w net.ipv4.ip_local_port_range="10240 65535"', /sysctl -w net\.ipv4\.ip_local_port_range="10240 65535"/); },
    probe: async (world) => asked(world.of('client'), web),
  },
];
