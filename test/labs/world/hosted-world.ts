import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '../../../src/doctor/findings/finding.ts';
import type { Host } from '../lab.ts';
import type { RunningWorld } from './running-world.ts';
import { mustSay } from './running-world.ts';

/** What a world needs of its hosts beyond what a lab may use. */
export interface OwnHost extends Host {
  /** Holds the host's namespaces; as the kernel numbers it that they are in. */
  readonly pid: number;
  end(): Promise<void>;
}

/** Everything about a world that does not depend on whose kernel its hosts are in. */
export abstract class HostedWorld<H extends OwnHost> implements RunningWorld {
  protected readonly hosts = new Map<string, H>();
  private readonly switches = new Map<string, H>();
  private readonly undoings: (() => Promise<void>)[] = [];
  private applied = 0;

  protected abstract startHost(name: string): Promise<H>;
  /** Makes the cable's two devices in the namespaces of these processes. */
  protected abstract link(one: { readonly pid: number; readonly device: string }, other: { readonly pid: number; readonly device: string }): Promise<void>;
  abstract collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void>;

  async host(name: string): Promise<Host> {
    return this.make(name, this.hosts);
  }

  of(name: string): Host {
    return this.known(name);
  }

  async cable(a: Host, deviceA: string, b: Host, deviceB: string): Promise<void> {
    const [one, other] = [this.known(a.name), this.known(b.name)];
    await this.link({ pid: one.pid, device: deviceA }, { pid: other.pid, device: deviceB });
    for (const [end, device] of [[one, deviceA], [other, deviceB]] as const) {
      await end.run(`ip link set ${device} up${this.switches.has(end.name) ? ` && ip link set ${device} master br0` : ''}`);
    }
  }

  async switch(name: string): Promise<Host> {
    const made = await this.make(name, this.switches);
    // Where br_netfilter is in the kernel, bridges of new namespaces ask the packet filter: a switch has none.
    await made.run('for family in iptables ip6tables arptables; do sysctl -qw net.bridge.bridge-nf-call-$family=0 2>/dev/null; done; sysctl -qw net.ipv6.conf.default.disable_ipv6=1; ip link add br0 type bridge stp_state 0 mcast_snooping 0 && ip link set br0 up');
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

  async stop(): Promise<void> {
    const failures: unknown[] = [];
    const failed = (error: unknown): void => { failures.push(error); };
    for (const undo of this.undoings.splice(0).reverse()) await undo().catch(failed);
    await Promise.all([...this.hosts.values(), ...this.switches.values()].map((host) => host.end().catch(failed)));
    this.hosts.clear();
    this.switches.clear();
    if (failures.length > 0) throw new AggregateError(failures, 'the lab did not end cleanly');
  }

  private async make(name: string, into: Map<string, H>): Promise<H> {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new Error(`${name}: a host's name is small letters, digits and dashes`);
    if (this.hosts.has(name) || this.switches.has(name)) throw new Error(`there is a host ${name} already`);
    const made = await this.startHost(name);
    into.set(name, made);
    return made;
  }

  private known(name: string): H {
    const found = this.hosts.get(name) ?? this.switches.get(name);
    if (found === undefined) throw new Error(`there is no host ${name} in this lab`);
    return found;
  }
}
