import { execFile } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/**
 * Programs of this machine that the virtual one gets, as installed here, because what they print is evidence: it must look as on a real host.
 * Everything else (cat, sed, awk, ...) is busybox: the collecting script starts hundreds of those, and an emulated processor loads a
 * static program in half the time.
 */
export const programs: readonly string[] = [
  'sh', 'ip', 'bridge', 'ss', 'iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'iptables-legacy', 'iptables-legacy-save', 'nft', 'ipset', 'conntrack', 'ipvsadm',
  'arping', 'ping', 'ps', 'sysctl', 'dmesg', 'keepalived', 'curl', 'mount',
  // What starts other programs: busybox's would start its own ones in their place.
  'timeout', 'setsid', 'env', 'xargs', 'flock', 'nsenter', 'unshare',
];

/** Programs without which no lab in the virtual machine can run. */
export const needed = ['ip', 'bridge', 'ss', 'iptables', 'ipvsadm', 'curl', 'flock', 'nsenter', 'unshare', 'mount', 'timeout', 'setsid', 'ps', 'sysctl', 'dmesg'] as const;

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

export interface Installed {
  readonly name: string;
  /** Without symbolic links. Several names may be one program. */
  readonly file: string;
}

export function installed(names: readonly string[]): Installed[] {
  return names.flatMap((name) => {
    const found = folders.map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
    return found === undefined ? [] : [{ name, file: realpathSync(found) }];
  });
}

/** Loaded by name at run time, so the loader's list does not show them: extensions of iptables, name look-up of libc. */
export function extensions(): string[] {
  const roots = ['/usr/lib', ...readdirSync('/usr/lib').filter((name) => /-linux-gnu$/.test(name)).map((name) => `/usr/lib/${name}`)];
  return roots.flatMap((root) => [
    ...(existsSync(`${root}/xtables`) ? readdirSync(`${root}/xtables`).map((name) => `${root}/xtables/${name}`) : []),
    ...readdirSync(root).filter((name) => /^libnss_files\.so/.test(name)).map((name) => `${root}/${name}`),
  ]).filter((path) => /\.so(?:\.|$)/.test(path));
}

/** Shared libraries that these programs load, by the names they are loaded by. */
export async function libraries(files: readonly string[]): Promise<string[]> {
  // ldd ends with 1 when one of them is a script or static, and still lists the others.
  const { stdout } = await execute('ldd', [...files], { maxBuffer: 16 * 1024 * 1024 }).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && typeof error.stdout === 'string') return { stdout: error.stdout };
    throw error;
  });
  const found = new Set<string>();
  for (const line of stdout.split('\n')) {
    // `	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x...)`, `	/lib64/ld-linux-x86-64.so.2 (0x...)`
    const path = /^\s+(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1];
    if (path !== undefined) found.add(path);
  }
  return [...found];
}
