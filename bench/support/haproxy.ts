import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild, type Child } from './children.ts';
import { scratchDirectory } from './scratch.ts';

export const accepts = (port: number): Promise<boolean> => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => { socket.destroy(); resolve(true); });
  socket.once('error', () => { resolve(false); });
});

/** A HAProxy of the benchmark's own; resolves when `port` accepts. `-db`: foreground. */
export const startHaproxy = async (configuration: string, port: number): Promise<Child> => {
  const file = join(scratchDirectory(), 'haproxy.cfg');
  writeFileSync(file, configuration);
  const child = startChild('haproxy', ['-db', '-f', file]);
  for (;;) {
    if (child.process.exitCode !== null) throw new Error(`HAProxy did not start:\n${child.output()}`);
    if (await accepts(port)) return child;
    await sleep(20);
  }
};

/** Holds a process, all its threads, to one core, so that what is measured does not share it with clients and members. */
export const pin = (pid: number, core: number): void => {
  execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' });
};
