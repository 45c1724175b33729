import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RouteAnswer, Surroundings } from '../../../src/doctor/model/firewall/surroundings.ts';
import { judgeTable } from './judge.ts';

/**
 * The wires of the fuzz run: a host under test (`r`) between clients and servers that do not answer by themselves.
 *
 *     c (c0) --- in0 [r: routes] out0 --- s0 (s)        10.1.0.0/16, 10.2.0.0/16
 *     c (c1) --- p0 [r: br0] p1 --- s1 (s)              10.3.0.0/16, br_netfilter on
 *     c (c2) --- p2 [r: br0]
 *
 * Frames are made by us and put on c0..c2, s0, s1; every neighbour and bridge entry is fixed, so nothing else is on the wires.
 */
export const macs = {
  c0: '02:00:00:00:01:00', c1: '02:00:00:00:01:01', c2: '02:00:00:00:01:02', s0: '02:00:00:00:02:00', s1: '02:00:00:00:02:01',
  in0: '02:00:00:00:00:01', out0: '02:00:00:00:00:02', br0: '02:00:00:00:00:03',
} as const;

export const clients = ['10.1.0.10', '10.1.0.11', '10.1.0.12', '10.1.0.13'] as const;
export const servers = ['10.2.0.10', '10.2.0.11', '10.2.0.12', '10.2.0.13'] as const;
export const bridgeClients = ['10.3.0.10', '10.3.0.11', '10.3.0.12'] as const;
export const bridgeServers = ['10.3.0.20', '10.3.0.21', '10.3.0.22'] as const;
export const ownAddresses = { in0: '10.1.0.1', out0: '10.2.0.1', br0: '10.3.0.1' } as const;

export const surroundings: Surroundings = {
  localAddresses: new Set(Object.values(ownAddresses)),
  route,
  addressOf: (device) => ownAddresses[device as keyof typeof ownAddresses],
  bridgeCallsIpRules: true,
};

function route(destination: string): RouteAnswer {
  if (destination.startsWith('127.') || Object.values(ownAddresses).some((own) => own === destination)) return { to: 'local' };
  if (destination.startsWith('10.1.')) return { to: 'device', device: 'in0' };
  if (destination.startsWith('10.2.')) return { to: 'device', device: 'out0' };
  if (destination.startsWith('10.3.')) return { to: 'device', device: 'br0', port: portOf(destination) };
  return { to: 'nowhere' };
}

/** Where the bridge's fixed entries send a frame for that address. 10.3.0.10 and .11 are on c1, .12 on c2. */
export function portOf(address: string): string {
  return bridgeServers.some((one) => one === address) ? 'p1' : address === bridgeClients[2] ? 'p2' : 'p0';
}

export function macOf(address: string): string {
  if (address.startsWith('10.1.')) return macs.c0;
  if (address.startsWith('10.2.')) return macs.s0;
  return { p0: macs.c1, p1: macs.s1, p2: macs.c2 }[portOf(address)] ?? macs.c1;
}

export type Wire = 'c0' | 'c1' | 'c2' | 's0' | 's1';

export class World {
  private readonly directory: string;
  private readonly id: string;

  private constructor(directory: string, id: string) {
    this.directory = directory;
    this.id = id;
  }

  get host(): string {
    return `${this.id}r`;
  }

  /** Namespaces of its own; `stop` removes them. Throws when this machine does not allow it. */
  static async start(): Promise<World> {
    const world = new World(await mkdtemp(join(tmpdir(), 'fairway-fuzz-')), `fwf${process.pid}`);
    try {
      await world.build();
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async stop(): Promise<void> {
    for (const side of ['c', 'r', 's']) await run('ip', ['netns', 'del', `${this.id}${side}`]).catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Runs a program in the host under test. */
  async inside(program: string, words: readonly string[], input = ''): Promise<string> {
    return run('ip', ['netns', 'exec', this.host, program, ...words], input);
  }

  /** Puts a capture file on a wire. */
  async send(wire: Wire, capture: Buffer): Promise<void> {
    const file = join(this.directory, `${wire}.pcap`);
    await writeFile(file, capture);
    await run('ip', ['netns', 'exec', `${this.id}${wire.startsWith('c') ? 'c' : 's'}`, 'tcpreplay', '-q', '--topspeed', '-i', wire, file]);
  }

  private async build(): Promise<void> {
    const { id } = this;
    const lines: string[] = [];
    for (const side of ['c', 'r', 's']) {
      lines.push(`netns add ${id}${side}`);
    }
    await batch(lines);
    for (const side of ['c', 'r', 's']) await run('ip', ['netns', 'exec', `${id}${side}`, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
    const wires = [['c', 'c0', 'in0'], ['s', 's0', 'out0'], ['c', 'c1', 'p0'], ['c', 'c2', 'p2'], ['s', 's1', 'p1']] as const;
    await batch(wires.map(([side, there, here]) => `link add ${there} netns ${id}${side} address ${macs[there]} type veth peer name ${here} netns ${id}r`));
    await this.inside('ip', ['-batch', '-'], [
      'link add br0 type bridge mcast_snooping 0 stp_state 0',
      ...['p0', 'p1', 'p2'].map((port) => `link set ${port} master br0`),
      ...Object.entries(ownAddresses).flatMap(([device, address]) => [`link set ${device} address ${macs[device as keyof typeof ownAddresses]}`, `address add ${address}/16 dev ${device}`]),
      ...['lo', 'in0', 'out0', 'p0', 'p1', 'p2', 'br0'].map((device) => `link set ${device} up`),
      ...[...clients, ...servers, ...bridgeClients, ...bridgeServers].map((address) => `neigh add ${address} lladdr ${macOf(address)} dev ${address.startsWith('10.1.') ? 'in0' : address.startsWith('10.2.') ? 'out0' : 'br0'} nud permanent`),
    ].join('\n'));
    for (const side of ['c', 's']) for (const [owner, there] of wires) if (owner === side) await run('ip', ['-n', `${id}${side}`, 'link', 'set', there, 'up']);
    for (const [there, port] of [['c1', 'p0'], ['c2', 'p2'], ['s1', 'p1']] as const) await this.inside('bridge', ['fdb', 'replace', macs[there], 'dev', port, 'master', 'static']);
    await this.inside('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.bridge.bridge-nf-call-iptables=1', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0', ...['in0', 'out0', 'br0'].flatMap((device) => [`net.ipv4.conf.${device}.rp_filter=0`, `net.ipv4.conf.${device}.send_redirects=0`]), 'net.ipv4.conf.all.send_redirects=0', 'net.ipv4.icmp_ratelimit=0']);
    await this.inside('nft', ['-f', '-'], judgeTable);
  }
}

async function batch(lines: readonly string[]): Promise<void> {
  await run('ip', ['-batch', '-'], lines.join('\n'));
}

export function run(program: string, words: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...words], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program} ${words.join(' ')}: ${stderr.trim() || error.message}`));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
