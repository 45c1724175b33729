import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ScratchHaproxy {
  readonly directory: string;
  readonly socketPath: string;
  readonly process: ChildProcess;
  /** What HAProxy wrote to its standard output and error. */
  output(): string;
  stop(): Promise<void>;
}

/** A HAProxy of a test's own, in a directory of its own, with `sections` behind a global section that opens the stats socket. */
export async function startScratchHaproxy(sections: string, options: { readonly directory?: string; readonly global?: string } = {}): Promise<ScratchHaproxy> {
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'fairway-haproxy-'));
  const socketPath = join(directory, 's.sock');
  const config = join(directory, 'haproxy.cfg');
  writeFileSync(config, `global
  stats socket ${socketPath} mode 600 level admin expose-fd listeners
  stats timeout 1d
  tune.bufsize 32768
  nbthread 1
  maxconn 500
${options.global ?? ''}
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
${sections.replaceAll('$DIR', directory)}
`);
  const log = join(directory, 'output.log');
  const fd = openSync(log, 'a', 0o600);
  const child = spawn('haproxy', ['-db', '-f', config], { stdio: ['ignore', fd, fd] });
  closeSync(fd);
  const exited = new Promise<void>((resolve) => { child.once('exit', () => { resolve(); }); child.once('error', () => { resolve(); }); });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await answers(socketPath)); attempt++) {
    if (attempt > 500 || child.exitCode !== null) {
      const text = readFileSync(log, 'utf8');
      await stop();
      throw new Error(`HAProxy did not start: ${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { directory, socketPath, process: child, output: () => readFileSync(log, 'utf8'), stop };
}

async function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => { socket.destroy(); resolve(true); });
    socket.once('error', () => { resolve(false); });
  });
}
