import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '../../../src/doctor/findings/finding.ts';
import type { Host } from '../lab.ts';
import type { RunningWorld } from '../world/running-world.ts';
import { mustSay } from '../world/running-world.ts';
import { MachineHost } from './machine-host.ts';
import { Machine } from './machine.ts';

let machine: Promise<Machine> | null = null;

/** One machine serves all labs of a run, one after the other. It ends with this process, whatever ends it: its channel closes then. */
async function theMachine(): Promise<Machine> {
  if (machine !== null && (await machine).hasEnded) machine = null;
  machine ??= Machine.boot();
  return machine;
}

/** Hosts in namespaces of the virtual machine, which has IPVS and a kernel log of its own. */
export class MachineWorld implements RunningWorld {
  private readonly machine: Machine;
  private readonly hosts = new Map<string, MachineHost>();
  private readonly switches = new Map<string, MachineHost>();
  private readonly undoings: (() => Promise<void>)[] = [];
  private applied = 0;

  private constructor(booted: Machine) {
    this.machine = booted;
  }

  static async start(): Promise<MachineWorld> {
    const booted = await theMachine();
    // What the lab before this one made the kernel say is none of this one's evidence.
    await booted.run('dmesg -C');
    return new MachineWorld(booted);
  }

  static inside(booted: Machine): MachineWorld {
    return new MachineWorld(booted);
  }

  async host(name: string): Promise<Host> {
    return this.make(name, this.hosts);
  }

  of(name: string): Host {
    return this.known(name);
  }

  async cable(a: Host, deviceA: string, b: Host, deviceB: string): Promise<void> {
    const ends = [[this.known(a.name), deviceA], [this.known(b.name), deviceB]] as const;
    await this.machine.run(`ip link add ${deviceA} netns ${String(ends[0][0].pid)} type veth peer name ${deviceB} netns ${String(ends[1][0].pid)}`);
    for (const [end, device] of ends) await end.run(`ip link set ${device} up${this.switches.has(end.name) ? ` && ip link set ${device} master br0` : ''}`);
  }

  async switch(name: string): Promise<Host> {
    const made = await this.make(name, this.switches);
    // br_netfilter is in this kernel: a switch must not ask the packet filter.
    await made.run('sysctl -qw net.ipv6.conf.default.disable_ipv6=1 net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0; ip link add br0 type bridge stp_state 0 mcast_snooping 0 && ip link set br0 up');
    return made;
  }

  async apply(host: Host, finding: Finding, command: string, wordsOfTheFix: RegExp): Promise<void> {
    mustSay(finding, command, wordsOfTheFix);
    this.applied += 1;
    await host.run(command);
  }

  get fixesApplied(): number {
    return this.applied;
  }

  atEnd(undo: () => Promise<void>): void {
    this.undoings.push(undo);
  }

  async sleep(milliseconds: number): Promise<void> {
    await wait(milliseconds);
  }

  async collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void> {
    await this.machine.run(`echo ${Buffer.from(script).toString('base64')} | base64 -d > /agent/collect.sh`);
    await Promise.all([...this.hosts.values()].map(async (host) => writeFile(join(folder, `${host.name}.tar.gz`), await host.collect(args(host.name)))));
  }

  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.undoings.splice(0).reverse()) await undo().catch((error: unknown) => { failures.push(error); });
    for (const host of [...this.hosts.values(), ...this.switches.values()]) await host.end().catch((error: unknown) => { failures.push(error); });
    this.hosts.clear();
    this.switches.clear();
    if (failures.length > 0) throw new AggregateError(failures, 'the lab did not end cleanly in the virtual machine');
  }

  private async make(name: string, into: Map<string, MachineHost>): Promise<MachineHost> {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new Error(`${name}: a host's name is small letters, digits and dashes`);
    if (this.hosts.has(name) || this.switches.has(name)) throw new Error(`there is a host ${name} already`);
    const made = await MachineHost.start(this.machine, name);
    into.set(name, made);
    return made;
  }

  private known(name: string): MachineHost {
    const found = this.hosts.get(name) ?? this.switches.get(name);
    if (found === undefined) throw new Error(`there is no host ${name} in this lab`);
    return found;
  }
}
