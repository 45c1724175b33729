import type { Lab, Probe, World } from '../lab.ts';
import { clientAddress, directorAddress, quietAddress, serve, vip } from './lv-networks.ts';

const server = '10.71.0.11';
const gateways = { director: '10.71.0.1', router: '10.71.0.254' } as const;
const once = ['-i', '0'] as const;
const machine = { needs: 'machine', programs: [], inTests: false, collectArguments: { client: once, director: once, rs1: once, router: once } } as const;

/** Clients and servers in two networks, with the director and a router between them, side by side. */
async function twoSegments(world: World): Promise<void> {
  const [outside, inside] = [await world.switch('sw-out'), await world.switch('sw-in')];
  for (const name of ['client', 'director', 'router', 'rs1']) await world.host(name);
  const ends = [['client', outside, `${clientAddress}/24`], ['director', outside, `${directorAddress}/24`], ['director', inside, `${gateways.director}/24`], ['router', outside, '10.70.0.254/24'], ['router', inside, `${gateways.router}/24`], ['rs1', inside, `${server}/24`]] as const;
  for (const [name, wire, address] of ends) {
    const device = wire === outside || name === 'rs1' ? 'eth0' : 'eth1';
    await world.cable(world.of(name), device, wire, `to-${name}`);
    await world.of(name).run(`ip address add ${address} dev ${device}`);
  }
  await world.of('director').run(`ip address add ${vip}/32 dev eth0`);
  for (const name of ['director', 'router']) await world.of(name).run('sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0');
}

/** The service on port 80, the program on 8080: masquerading can change ports. */
async function masquerading(world: World): Promise<void> {
  await twoSegments(world);
  await world.of('rs1').run(`ip route replace default via ${gateways.director}`);
  await serve(world.of('rs1'), '8080');
  await world.of('director').run(`ipvsadm -A -t ${vip}:80 -s wlc && ipvsadm -a -t ${vip}:80 -r ${server}:8080 -m -w 1`);
}

async function ask(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`curl -sS --max-time 2 http://${vip}/`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
}

export const lvMasquerading: readonly Lab[] = [
  {
    ...machine, name: 'lv-answers-bypass', about: 'The answers of a masqueraded real server leave through a router that is not the director.',
    codes: ['LV-09'], silent: ['LV-07', 'LV-10', 'LV-11', 'LV-01'], proof: /default via 10\.71\.0\.254/,
    build: masquerading,
    break: async (world) => { await world.of('rs1').run(`ip route replace default via ${gateways.router}`); },
    fix: async (world, finding) => { await world.apply(world.of('rs1'), finding, `ip route replace default via ${gateways.director}`, /ip route replace default via 10\.7[01]\.0\.[12]/); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-no-forwarding', about: 'A masquerading director was restarted, and nobody had kept net.ipv4.ip_forward.',
    codes: ['LV-10'], silent: ['LV-07', 'LV-09', 'LV-11'], proof: /net\.ipv4\.ip_forward = 0/,
    build: masquerading,
    break: async (world) => { await world.of('director').run('sysctl -qw net.ipv4.ip_forward=0'); },
    fix: async (world, finding) => { await world.apply(world.of('director'), finding, 'sysctl -w net.ipv4.ip_forward=1', /sysctl -w net\.ipv4\.ip_forward=1/); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-behind-router', about: 'Direct routing to a real server that stands behind a router.',
    codes: ['LV-08'], silent: ['LV-05', 'LV-06', 'LV-07', 'LV-09', 'LV-11', 'LV-20'], proof: /10\.71\.0\.11:80 +Route/,
    build: async (world) => {
      await twoSegments(world);
      // The director has no leg in the server's network here: only the router has.
      await world.of('director').run(`ip link set eth1 down; ip address flush dev eth1; ip route add 10.71.0.0/24 via 10.70.0.254; ipvsadm -A -t ${vip}:80 -s wlc && ipvsadm -a -t ${vip}:80 -r ${server}:80 -i -w 1`);
      await tunnelServer(world);
      await world.of('rs1').run(`ip route replace default via ${gateways.router}`);
      await serve(world.of('rs1'));
    },
    break: async (world) => { await world.of('director').run(`ipvsadm -e -t ${vip}:80 -r ${server}:80 -g -w 1`); },
    fix: async (world, finding) => { await world.apply(world.of('director'), finding, `ipvsadm -e -t ${vip}:80 -r ${server} -i`, /ipvsadm -e -t 10\.70\.0\.100:80 -r 10\.71\.0\.11 -i/); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-tunnel-filter', about: 'The strict reverse path filter of a real server drops what comes out of the tunnel.',
    codes: ['LV-20'], silent: ['LV-05', 'LV-06', 'LV-08', 'LV-11'], proof: /tunl0\.rp_filter = 1|all\.rp_filter = 1/,
    build: async (world) => {
      await twoSegments(world);
      await world.of('director').run(`ipvsadm -A -t ${vip}:80 -s wlc && ipvsadm -a -t ${vip}:80 -r ${server}:80 -i -w 1`);
      await tunnelServer(world);
      await world.of('rs1').run(`ip route replace default via ${gateways.router}`);
      await serve(world.of('rs1'));
    },
    // As a hardening guide says: for every device.
    break: async (world) => { await world.of('rs1').run('sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.tunl0.rp_filter=1'); },
    fix: async (world, finding) => { await world.apply(world.of('rs1'), finding, 'sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0 net.ipv4.conf.eth0.rp_filter=1', /sysctl -w net\.ipv4\.conf\.all\.rp_filter=0 net\.ipv4\.conf\.tunl0\.rp_filter=0 net\.ipv4\.conf\.eth0\.rp_filter=1/); },
    probe: ask,
  },
];

async function tunnelServer(world: World): Promise<void> {
  const host = world.of('rs1');
  // The module makes tunl0 in every namespace when it comes.
  await host.run('modprobe ipip; ip link set tunl0 up');
  await quietAddress(host, 'tunl0');
  await host.run('sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0');
}
