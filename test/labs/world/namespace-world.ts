import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from '../../../src/doctor/findings/finding.ts';
import type { Host } from '../lab.ts';
import { NamespaceHost } from './namespace-host.ts';
import { runProgram } from './run-program.ts';
import type { RunningWorld } from './running-world.ts';
import { mustSay } from './running-world.ts';

let worlds = 0;

/** Hosts in namespaces of this machine. Nothing has a name outside them, so several runs may go on at once. */
export class NamespaceWorld implements RunningWorld {
  private readonly marker: string;
  private readonly hosts = new Map<string, NamespaceHost>();
  private readonly switches = new Map<string, NamespaceHost>();
  private readonly undoings: (() => Promise<void>)[] = [];
  private applied = 0;

  private constructor(marker: string) {
    this.marker = marker;
  }

  static start(): NamespaceWorld {
    worlds += 1;
    const marker = `fairway lab ${String(process.pid)}-${String(worlds)} begins`;
    try {
      writeFileSync('/dev/kmsg', `<6>${marker}\n`);
    } catch {
      // Not writable in some containers: hosts then show the whole kernel log.
    }
    return new NamespaceWorld(marker);
  }

  async host(name: string): Promise<Host> {
    return this.make(name, this.hosts);
  }

  of(name: string): Host {
    return this.known(name);
  }

  async cable(a: Host, deviceA: string, b: Host, deviceB: string): Promise<void> {
    const [one, other] = [this.known(a.name), this.known(b.name)];
    const made = await runProgram('ip', ['link', 'add', deviceA, 'netns', String(one.pid), 'type', 'veth', 'peer', 'name', deviceB, 'netns', String(other.pid)], { seconds: 10 });
    if (made.code !== 0) throw new Error(`cable ${a.name} ${deviceA} - ${b.name} ${deviceB}: ${made.output.trim()}`);
    for (const [end, device] of [[one, deviceA], [other, deviceB]] as const) {
      // Checksums that nobody fills in on a veth would puzzle programs that read packets raw.
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

  async collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.collect(script, args(host.name), join(folder, `${host.name}.tar.gz`))));
  }

  async stop(): Promise<void> {
    const failures: unknown[] = [];
    for (const undo of this.undoings.splice(0).reverse()) await undo().catch((error: unknown) => { failures.push(error); });
    await Promise.all([...this.hosts.values(), ...this.switches.values()].map((host) => host.end()));
    this.hosts.clear();
    this.switches.clear();
    if (failures.length > 0) throw new AggregateError(failures, 'what the lab changed could not be put back');
  }

  private async make(name: string, into: Map<string, NamespaceHost>): Promise<NamespaceHost> {
    if (!/^[a-z][a-z0-9-]{0,30}$/.test(name)) throw new Error(`${name}: a host's name is small letters, digits and dashes`);
    if (this.hosts.has(name) || this.switches.has(name)) throw new Error(`there is a host ${name} already`);
    const made = await NamespaceHost.start(name, this.marker);
    into.set(name, made);
    return made;
  }

  private known(name: string): NamespaceHost {
    const found = this.hosts.get(name) ?? this.switches.get(name);
    if (found === undefined) throw new Error(`there is no host ${name} in this lab`);
    return found;
  }
}
