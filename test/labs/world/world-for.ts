import { existsSync } from 'node:fs';
import type { Lab } from '../lab.ts';
import { MachineWorld } from '../machine/machine-world.ts';
import { whyNoMachine } from '../machine/why-no-machine.ts';
import { NamespaceWorld } from './namespace-world.ts';
import type { RunningWorld } from './running-world.ts';

/** What every lab in namespaces uses. */
const always = ['ip', 'bridge', 'nsenter', 'unshare', 'mount', 'hostname', 'timeout', 'sysctl', 'curl', 'ping', 'arping'] as const;

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** Why a lab cannot run on this machine, or null. */
export function whyNot(lab: Lab): string | null {
  switch (lab.needs) {
    case 'machine':
      return whyNoMachine(lab.programs);
    case 'namespaces':
    case 'whole-kernel': {
      if (process.platform !== 'linux') return 'not Linux';
      if (process.getuid?.() !== 0) return 'not root: namespaces cannot be made';
      const absent = [...always, ...lab.programs].filter((program) => !folders.some((folder) => existsSync(`${folder}/${program}`)));
      return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`;
    }
  }
}

/** The world that a lab asks for, empty. Ask `whyNot` first. */
export async function worldFor(lab: Lab): Promise<RunningWorld> {
  switch (lab.needs) {
    case 'machine':
      return MachineWorld.start();
    case 'namespaces':
    case 'whole-kernel':
      return NamespaceWorld.start();
  }
}

/** This machine may have the programs and still forbid namespaces (a container without the right), or have no way to get a kernel with IPVS. */
export function isForbidden(error: unknown): boolean {
  return error instanceof Error && /^no kernel with IPVS here|could not be made: .*(?:Operation not permitted|unshare failed|Permission denied)/s.test(error.message);
}
