import { emulator } from './machine.ts';
import { installed, needed } from './programs.ts';

/** Why the virtual machine cannot run here with these programs in it, or null. Its kernel is looked for when it boots: it may have to be fetched. */
export function whyNoMachine(programs: readonly string[] = []): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the virtual machine is for Linux on x86-64';
  const all = [emulator, 'busybox', ...needed, ...programs];
  const there = new Set(installed(all).map(({ name }) => name));
  const absent = all.filter((name) => !there.has(name));
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`;
}
