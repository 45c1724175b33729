import type { Lab, Probe, World } from '../lab.ts';
import { ask, clientAddress, directRouting, serve, serverAddresses, vip } from './lv-networks.ts';

/** No second sample of counters: none of these faults needs it, and the machine is slow. */
const once = ['-i', '0'] as const;
const collectArguments = { client: once, director: once, rs1: once, rs2: once } as const;
const machine = { needs: 'machine', programs: [], inTests: false, collectArguments } as const;

/** Whoever answers first for the address is asked: several times anew, because it may be another one each time. */
async function askAnew(world: World): Promise<Probe> {
  const { code, output } = await world.of('client').tries(`for each in 1 2 3 4; do ip neigh flush dev eth0; curl -sS --max-time 2 http://${vip}/ || exit; done`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim().replaceAll('\n', ', ') };
}

export const lvDirectRouting: readonly Lab[] = [
  {
    ...machine, name: 'lv-no-address', about: 'A real server of direct routing lost the virtual address.',
    codes: ['LV-05'], silent: ['LV-06', 'LV-07', 'LV-08', 'LV-11', 'L2-03'], proof: /10\.70\.0\.12:80 +Route/,
    build: async (world) => directRouting(world),
    break: async (world) => { await world.of('rs2').run(`ip address del ${vip}/32 dev lo`); },
    fix: async (world, finding) => { await world.apply(world.of('rs2'), finding, `ip address add ${vip}/32 dev lo`, /ip address add 10\.70\.0\.100\/32 dev lo/); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-answers-arp', about: 'A real server that is out of service answers ARP for the virtual address.',
    codes: ['L2-03'], silent: ['L2-04', 'L2-10', 'L2-11', 'LV-05'], proof: /all\.arp_ignore = 0|arp_ignore/, collectArguments: { ...collectArguments, client: ['-a', vip, '-i', '0'] },
    build: async (world) => {
      await directRouting(world);
      // Taken out for maintenance: nobody may notice.
      await world.of('director').run(`ipvsadm -d -t ${vip}:80 -r ${serverAddresses.rs1}:80`);
      await world.of('rs1').run('kill $(cat /run/lab/web.pid)');
    },
    break: async (world) => { await world.of('rs1').run('sysctl -qw net.ipv4.conf.all.arp_ignore=0 net.ipv4.conf.all.arp_announce=0'); },
    fix: async (world, finding) => { await world.apply(world.of('rs1'), finding, 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2', /sysctl -w net\.ipv4\.conf\.all\.arp_ignore=1 net\.ipv4\.conf\.all\.arp_announce=2/); },
    probe: askAnew,
  },
  {
    ...machine, name: 'lv-own-address-only', about: 'The program of a real server listens on the server\'s own address only.',
    codes: ['LV-06'], silent: ['LV-05', 'LV-07', 'LV-11', 'TC-02'], proof: /10\.70\.0\.12:80/,
    build: async (world) => directRouting(world),
    break: async (world) => {
      await world.of('rs2').run('kill $(cat /run/lab/web.pid)');
      await serve(world.of('rs2'), `${serverAddresses.rs2}:80`, 'narrow');
    },
    fix: async (world, finding) => {
      await world.of('rs2').run('kill $(cat /run/lab/narrow.pid)');
      await world.apply(world.of('rs2'), finding, 'busybox httpd -p 80 -h /run/www-web', /listen on all addresses/);
    },
    probe: ask,
  },
  {
    ...machine, name: 'lv-pinned-to-dead', about: 'Persistence keeps sending a client to a real server that is gone and has weight 0.',
    codes: ['LV-12'], silent: ['LV-11', 'LV-13', 'LV-16', 'LV-19'], proof: new RegExp(`${clientAddress}:0 `),
    build: async (world) => directRouting(world, '-s rr -p 300'),
    break: async (world) => {
      const [, pinned] = /-> (10\.70\.0\.1\d):80 .* [1-9]\d* *\n/.exec(await world.of('director').run('ipvsadm -ln')) ?? [];
      const name = pinned === serverAddresses.rs2 ? 'rs2' : 'rs1';
      await world.of(name).run('ip link set eth0 down');
      // What a health check does that is told to keep the server in the table (inhibit_on_failure).
      await world.of('director').run(`ipvsadm -e -t ${vip}:80 -r ${serverAddresses[name]}:80 -g -w 0`);
    },
    fix: async (world, finding) => { await world.apply(world.of('director'), finding, 'sysctl -w net.ipv4.vs.expire_quiescent_template=1 net.ipv4.vs.expire_nodest_conn=1', /sysctl -w net\.ipv4\.vs\.expire_quiescent_template=1 net\.ipv4\.vs\.expire_nodest_conn=1/); },
    probe: ask,
  },
  {
    ...machine, name: 'lv-removed-in-silence', about: 'A real server was taken out of the table while clients were connected; their packets vanish.',
    codes: ['LV-13'], silent: ['LV-11', 'LV-12', 'LV-19'], proof: /10\.70\.0\.11:7$/,
    build: async (world) => {
      await directRouting(world);
      for (const name of ['rs1', 'rs2'] as const) await world.of(name).start('echo', 'busybox nc -ll -p 7 -e cat');
      await world.of('director').run(`ipvsadm -A -t ${vip}:7 -s rr && ipvsadm -a -t ${vip}:7 -r ${serverAddresses.rs1}:7 -g -w 1`);
      const client = world.of('client');
      // A program that keeps connections open, and connects again when one is reset.
      for (const each of [1, 2, 3, 4]) {
        await client.run(`: > /run/ask-${String(each)}; : > /run/got-${String(each)}`);
        await client.start(`line-${String(each)}`, `sh -c "while :; do tail -f -n 0 /run/ask-${String(each)} | nc ${vip} 7 >> /run/got-${String(each)}; sleep 0.2; done"`);
      }
      await client.until(`[ "$(ss -tn state established dst ${vip} | grep -c ':7 ')" = 4 ]`);
    },
    break: async (world) => { await world.of('director').run(`ipvsadm -a -t ${vip}:7 -r ${serverAddresses.rs2}:7 -g -w 1; ipvsadm -d -t ${vip}:7 -r ${serverAddresses.rs1}:7`); },
    fix: async (world, finding) => { await world.apply(world.of('director'), finding, 'sysctl -w net.ipv4.vs.expire_nodest_conn=1', /sysctl -w net\.ipv4\.vs\.expire_nodest_conn=1/); },
    probe: askOpenLine,
  },
];

/**
 * Says a word on a connection that is open, and waits for the echo; said again after a reset, as programs do. A connection on which an answer stayed
 * away is not used again: its next repetition may be a minute away.
 */
async function askOpenLine(world: World): Promise<Probe> {
  const { code } = await world.of('client').tries(`
for each in 1 2 3 4; do [ -e /run/silent-$each ] || break; done
before=$(wc -c < /run/got-$each)
for time in 1 2 3 4 5 6; do
  echo word >> /run/ask-$each
  sleep 1
  [ "$(wc -c < /run/got-$each)" -gt "$before" ] && exit 0
done
touch /run/silent-$each
exit 1`);
  return code === 0 ? { ok: true } : { ok: false, saw: 'no echo within 6 s on an open connection' };
}
