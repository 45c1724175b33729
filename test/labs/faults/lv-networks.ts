import type { Host, Probe, World } from '../lab.ts';

export const vip = '10.70.0.100';
/** Where clients are. */
export const clientAddress = '10.70.0.9';
export const directorAddress = '10.70.0.2';
export const serverAddresses = { rs1: '10.70.0.11', rs2: '10.70.0.12' } as const;
export type Server = keyof typeof serverAddresses;
export const servers = ['rs1', 'rs2'] as const;

/** A web server that says the host's name; `where` is `80` or `10.70.0.11:80`. */
export async function serve(host: Host, where = '80', name = 'web'): Promise<void> {
  await host.write(`/run/www-${name}/index.html`, `${host.name}\n`);
  await host.start(name, `busybox httpd -f -p ${where} -h /run/www-${name}`);
  await host.until(`ss -ltn | grep -q ":${where.replace(/.*:/, '')} "`);
}

/** The virtual address as a real server of direct routing or tunnelling has it. */
export async function quietAddress(host: Host, device = 'lo'): Promise<void> {
  await host.run(`sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; ip address add ${vip}/32 dev ${device}`);
}

/** A client, a director that holds the address, and two real servers that serve on port 80, on one switch. No service yet. */
export async function oneSegment(world: World): Promise<void> {
  const wire = await world.switch('sw');
  const addresses = { client: clientAddress, director: directorAddress, ...serverAddresses };
  for (const [name, address] of Object.entries(addresses)) {
    const host = await world.host(name);
    await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add ${address}/24 dev eth0`);
  }
  await world.of('director').run(`ip address add ${vip}/32 dev eth0`);
  for (const name of servers) await serve(world.of(name));
}

/** Direct routing in one segment. `port` of the service, and of the servers. */
export async function directRouting(world: World, options = '-s rr'): Promise<void> {
  await oneSegment(world);
  for (const name of servers) await quietAddress(world.of(name));
  await world.of('director').run([`ipvsadm -A -t ${vip}:80 ${options}`, ...servers.map((name) => `ipvsadm -a -t ${vip}:80 -r ${serverAddresses[name]}:80 -g -w 1`)].join(' && '));
}

/** Two requests, so that both servers are asked where they take turns. */
export async function ask(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`for each in 1 2; do curl -sS --max-time 2 http://${vip}/ || exit; done`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim().replaceAll('\n', ', ') };
}

