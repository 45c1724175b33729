import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
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
  private readonly child: ChildProcess;
  private readonly input: Writable;
  /** Of the kernel and the emulator. */
  private readonly last: { readonly words: string };
  private readonly waiting: Map<number, (answer: Answer) => void>;
  private asked = 0;

  private constructor(child: ChildProcess, input: Writable, last: { readonly words: string }, waiting: Map<number, (answer: Answer) => void>, seconds: number) {
    this.child = child;
    this.input = input;
    this.last = last;
    this.waiting = waiting;
    this.bootSeconds = seconds;
  }

  /** Throws with the kernel's last words when it does not come up. */
  static async boot(): Promise<Machine> {
    const kernel = await findKernel();
    const root = await rootFileSystem(kernel);
    const began = performance.now();
    // Always emulated: it works everywhere alike, while /dev/kvm of a machine that is virtual itself may be there and fail.
    const child = spawn(emulator, [
      '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-m', '512', '-smp', '1', '-accel', 'tcg', '-cpu', 'qemu64',
      '-kernel', kernel.image, '-initrd', root, '-append', `console=ttyS0 quiet panic=-1 ${quick}`,
      '-chardev', 'socket,id=console,fd=3', '-serial', 'chardev:console',
      // The channel is this program's standard input and output: nothing outside can reach it, and it closes with us.
      '-chardev', 'stdio,id=channel,signal=off', '-device', 'virtio-serial-pci', '-device', `virtserialport,chardev=channel,name=${channelName}`,
    ], { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
    const [input, output, complaints, console] = child.stdio as unknown as [Writable, Readable, Readable, Readable];
    const last = { words: '' };
    for (const stream of [complaints, console]) stream.on('data', (chunk: Buffer) => { last.words = (last.words + chunk.toString('utf8')).slice(-2000); });
    input.on('error', () => undefined);
    const waiting = new Map<number, (answer: Answer) => void>();
    const ready = new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => { reject(new Error(`no answer within ${String(bootSeconds)} s`)); }, bootSeconds * 1000);
      waiting.set(0, () => { clearTimeout(limit); resolve(); });
      child.once('error', (error) => { clearTimeout(limit); reject(error); });
      child.once('exit', (code) => { clearTimeout(limit); reject(new Error(`ended with ${String(code)}`)); });
    });
    readAnswers(output, waiting);
    try {
      await ready;
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`the virtual machine did not come up: ${error instanceof Error ? error.message : String(error)}\n${last.words}`, { cause: error });
    }
    // A machine that nobody asks anything does not keep this program alive (each question has a timer that does), and ends with it.
    child.unref();
    for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
    process.once('exit', () => { child.kill('SIGKILL'); });
    return new Machine(child, input, last, waiting, Math.round((performance.now() - began) / 100) / 10);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Runs a shell line as root in the virtual machine. Throws when the machine is gone. */
  async tries(line: string, seconds = 20): Promise<Answer> {
    this.asked += 1;
    const id = this.asked;
    return new Promise((resolve, reject) => {
      const gone = (): void => { finish(); reject(new Error(`the virtual machine ended: ${this.last.words.trim()}`)); };
      // Its own limit answers first; this one is for a machine that hangs.
      const limit = setTimeout(() => { finish(); reject(new Error(`the virtual machine does not answer: ${this.last.words.trim()}`)); }, (seconds + 30) * 1000);
      const finish = (): void => { clearTimeout(limit); this.waiting.delete(id); this.child.off('exit', gone); };
      if (this.hasEnded) { gone(); return; }
      this.child.once('exit', gone);
      this.waiting.set(id, (answer) => { finish(); resolve(answer); });
      this.input.write(`${String(id)} ${String(seconds)} ${Buffer.from(line).toString('base64')}\n`);
    });
  }

  /** The same; a failure throws with its output. */
  async run(line: string, seconds = 20): Promise<string> {
    const { code, output } = await this.tries(line, seconds);
    if (code !== 0) throw new Error(`machine: ${line}\nended with ${String(code)}: ${output.trim()}`);
    return output;
  }

  async end(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** `ID CODE BASE64`, a line each. */
function readAnswers(from: Readable, waiting: ReadonlyMap<number, (answer: Answer) => void>): void {
  let parts: Buffer[] = [];
  from.on('data', (chunk: Buffer) => {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('latin1');
      parts = [];
      start = end + 1;
      const found = /^(\d+) (\d+) (\S*)$/.exec(line);
      if (found) waiting.get(Number(found[1]))?.({ code: Number(found[2]), output: Buffer.from(found[3] ?? '', 'base64').toString('utf8') });
    }
    parts.push(chunk.subarray(start));
  });
}
