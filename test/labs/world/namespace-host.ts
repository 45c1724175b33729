import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { repository } from '../../support/fairway-command.ts';
import type { Daemon, Host } from '../lab.ts';
import { hostSetup } from './host-setup.ts';
import { runProgram } from './run-program.ts';

const path = [dirname(process.execPath), '/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');

/** `$LABS` in a shell line is the folder of the labs: `node $LABS/programs/answer.ts 80`. */
const environment = { PATH: path, HOME: '/root', LANG: 'C.UTF-8', LABS: join(repository, 'test/labs') };

/** A host made of namespaces: network, name, processes, mounts. Commands enter by nsenter; the holder's end is everything's end. */
export class NamespaceHost implements Host {
  readonly name: string;
  /** Of the first process, as this machine counts. */
  readonly pid: number;
  private readonly holder: ChildProcess;

  private constructor(name: string, holder: ChildProcess, pid: number) {
    this.name = name;
    this.holder = holder;
    this.pid = pid;
  }

  /** Throws when this machine does not allow namespaces. */
  static async start(name: string, marker: string): Promise<NamespaceHost> {
    const holder = spawn('unshare', ['--net', '--uts', '--ipc', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', hostSetup(name, marker)], { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    holder.stdin.on('error', () => undefined);
    let said = '';
    holder.stderr.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
    await new Promise<void>((resolve, reject) => {
      holder.once('error', reject);
      holder.once('exit', () => { reject(new Error(`the host ${name} could not be made: ${said.trim()}`)); });
      holder.stdout.once('data', () => { resolve(); });
    });
    // The child of unshare is the first process of the new process namespace.
    const children = await runProgram('cat', [`/proc/${String(holder.pid)}/task/${String(holder.pid)}/children`], { seconds: 5 });
    return new NamespaceHost(name, holder, Number(children.output.trim()));
  }

  async run(line: string, seconds = 20): Promise<string> {
    const { code, output } = await this.tries(line, seconds);
    if (code !== 0) throw new Error(`${this.name}: ${line}\nended with ${String(code)}${code === 124 ? ' (time limit)' : ''}: ${output.trim()}`);
    return output;
  }

  async tries(line: string, seconds = 20): Promise<{ readonly code: number; readonly output: string }> {
    // The time limit stands inside: ending nsenter would leave its child behind.
    return runProgram('nsenter', this.enter('timeout', '-k', '1', String(seconds), 'sh', '-c', line), { seconds: seconds + 5, environment });
  }

  async write(file: string, text: string): Promise<void> {
    const { code, output } = await runProgram('nsenter', this.enter('sh', '-c', 'mkdir -p "$(dirname "$1")" && cat > "$1"', 'sh', file), { seconds: 10, environment, input: text });
    if (code !== 0) throw new Error(`${this.name}: ${file} could not be written: ${output.trim()}`);
  }

  async start(name: string, line: string): Promise<Daemon> {
    const child = spawn('nsenter', this.enter('sh', '-c', `echo $$ > /run/lab/${name}.pid; exec ${line} >> /var/log/${name}.log 2>&1`), { env: environment, stdio: 'ignore' });
    const ended = once(child, 'exit');
    ended.catch(() => undefined);
    await this.until(`[ -s /run/lab/${name}.pid ]`, 5);
    return {
      name,
      stop: async (signal = 'SIGTERM') => {
        await this.tries(`kill -${signal.replace(/^SIG/, '')} $(cat /run/lab/${name}.pid)`);
        if (signal === 'SIGSTOP' || signal === 'SIGCONT' || signal === 'SIGHUP' || signal === 'SIGUSR1' || signal === 'SIGUSR2') return;
        await Promise.race([ended, sleep(5000).then(() => { throw new Error(`${this.name}: ${name} did not end within 5 s of ${signal}`); })]);
      },
    };
  }

  async until(line: string, seconds = 10): Promise<void> {
    // One shell that repeats itself costs less than one nsenter for each try.
    const { code, output } = await this.tries(`until { ${line}\n} > /run/lab/until 2>&1; do sleep 0.1; done`, seconds);
    if (code === 0) return;
    const last = await this.tries('cat /run/lab/until');
    throw new Error(`${this.name}: not within ${String(seconds)} s: ${line}\n${output}${last.output}`);
  }

  /** Runs the collecting script here; the archive is written outside. */
  async collect(script: string, args: readonly string[], archive: string): Promise<void> {
    const child = spawn('nsenter', this.enter('sh', '-s', '-', '-o', '-', ...args), { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString('utf8'); });
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
    const ended = once(child, 'exit');
    const file = child.stdout.pipe(createWriteStream(archive));
    await finished(file);
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`${this.name}: collecting ended with ${String(code)}: ${said.trim()}`);
  }

  async end(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const ended = once(this.holder, 'exit');
    // --kill-child: the first process inside ends with unshare, and everything inside with it.
    this.holder.kill('SIGKILL');
    await ended;
  }

  private enter(...words: readonly string[]): string[] {
    return ['-t', String(this.pid), '-n', '-u', '-i', '-m', '-p', '--', ...words];
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, milliseconds).unref(); });
}
