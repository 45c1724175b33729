import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Kernel } from './kernel.ts';

const execute = promisify(execFile);

/** Folders of modules (or one module) that a network without hardware may ask for; what those need comes along. */
const wanted = [
  'kernel/net/netfilter', 'kernel/net/ipv4', 'kernel/net/ipv6', 'kernel/net/bridge', 'kernel/net/8021q', 'kernel/drivers/net/veth.ko', 'kernel/drivers/net/dummy.ko',
  'kernel/drivers/char/virtio_console.ko', 'kernel/drivers/virtio/virtio_pci.ko',
] as const;

/**
 * Copies the wanted modules and all they need below `root`, and makes the tables by which modprobe finds them there (depmod of busybox: the
 * unpacked package has none).
 */
export async function copyModules(kernel: Kernel, busybox: string, root: string): Promise<void> {
  const target = join(root, 'lib/modules', kernel.version);
  const all = (await readdir(kernel.modules, { recursive: true })).filter((name) => /\.ko(?:\.xz)?$/.test(name));
  const byName = new Map(all.map((path) => [moduleName(path), path]));
  const waiting = all.filter((path) => wanted.some((one) => path === one || path.startsWith(`${one}/`) || path.startsWith(`${one}.`)));
  const copied = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (copied.has(path)) continue;
    copied.add(path);
    await mkdir(dirname(join(target, path)), { recursive: true });
    const module = await unpacked(join(kernel.modules, path));
    await writeFile(join(target, path.replace(/\.xz$/, '')), module);
    for (const name of needs(module)) {
      const other = byName.get(name);
      // A part that is built into the kernel has no file.
      if (other !== undefined) waiting.push(other);
    }
  }
  for (const name of ['modules.builtin', 'modules.order']) await cp(join(kernel.modules, name), join(target, name));
  await execute(busybox, ['depmod', '-b', root, kernel.version], { timeout: 60_000 });
}

function moduleName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.ko(?:\.xz)?$/, '').replaceAll('-', '_');
}

/** Debian 13 packs its modules, Debian 12 does not. */
async function unpacked(path: string): Promise<Buffer> {
  if (!path.endsWith('.xz')) return readFile(path);
  const { stdout } = await execute('xz', ['-dc', path], { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The section .modinfo of a module is text: `depends=nf_conntrack,libcrc32c`. */
function needs(module: Buffer): string[] {
  const at = module.indexOf('\0depends=');
  if (at < 0) return [];
  const from = at + '\0depends='.length;
  return module.toString('latin1', from, module.indexOf(0, from)).split(',').filter((name) => name !== '').map((name) => name.replaceAll('-', '_'));
}
