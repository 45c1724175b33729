import type { Host, Lab, Probe, World } from '../lab.ts';

/** The address that the labs of one segment are about. */
export const vip = '10.60.0.100';

/**
 * `client`, `holder` (10.60.0.1 and .2, the holder with the address as /32 and a program that answers on port 80) and others, on one switch by
 * their eth0. The client believes the last answer: its `locktime` of one second would make races a matter of luck.
 */
export async function segment(world: World, others: readonly string[]): Promise<Host> {
  const wire = await world.switch('sw');
  const names = ['client', 'holder', ...others];
  await Promise.all(names.map((name) => world.host(name)));
  for (const [place, name] of names.entries()) {
    const host = world.of(name);
    await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add 10.60.0.${String(place + 1)}/24 dev eth0`);
  }
  await world.of('client').run('sysctl -qw net.ipv4.neigh.eth0.locktime=0 net.ipv4.conf.eth0.accept_redirects=0 net.ipv4.conf.all.accept_redirects=0');
  await world.of('holder').run(`ip address add ${vip}/32 dev eth0`);
  await answers(world.of('holder'));
  return wire;
}

/** A program on port 80 that says the host's name. */
export async function answers(host: Host): Promise<void> {
  await host.start('answer', 'node $LABS/programs/answer.ts 80');
  await host.until('ss -ltn | grep -q ":80 "');
}

export async function macOf(host: Host, device = 'eth0'): Promise<string> {
  return (await host.run(`cat /sys/class/net/${device}/address`)).trim();
}

/** What a client of the address sees; `expected` is the host that should answer. */
export async function ask(world: World, expected = 'holder', address = vip): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`curl -sS --max-time 1 http://${address}/`);
  if (code !== 0) return { ok: false, saw: output.trim() };
  return output.startsWith(expected) ? { ok: true } : { ok: false, saw: `answered by ${output.trim()}` };
}

const hosts = ['client', 'holder', 'other', 'router', 'vm', 'node1', 'node2', 'far'] as const;

/** Nothing here is told by counters: one sample is enough. The client also asks who answers for the address when `asks`. */
export function oneSample(asks: boolean): NonNullable<Lab['collectArguments']> {
  return Object.fromEntries(hosts.map((name) => [name, name === 'client' && asks ? ['-i', '0', '-a', vip] : ['-i', '0']]));
}
