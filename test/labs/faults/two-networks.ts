import type { Host, Lab, Probe, World } from '../lab.ts';
import { answers } from './l2-segment.ts';

export const client = '10.83.0.1';
export const server = '10.84.0.2';

/** `client` (10.83.0.1) - `box` (.254 on both sides by near0 and far0, forwards) - `server` (10.84.0.2, answers on port 80), each other's gateway. `wire`: a switch between box and server. */
export async function boxBetween(world: World, wire?: Host): Promise<void> {
  await Promise.all(['client', 'box', 'server'].map((name) => world.host(name)));
  const [near, box, far] = [world.of('client'), world.of('box'), world.of('server')];
  await world.cable(near, 'eth0', box, 'near0');
  if (wire === undefined) {
    await world.cable(far, 'eth0', box, 'far0');
  } else {
    await world.cable(far, 'eth0', wire, 'to-server');
    await world.cable(box, 'far0', wire, 'to-box');
  }
  await near.run(`ip address add ${client}/24 dev eth0 && ip route add default via 10.83.0.254`);
  await far.run(`ip address add ${server}/24 dev eth0 && ip route add default via 10.84.0.254`);
  await box.run('ip address add 10.83.0.254/24 dev near0 && ip address add 10.84.0.254/24 dev far0 && sysctl -qw net.ipv4.ip_forward=1');
  await answers(far);
}

/** What the client sees of the server. */
export async function ask(world: World): Promise<Probe> {
  return asked(world.of('client'), `http://${server}/`);
}

export async function asked(host: Host, address: string, more = ''): Promise<Probe> {
  const { code, output } = await host.tries(`curl -sS --max-time 1 ${more} ${address}`);
  return code === 0 ? { ok: true } : { ok: false, saw: output.trim() };
}

/** Somebody who still waits for a connection while the evidence is collected: given up for longer than a first packet may take. */
export async function keepTrying(host: Host, address = `http://${server}/`): Promise<void> {
  await host.start('trying', `curl -sS --max-time 60 ${address}`);
  await host.until('ss -tin state syn-sent | grep -q backoff');
}

/** The one who waited gives up. */
export async function giveUp(host: Host): Promise<void> {
  await host.tries('kill $(cat /run/lab/trying.pid)');
}

/** One sample only: nothing here is told by growing counters. */
export const once: NonNullable<Lab['collectArguments']> = Object.fromEntries(['client', 'box', 'server'].map((name) => [name, ['-i', '0']]));
