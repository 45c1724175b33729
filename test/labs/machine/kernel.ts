import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir, release } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A kernel that can be booted, with the folder of its modules. */
export interface Kernel {
  readonly version: string;
  /** The bootable image. */
  readonly image: string;
  /** The folder that has `kernel/net/...` in it. */
  readonly modules: string;
}

/** Debian's kernel for virtual machines: IPVS, bridge filter and tunnels as modules, virtio, no firmware. The package depends on the newest version. */
const packageName = 'linux-image-cloud-amd64';

/** What we keep between runs: a kernel (30 MB packed, 100 MB unpacked) and the root file system made for it. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fairway-labs');
}

/**
 * A kernel with IPVS: one that is installed here, one of an earlier run, or the distribution's package, unpacked into the cache. It is
 * not installed: that would run boot loader hooks, and this machine need not boot it. Throws with what to do when there is none.
 */
export async function findKernel(): Promise<Kernel> {
  const kernel = (await kernelHere()) ?? (await fetchKernel(unpacked()));
  if (kernel === null) throw new Error(`${packageName} has no kernel with IPVS`);
  return kernel;
}

/** The same without fetching anything: null when there is none yet. */
export async function kernelHere(): Promise<Kernel | null> {
  return (await kernelsIn('/')) ?? (await kernelsIn(unpacked()));
}

function unpacked(): string {
  return join(cacheDirectory(), 'kernels');
}

async function kernelsIn(root: string): Promise<Kernel | null> {
  const names = await readdir(join(root, 'boot')).catch((): string[] => []);
  const versions = names.flatMap((name) => /^vmlinuz-(.+)$/.exec(name)?.[1] ?? []).sort().reverse();
  // The running kernel's console and disks need not fit a virtual machine; the cloud flavour's do.
  const wanted = versions.filter((version) => version.includes('cloud') && version !== release());
  for (const version of wanted) {
    const kernel = { version, image: join(root, 'boot', `vmlinuz-${version}`), modules: join(root, 'lib/modules', version) };
    if ((await readable(kernel.image)) && (await readable(join(kernel.modules, 'kernel/net/netfilter/ipvs/ip_vs.ko')))) return kernel;
  }
  return null;
}

async function readable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(() => true, () => false);
}

async function fetchKernel(directory: string): Promise<Kernel | null> {
  await mkdir(cacheDirectory(), { recursive: true });
  const work = await mkdtemp(join(cacheDirectory(), 'fetch-'));
  try {
    const { stdout } = await execute('apt-cache', ['depends', packageName]);
    const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
    if (name === undefined) throw new Error(`apt-cache knows no ${packageName}: apt-get update`);
    await execute('apt-get', ['download', '-qq', name], { cwd: work, timeout: 300_000 });
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (archive === undefined) throw new Error(`apt-get download ${name} brought nothing`);
    await execute('dpkg-deb', ['-x', archive, 'root'], { cwd: work, timeout: 120_000 });
    // Whole or not at all, also when two runs do this at once.
    await rm(directory, { recursive: true, force: true });
    await rename(join(work, 'root'), directory);
    return await kernelsIn(directory);
  } catch (error) {
    throw new Error(`no kernel with IPVS here, and the distribution's could not be fetched (${error instanceof Error ? error.message.trim() : String(error)}). Install ${packageName}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
