import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { channelName } from './init.ts';
import { findKernel } from './kernel.ts';
import { rootFileSystem } from './root-file-system.ts';

export interface Answer {
  /** Exit code; 124 or 137 after the time limit. */
  readonly code: number;
  /** Both outputs. */
  readonly output: string;
}

export const emulator = 'qemu-system-x86_64';

/**
 * An emulator translates code again wherever it lies: with random addresses it does so for each start of a program (40 ms instead of 6 ms, as measured
 * with the simple processor, which also keeps libc from using wide vectors). Defences against a guest's own programs cost as well.
 */
const quick = 'norandmaps mitigations=off';

/** Under software emulation a boot takes a few seconds on an idle processor. */
const bootSeconds = 90;

/** A virtual machine without network device, disk or display: a kernel, a file system in memory, a channel for commands. */
export class Machine {
  /** From the start of the program to the first answer. */
  readonly bootSeconds: number;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly folder: string;
  private readonly waiting: Map<number, (answer: Answer) => void>;
  private asked = 0;

  private constructor(child: ChildProcessWithoutNullStreams, folder: string, waiting: Map<number, (answer: Answer) => void>, seconds: number) {
    this.child = child;
    this.folder = folder;
    this.waiting = waiting;
    this.bootSeconds = seconds;
  }

  /** Throws with the kernel's last words when it does not come up. */
  static async boot(): Promise<Machine> {
    const kernel = await findKernel();
    const root = await rootFileSystem(kernel);
    const folder = mkdtempSync(join(tmpdir(), 'fairway-machine-'));
    const console = join(folder, 'console');
    const began = performance.now();
    // Always emulated: it works everywhere alike, while /dev/kvm of a machine that is virtual itself may be there and fail.
    const child = spawn(emulator, [
      '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '512', '-smp', '1', '-accel', 'tcg', '-cpu', 'qemu64',
      '-kernel', kernel.image, '-initrd', root, '-append', `console=ttyS0 quiet panic=-1 ${quick}`,
      '-serial', `file:${console}`,
      // The channel is this program's standard input and output: nothing outside can reach it, and it closes with us.
      '-chardev', 'stdio,id=channel,signal=off', '-device', 'virtio-serial-pci', '-device', `virtserialport,chardev=channel,name=${channelName}`,
    ], { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
    child.stdin.on('error', () => undefined);
    const waiting = new Map<number, (answer: Answer) => void>();
    const ready = new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => { reject(new Error(`no answer within ${String(bootSeconds)} s`)); }, bootSeconds * 1000);
      waiting.set(0, () => { clearTimeout(limit); resolve(); });
      child.once('error', (error) => { clearTimeout(limit); reject(error); });
      child.once('exit', (code) => { clearTimeout(limit); reject(new Error(`ended with ${String(code)}`)); });
    });
    readAnswers(child, waiting);
    try {
      await ready;
    } catch (error) {
      child.kill('SIGKILL');
      const last = existsSync(console) ? readFileSync(console, 'utf8').slice(-2000) : '';
      rmSync(folder, { recursive: true, force: true });
      throw new Error(`the virtual machine did not come up: ${error instanceof Error ? error.message : String(error)}\n${said}${last}`, { cause: error });
    }
    // A machine that nobody asks anything does not keep this program alive (each question has a timer that does), and ends with it.
    child.unref();
    for (const stream of [child.stdin, child.stdout, child.stderr]) if (stream instanceof Socket) stream.unref();
    process.once('exit', () => { child.kill('SIGKILL'); rmSync(folder, { recursive: true, force: true }); });
    return new Machine(child, folder, waiting, Math.round((performance.now() - began) / 100) / 10);
  }

  /** Runs a shell line as root in the virtual machine. Throws when the machine is gone. */
  async tries(line: string, seconds = 20): Promise<Answer> {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      const gone = (): void => { finish(); reject(new Error(`the virtual machine ended: ${this.lastWords()}`)); };
      // Its own limit answers first; this one is for a machine that hangs.
      const limit = setTimeout(() => { finish(); reject(new Error(`the virtual machine does not answer: ${this.lastWords()}`)); }, (seconds + 30) * 1000);
      const finish = (): void => { clearTimeout(limit); this.waiting.delete(id); this.child.off('exit', gone); };
      if (this.child.exitCode !== null || this.child.signalCode !== null) { gone(); return; }
      this.child.once('exit', gone);
      this.waiting.set(id, (answer) => { finish(); resolve(answer); });
      this.child.stdin.write(`${String(id)} ${String(seconds)} ${Buffer.from(line).toString('base64')}\n`);
    });
  }

  /** The same; a failure throws with its output. */
  async run(line: string, seconds = 20): Promise<string> {
    const { code, output } = await this.tries(line, seconds);
    if (code !== 0) throw new Error(`machine: ${line}\nended with ${String(code)}: ${output.trim()}`);
    return output;
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private lastWords(): string {
    const file = join(this.folder, 'console');
    return existsSync(file) ? readFileSync(file, 'utf8').slice(-2000).trim() : '';
  }
}

/** `ID CODE BASE64`, a line each. */
function readAnswers(child: ChildProcessWithoutNullStreams, waiting: ReadonlyMap<number, (answer: Answer) => void>): void {
  let parts: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...parts, chunk.subarray(from, end)]).toString('latin1');
      parts = [];
      from = end + 1;
      const found = /^(\d+) (\d+) (\S*)$/.exec(line);
      if (found) waiting.get(Number(found[1]))?.({ code: Number(found[2]), output: Buffer.from(found[3] ?? '', 'base64').toString('utf8') });
    }
    parts.push(chunk.subarray(from));
  });
}
