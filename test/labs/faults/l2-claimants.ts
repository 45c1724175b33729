import type { Host, Lab, Probe, World } from '../lab.ts';

const vip = '10.60.0.100';

/** A client, the holder of the address with a program that answers, and another host, on one switch. */
async function segment(world: World, others: readonly string[]): Promise<Host> {
  const wire = await world.switch('sw');
  const hosts = ['client', 'holder', ...others];
  await Promise.all(hosts.map((name) => world.host(name)));
  for (const [place, name] of hosts.entries()) {
    const host = world.of(name);
    await world.cable(host, 'eth0', wire, `to-${name}`);
    await host.run(`ip address add 10.60.0.${String(place + 1)}/24 dev eth0`);
  }
  const holder = world.of('holder');
  await holder.run(`ip address add ${vip}/32 dev eth0`);
  await holder.start('answer', 'node $LABS/programs/answer.ts 80');
  await holder.until('ss -ltn | grep -q ":80 "');
  return wire;
}

/** What a client of the address sees. */
async function ask(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`curl -sS --max-time 2 http://${vip}/`);
  if (code !== 0) return { ok: false, saw: output.trim() };
  return output.startsWith('holder') ? { ok: true } : { ok: false, saw: `answered by ${output.trim()}` };
}

const asksForTheAddress = { client: ['-a', vip, '-i', '0'], holder: ['-i', '0'], other: ['-i', '0'] } as const;

export const l2Claimants: readonly Lab[] = [
  {
    name: 'l2-permanent-entry', about: 'A neighbour entry written by hand keeps the MAC of the host that had the address before.',
    codes: ['L2-06'], silent: ['L2-02', 'L2-05'], proof: new RegExp(`${vip} .*PERMANENT`), needs: 'namespaces', programs: [], inTests: true, collectArguments: asksForTheAddress,
    build: async (world) => { await segment(world, ['other']); },
    break: async (world) => {
      const mac = (await world.of('other').run('cat /sys/class/net/eth0/address')).trim();
      await world.of('client').run(`ip neigh replace ${vip} lladdr ${mac} dev eth0 nud permanent`);
    },
    fix: async (world, finding) => { await world.apply(world.of('client'), finding, `ip neigh del ${vip} dev eth0`, /ip neigh del 10\.60\.0\.100 dev eth0/); },
    probe: ask,
  },
];
