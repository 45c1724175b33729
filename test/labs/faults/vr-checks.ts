import type { Lab, World } from '../lab.ts';
import { answers } from './l2-segment.ts';
import { ask, configure, group, holds, oneSample, reload, vip } from './vr-group.ts';

/** A check of the local program, as `script` of a tracked vrrp_script. */
const check = (script: string, options = ''): { readonly before: string; readonly inside: string } => ({
  before: `vrrp_script answers {\n  script "${script}"\n  interval 1\n  timeout 1\n  ${options}\n}`,
  inside: 'track_script {\n    answers\n  }',
});

async function both(world: World, settings: { readonly before: string; readonly inside: string }): Promise<void> {
  await configure(world.of('lb1'), { ...settings, priority: 150 });
  await configure(world.of('lb2'), { ...settings, priority: 100 });
}

const local = 'curl -fsS -o /dev/null --max-time 1 http://127.0.0.1:80/';

/** Fails one second of three. */
const odd = '/run/odd.sh';

export const vrChecks: readonly Lab[] = [
  {
    name: 'vr-check-now-and-then', about: 'A check that fails now and then counts at once, so the address moves back and forth.',
    codes: ['VR-06'], silent: ['VR-01', 'VR-02', 'VR-05', 'VR-08'], proof: /Entering MASTER STATE/, needs: 'namespaces', programs: ['keepalived'], inTests: false, collectArguments: oneSample,
    build: async (world) => {
      await group(world, check(local));
      await world.of('lb1').write(odd, '#!/bin/sh\n[ $(( $(date +%s) % 3 )) != 0 ]\n');
      await world.of('lb1').run(`chmod 755 ${odd}`);
    },
    break: async (world) => {
      await configure(world.of('lb1'), { ...check(odd, 'fall 1\n  rise 1'), priority: 150 });
      await world.of('lb1').run(reload);
      await world.of('lb1').until('[ $(grep -c "Entering MASTER" /var/log/keepalived.log) -ge 4 ]', 40);
    },
    fix: async (world, finding) => {
      await configure(world.of('lb1'), { ...check(odd, 'fall 3\n  rise 1'), priority: 150 });
      await world.apply(world.of('lb1'), finding, reload, /fall and rise in vrrp_script/);
      await world.of('lb2').run(reload);
      await holds(world, 'lb1');
      await world.sleep(2000);
    },
    probe: ask,
  },
  {
    name: 'vr-check-asks-elsewhere', about: 'The check asks a service on another host; when that one fails, no member wants the address.',
    codes: ['VR-08'], silent: ['VR-01', 'VR-02', 'VR-05'], proof: /script "curl .*10\.70\.0\.4/, needs: 'namespaces', programs: ['keepalived'], inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world, check(local), ['far']); },
    break: async (world) => {
      const far = world.of('far');
      const service = await far.start('answer', 'node $LABS/programs/answer.ts 80');
      await far.until('ss -ltn | grep -q ":80 "');
      await both(world, check('curl -fsS -o /dev/null --max-time 1 http://10.70.0.4:80/'));
      for (const name of ['lb2', 'lb1']) await world.of(name).run(reload);
      await service.stop();
      await world.of('lb1').until(`! ip -4 address show dev eth0 | grep -q 'inet ${vip}/'`);
    },
    fix: async (world, finding) => {
      await both(world, check(local));
      for (const name of ['lb2', 'lb1']) await world.apply(world.of(name), finding, reload, /Test only what this host serves.* http:\/\/127\.0\.0\.1:80\//);
      await holds(world, 'lb1');
    },
    probe: ask,
  },
  {
    name: 'vr-program-died', about: 'The program on the holder of the address died; VRRP does not look at it.',
    codes: ['VR-07'], silent: ['VR-01', 'VR-06', 'L2-05'], proof: /inet 10\.70\.0\.100\/32/, needs: 'namespaces', programs: ['keepalived'], inTests: true, collectArguments: oneSample,
    build: async (world) => { await group(world); },
    break: async (world) => { await world.of('lb1').run('kill $(cat /run/lab/answer.pid)'); },
    fix: async (world, finding) => {
      await world.apply(world.of('lb1'), finding, 'true', /Start the program there/);
      await answers(world.of('lb1'));
    },
    probe: ask,
  },
  {
    name: 'vr-address-by-hand', about: 'The address is also in the network configuration of the backup, which therefore has it too.',
    codes: ['VR-09', 'L2-02'], silent: ['VR-01', 'VR-02', 'VR-05'], proof: /inet 10\.70\.0\.100\/24/, needs: 'namespaces', programs: ['keepalived'], inTests: false, collectArguments: oneSample,
    build: async (world) => { await group(world); },
    break: async (world) => {
      await world.of('lb2').run(`ip address add ${vip}/24 dev eth0`);
      // The backup speaks in the name of the address: the client believes whoever spoke last.
      await world.of('lb2').run(`ip neigh flush dev eth0; ping -c 1 -W 1 -I ${vip} 10.70.0.3 >/dev/null || true`);
    },
    fix: async (world, finding) => {
      await world.apply(world.of('lb2'), finding, `ip address del ${vip}/24 dev eth0`, /Take the address out of the network configuration/);
      await world.of('client').run('ip neigh flush dev eth0');
    },
    probe: ask,
  },
  {
    name: 'vr-address-as-source', about: 'The address has a shorter network than the host\'s own, so the host uses it for connections of its own.',
    codes: ['VR-10'], silent: ['VR-01', 'VR-07', 'L2-13'], proof: /10\.70\.0\.100:\d+\s+10\.70\.0\.4:80/, needs: 'namespaces', programs: ['keepalived'], quiet: true, inTests: false, collectArguments: oneSample,
    build: async (world) => {
      await group(world, {}, ['far']);
      await answers(world.of('far'));
    },
    break: async (world) => {
      for (const [name, priority] of [['lb2', 100], ['lb1', 150]] as const) {
        await configure(world.of(name), { priority, address: `${vip}/25` });
        await world.of(name).run(reload);
      }
      await world.of('lb1').until(`ip -4 address show dev eth0 | grep -q 'inet ${vip}/25'`);
      await world.of('lb1').start('database', 'node -e "require(\'net\').connect(80, \'10.70.0.4\')"');
      await world.of('lb1').until('ss -tn | grep -q "10.70.0.4:80"');
    },
    fix: async (world, finding) => {
      for (const [name, priority] of [['lb2', 100], ['lb1', 150]] as const) {
        await configure(world.of(name), { priority, address: `${vip}/32`, inside: '' });
        await world.apply(world.of(name), finding, reload, /Configure the address as \/32/);
      }
      const lb1 = world.of('lb1');
      await lb1.until(`ip -4 address show dev eth0 | grep -q 'inet ${vip}/32'`);
      await lb1.run('kill $(cat /run/lab/database.pid)');
      await lb1.start('again', 'node -e "require(\'net\').connect(80, \'10.70.0.4\')"');
      await lb1.until('ss -tn | grep -q "10.70.0.4:80"');
    },
    probe: ask,
  },
];
