import type { Lab, Probe, World } from '../lab.ts';
import { clientAddress, serve, vip } from './lv-networks.ts';

const addresses = { lb1: '10.70.0.21', lb2: '10.70.0.22' } as const;
const names = ['lb1', 'lb2'] as const;
const once = ['-i', '0'] as const;

/** Two hosts that are director and real server at once. The first has the address; the second stands by, with the same table. */
async function pair(world: World): Promise<void> {
  const wire = await world.switch('sw');
  for (const [name, address] of Object.entries({ client: clientAddress, ...addresses })) {
    const host = await world.host(name);
    await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add ${address}/24 dev eth0`);
  }
  await world.of('lb1').run(`ip address add ${vip}/32 dev eth0`);
  await world.of('lb2').run(`sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip address add ${vip}/32 dev lo`);
  for (const name of names) {
    const host = world.of(name);
    await serve(host);
    await host.run([`sysctl -qw net.ipv4.vs.backup_only=1 && ipvsadm -A -t ${vip}:80 -s rr`, ...names.map((each) => `ipvsadm -a -t ${vip}:80 -r ${addresses[each]}:80 -g -w 1`), `ipvsadm --start-daemon ${name === 'lb1' ? 'master' : 'backup'} --mcast-interface eth0`].join(' && '));
  }
}

/** Enough for every turn of both tables. */
async function ask(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`for each in 1 2 3 4; do curl -sS --max-time 2 http://${vip}/ || exit; done`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim().replaceAll('\n', ', ') };
}

export const lvTwoDirectors: readonly Lab[] = [
  {
    name: 'lv-directors-in-circles', about: 'Two directors are each other\'s real servers, and the sync daemon that makes one of them a backup ended.',
    codes: ['LV-15'], silent: ['LV-05', 'LV-06', 'LV-07', 'LV-11', 'L2-03'], proof: /backup_only = 1/, needs: 'machine', programs: [], inTests: false, collectArguments: { client: once, lb1: once, lb2: once },
    build: pair,
    break: async (world) => { await world.of('lb2').run('ipvsadm --stop-daemon backup'); },
    fix: async (world, finding) => { await world.apply(world.of('lb2'), finding, 'sysctl -w net.ipv4.vs.backup_only=1; ipvsadm --start-daemon backup --mcast-interface eth0', /sysctl -w net\.ipv4\.vs\.backup_only=1; ipvsadm --start-daemon backup --mcast-interface eth0/); },
    probe: ask,
  },
];
