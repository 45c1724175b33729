import { afterAll, expect, test } from 'vitest';
import { kernelHere } from './kernel.ts';
import { MachineWorld } from './machine-world.ts';
import { Machine } from './machine.ts';
import { whyNoMachine } from './why-no-machine.ts';

/** `npm run labs` fetches the kernel; a test does not. */
const why = whyNoMachine() ?? ((await kernelHere()) === null ? 'no kernel with IPVS yet: npm run labs -- --only lv- fetches one' : null);

let booted: Promise<Machine> | null = null;
const machine = async (): Promise<Machine> => (booted ??= Machine.boot());
afterAll(async () => (await booted)?.end());

test('the virtual machine answers each question with its own code and output, in any order', { timeout: 120_000 }, async (context) => {
  if (why !== null) { context.skip(`the virtual machine: ${why}`); return; }
  const inside = await machine();
  const [slow, quick, failing, limited, large] = await Promise.all([
    inside.tries('sleep 1; echo slow'), inside.tries('echo "it\'s quick"; echo and loud >&2'), inside.tries('exit 3'), inside.tries('sleep 30', 1), inside.tries('seq 1 20000'),
  ]);
  expect(slow).toEqual({ code: 0, output: 'slow\n' });
  expect(quick).toEqual({ code: 0, output: 'it\'s quick\nand loud\n' });
  expect(failing).toEqual({ code: 3, output: '' });
  expect(limited.code).toBe(124);
  expect(large.output.split('\n')).toHaveLength(20_001);
  expect(large.output.endsWith('20000\n')).toBe(true);
});

test('hosts in it have a name, files, processes, devices and an IPVS of their own, and leave nothing behind', { timeout: 120_000 }, async (context) => {
  if (why !== null) { context.skip(`the virtual machine: ${why}`); return; }
  const world = MachineWorld.inside(await machine());
  const [one, other] = [await world.host('one'), await world.host('other')];
  await world.cable(one, 'eth0', other, 'eth0');
  await one.run('ip address add 10.0.0.1/24 dev eth0; ipvsadm -A -t 10.0.0.9:80 -s rr');
  await other.run('ip address add 10.0.0.2/24 dev eth0; ping -c 1 -W 2 10.0.0.1');
  await one.write('/tmp/deep/file', 'of one\'s own\n');
  expect(await one.run('hostname; cat /tmp/deep/file; ipvsadm -ln | grep -c 10.0.0.9')).toBe('one\nof one\'s own\n1\n');
  expect(await other.run('hostname; ls /tmp; ipvsadm -ln | grep -c 10.0.0.9; true')).toBe('other\n0\n');
  const daemon = await one.start('sleeper', 'sleep 500');
  expect((await other.tries('ps ax | grep -q "[s]leep 500"')).code).toBe(1);
  await one.run('ps ax | grep -q "[s]leep 500"');
  await daemon.stop();
  expect((await one.tries('ps ax | grep -q "[s]leep 500"')).code).toBe(1);
  await world.stop();
  expect(await (await machine()).run('ps ax | grep -c "sleep [i]nfinity"; true')).toBe('0\n');
});
