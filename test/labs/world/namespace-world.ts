import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HostedWorld } from './hosted-world.ts';
import { NamespaceHost } from './namespace-host.ts';
import { runProgram } from './run-program.ts';

let worlds = 0;

/** Hosts in namespaces of this machine. Nothing has a name outside them, so several runs may go on at once. */
export class NamespaceWorld extends HostedWorld<NamespaceHost> {
  private readonly marker: string;

  private constructor(marker: string) {
    super();
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

  async collect(folder: string, script: string, args: (host: string) => readonly string[]): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.collect(script, args(host.name), join(folder, `${host.name}.tar.gz`))));
  }

  protected startHost(name: string): Promise<NamespaceHost> {
    return NamespaceHost.start(name, this.marker);
  }

  protected async link(one: { readonly pid: number; readonly device: string }, other: { readonly pid: number; readonly device: string }): Promise<void> {
    const made = await runProgram('ip', ['link', 'add', one.device, 'netns', String(one.pid), 'type', 'veth', 'peer', 'name', other.device, 'netns', String(other.pid)], { seconds: 10 });
    if (made.code !== 0) throw new Error(`cable ${one.device} - ${other.device}: ${made.output.trim()}`);
  }
}
