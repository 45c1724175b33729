import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HostedWorld } from '../world/hosted-world.ts';
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
export class MachineWorld extends HostedWorld<MachineHost> {
  private readonly machine: Machine;

  private constructor(booted: Machine) {
    super();
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

  async collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void> {
    await this.machine.run(`echo ${Buffer.from(script).toString('base64')} | base64 -d > /agent/collect.sh`);
    await Promise.all([...this.hosts.values()].map(async (host) => writeFile(join(folder, `${host.name}.tar.gz`), await host.collect(args(host.name)))));
  }

  protected startHost(name: string): Promise<MachineHost> {
    return MachineHost.start(this.machine, name);
  }

  protected async link(one: { readonly pid: number; readonly device: string }, other: { readonly pid: number; readonly device: string }): Promise<void> {
    await this.machine.run(`ip link add ${one.device} netns ${String(one.pid)} type veth peer name ${other.device} netns ${String(other.pid)}`);
  }
}
