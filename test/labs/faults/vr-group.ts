import type { Daemon, Host, Lab, Probe, World } from '../lab.ts';
import { answers } from './l2-segment.ts';

/** The virtual address of the group. */
export const vip = '10.70.0.100';

/** What stands in the configuration of one member; the rest is the same for all. */
export interface MemberSettings {
  readonly priority: number;
  /** In seconds. Version 2 knows whole seconds only; the labs use version 3, unless told, and an interval that a busy machine can keep. */
  readonly interval?: string;
  readonly version?: 2 | 3;
  readonly id?: number;
  readonly address?: string;
  /** Lines inside vrrp_instance. */
  readonly inside?: string;
  /** Lines before it. */
  readonly before?: string;
}

export async function configure(host: Host, { priority, interval = '0.3', version = 3, id = 51, address = `${vip}/32`, inside = '', before = '' }: MemberSettings): Promise<void> {
  await host.write('/etc/keepalived/keepalived.conf', `global_defs {
  router_id ${host.name}
  vrrp_version ${String(version)}
  script_user root
  enable_script_security
}
${before}
vrrp_instance VI_1 {
  state BACKUP
  interface eth0
  virtual_router_id ${String(id)}
  priority ${String(priority)}
  advert_int ${interval}
  ${inside}
  virtual_ipaddress {
    ${address} dev eth0
  }
}
`);
}

export async function keepalived(host: Host): Promise<Daemon> {
  return host.start('keepalived', 'keepalived -n -l -D -p /run/keepalived.pid');
}

/** What `systemctl reload keepalived` does where there is no systemd. */
export const reload = 'keepalived -t && kill -HUP $(cat /run/keepalived.pid)';

/** Makes what is between the hosts; the answer connects one host by its eth0. */
export type Plug = (world: World) => Promise<(host: Host) => Promise<void>>;

async function bySwitch(world: World): Promise<(host: Host) => Promise<void>> {
  const wire = await world.switch('sw');
  return (host) => world.cable(host, 'eth0', wire, `to-${host.name}`);
}

/** `client`, and the members `lb1` (10.70.0.1, preferred) and `lb2` on one switch; each member answers on port 80 with its name. */
export async function group(world: World, settings: Omit<MemberSettings, 'priority'> = {}, others: readonly string[] = [], plug: Plug = bySwitch): Promise<void> {
  const names = ['lb1', 'lb2', 'client', ...others];
  await Promise.all(names.map((name) => world.host(name)));
  const connect = await plug(world);
  for (const [place, name] of names.entries()) {
    const host = world.of(name);
    await connect(host);
    await host.run(`ip address add 10.70.0.${String(place + 1)}/24 dev eth0`);
  }
  await world.of('client').run('sysctl -qw net.ipv4.neigh.eth0.locktime=0');
  await configure(world.of('lb1'), { ...settings, priority: 150 });
  await configure(world.of('lb2'), { ...settings, priority: 100 });
  await Promise.all(['lb1', 'lb2'].map(async (name) => { await answers(world.of(name)); await keepalived(world.of(name)); }));
  await holds(world, 'lb1');
}

export async function holds(world: World, name: string, seconds = 10): Promise<void> {
  await world.of(name).until(`ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`, seconds);
}

/** The client is answered, by the preferred member, and by nobody else within half a second. */
export async function ask(world: World): Promise<Probe> {
  for (let turn = 0; turn < 3; turn++) {
    const { code, output } = await world.of('client').tries(`curl -sS --max-time 1 http://${vip}/`);
    if (code !== 0) return { ok: false, saw: output.trim() };
    if (!output.startsWith('lb1')) return { ok: false, saw: `answered by ${output.trim()}` };
    await world.sleep(100);
  }
  return { ok: true };
}

/** The same, and only one machine answers for the address. */
export async function askAlone(world: World): Promise<Probe> {
  const answer = await ask(world);
  if (!answer.ok) return answer;
  const { output } = await world.of('client').tries(`arping -b -w 1 -I eth0 ${vip}`);
  const macs = new Set(output.match(/(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/g));
  return macs.size === 1 ? { ok: true } : { ok: false, saw: `${String(macs.size)} machines answer for the address` };
}

export const oneSample: NonNullable<Lab['collectArguments']> = Object.fromEntries(['lb1', 'lb2', 'lb3', 'client', 'far', 'node1'].map((name) => [name, ['-i', '0']]));
