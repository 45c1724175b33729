import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Packet } from '../../../src/doctor/model/firewall/packet.ts';
import type { World } from './world.ts';

/** The program inside the host under test that sends its own datagrams, one at a time. */
export class OutputSender {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly waiting: (() => void)[] = [];

  constructor(world: World) {
    this.child = spawn('ip', ['netns', 'exec', world.host, process.execPath, new URL('output-sender.ts', import.meta.url).pathname], { stdio: 'pipe' });
    createInterface({ input: this.child.stdout }).on('line', () => this.waiting.shift()?.());
    this.child.stdin.on('error', () => undefined);
  }

  send(packet: Packet): Promise<void> {
    const order = { source: packet.source, sourcePort: packet.sourcePort, destination: packet.destination, destinationPort: packet.destinationPort, payload: (packet.length ?? 28) - 28 };
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  }

  stop(): void {
    this.child.stdin.end();
    this.child.kill();
  }
}
