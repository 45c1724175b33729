import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release } from 'node:os';

export interface Machine {
  readonly cores: number;
  /** As the kernel names it: `AMD EPYC`. */
  readonly processor: string;
  readonly kernel: string;
  readonly haproxy: string;
  readonly node: string;
}

/** The machine in general terms: nothing that names it. */
export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() ?? 'an unknown kind',
  // `6.1.0-18-amd64`: what follows the version names a build, sometimes a host.
  kernel: /^\d+\.\d+/.exec(release())?.[0] ?? release(),
  haproxy: /version (\d+\.\d+\.\d+)/.exec(execFileSync('haproxy', ['-v'], { encoding: 'utf8' }))?.[1] ?? 'unknown',
  node: process.versions.node,
});
