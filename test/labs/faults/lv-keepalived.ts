import type { Host, Lab, World } from '../lab.ts';
import { ask, oneSegment, quietAddress, serve, serverAddresses, servers, vip } from './lv-networks.ts';
import type { Server } from './lv-networks.ts';

const once = ['-i', '0'] as const;
const machine = { needs: 'machine', programs: ['keepalived'], inTests: false, collectArguments: { client: once, director: once, rs1: once, rs2: once } } as const;

/** Direct routing as keepalived sets it up, with a check of each real server's program every second. */
async function configure(director: Host, ports: Readonly<Record<Server, number>>): Promise<void> {
  await director.write('/etc/keepalived/keepalived.conf', `global_defs {
  router_id director
}
virtual_server ${vip} 80 {
  delay_loop 1
  lb_algo rr
  lb_kind DR
  protocol TCP
${servers.map((name) => `  real_server ${serverAddresses[name]} ${String(ports[name])} {
    weight 1
    TCP_CHECK {
      connect_port ${String(ports[name])}
      connect_timeout 2
      retry 0
    }
  }
`).join('')}}
`);
}

const reload = 'kill -HUP $(cat /run/keepalived.pid)';

async function balanced(world: World): Promise<void> {
  await oneSegment(world);
  for (const name of servers) await quietAddress(world.of(name));
  const director = world.of('director');
  await configure(director, { rs1: 80, rs2: 80 });
  await director.start('keepalived', 'keepalived --dont-fork --log-console --log-detail --check');
  await inTable(director, 2);
}

async function inTable(director: Host, count: number): Promise<void> {
  await director.until(`[ "$(ipvsadm -ln | grep -c -- '-> 10')" = ${String(count)} ]`, 20);
}

export const lvKeepalived: readonly Lab[] = [
  {
    ...machine, name: 'lv-other-port', about: 'The program of a real server of direct routing moved to another port, and keepalived was told so.',
    codes: ['LV-07'], silent: ['LV-05', 'LV-08', 'LV-11'], proof: /real_server 10\.70\.0\.12 8080/,
    build: balanced,
    break: async (world) => {
      await world.of('rs2').run('kill $(cat /run/lab/web.pid)');
      await serve(world.of('rs2'), '8080', 'other');
      await configure(world.of('director'), { rs1: 80, rs2: 8080 });
      await world.of('director').run(reload);
      // It says so, and puts the other port into the table.
      await world.of('director').until('grep -q "ports don.t match" /var/log/keepalived.log', 20);
    },
    fix: async (world, finding) => {
      await serve(world.of('rs2'));
      await configure(world.of('director'), { rs1: 80, rs2: 80 });
      await world.apply(world.of('director'), finding, reload, /write that port at its real_server in keepalived\.conf\. systemctl reload keepalived/);
      await inTable(world.of('director'), 2);
    },
    probe: ask,
  },
  {
    ...machine, name: 'lv-nobody-left', about: 'The programs of all real servers ended; keepalived took the servers out of the table.',
    codes: ['LV-11'], silent: ['LV-05', 'LV-07', 'LV-12', 'LV-17'], proof: new RegExp(`TCP +${vip}:80`),
    build: balanced,
    break: async (world) => {
      for (const name of servers) await world.of(name).run('kill $(cat /run/lab/web.pid)');
      await inTable(world.of('director'), 0);
    },
    fix: async (world, finding) => {
      // Its log names them: "TCP_CHECK on service [10.70.0.11]:tcp:80 failed".
      await world.of('director').run('grep -E "Removing service|failed" /var/log/keepalived.log');
      for (const name of servers) await world.apply(world.of(name), finding, 'busybox httpd -p 80 -h /run/www-web', /Find out why the health checks took the servers out/);
      await inTable(world.of('director'), 2);
    },
    probe: ask,
  },
];
