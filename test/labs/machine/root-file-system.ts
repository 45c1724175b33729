import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { cpio } from './cpio.ts';
import type { Entry } from './cpio.ts';
import { init } from './init.ts';
import { cacheDirectory } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import { copyModules } from './modules.ts';
import { extensions, installed, libraries, programs } from './programs.ts';

/** Copied when they are there: names of protocols and services, what the system calls itself. */
const texts = ['/etc/protocols', '/etc/services', '/etc/os-release', '/etc/iproute2'] as const;

/** Made anew when this file or its neighbours do something else. */
const format = 2;

/**
 * The root file system of the virtual machine, in memory: this machine's own programs with their libraries, the kernel's network
 * modules, and an init. Kept in the cache until the kernel, a program or a library becomes another. Returns its path.
 */
export async function rootFileSystem(kernel: Kernel): Promise<string> {
  const [busybox] = installed(['busybox']);
  if (busybox === undefined) throw new Error('busybox is not installed: busybox-static');
  const found = installed(programs);
  const path = join(cacheDirectory(), `root-${await key(kernel, [busybox.file, ...found.map(({ file }) => file)])}.cpio`);
  if (await stat(path).then(() => true, () => false)) return path;
  const work = await mkdtemp(join(tmpdir(), 'fairway-machine-'));
  try {
    await copyModules(kernel, busybox.file, work);
    const files = [...new Set([...found.map(({ file }) => file), ...extensions()])];
    const entries: Entry[] = [
      // /bin and its like are links to /usr in this machine's programs as well (merged /usr).
      ...['bin', 'sbin', 'lib', 'lib64'].flatMap((name): Entry[] => [{ kind: 'directory', path: `usr/${name}` }, { kind: 'link', path: name, target: `usr/${name}` }]),
      ...['proc', 'sys', 'dev', 'tmp', 'run', 'root', 'etc', 'var/log', 'var/lib', 'busybox', 'agent', 'labs'].map((name): Entry => ({ kind: 'directory', path: name })),
      { kind: 'link', path: 'var/run', target: '/run' },
      // The kernel calls it by this name when a part is missing (kernel.modprobe).
      { kind: 'link', path: 'usr/sbin/modprobe', target: '/busybox/busybox' },
      { kind: 'file', path: 'init', mode: 0o755, content: Buffer.from(init) },
      { kind: 'file', path: 'busybox/busybox', mode: 0o755, content: await readFile(busybox.file) },
      text('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'),
      text('etc/group', 'root:x:0:\nnogroup:x:65534:\n'),
      text('etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n'),
    ];
    for (const file of [...files, ...(await libraries(files))]) entries.push(...(await copied(file)));
    for (const { name, file } of found) if (!file.endsWith(`/${name}`)) entries.push({ kind: 'link', path: `usr/bin/${name}`, target: file });
    for (const name of texts) for (const file of await under(name)) entries.push({ kind: 'file', path: file.slice(1), mode: 0o644, content: await readFile(file) });
    for (const file of await under(join(work, 'lib'))) entries.push({ kind: 'file', path: `usr/${relative(work, file)}`, mode: 0o644, content: await readFile(file) });
    await mkdir(cacheDirectory(), { recursive: true });
    // Older ones are of no more use. A half-written file is never taken for a whole one.
    for (const old of await readdir(cacheDirectory())) if (/^root-\w+\.cpio$/.test(old)) await rm(join(cacheDirectory(), old), { force: true });
    const part = `${path}.${String(process.pid)}`;
    await writeFile(part, cpio(entries));
    await rename(part, path);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function text(path: string, content: string): Entry {
  return { kind: 'file', path, mode: 0o644, content: Buffer.from(content) };
}

/** A program or library where it is here. Libraries are asked for by a name that is often a link to another. */
async function copied(file: string): Promise<Entry[]> {
  const real = await realpath(file);
  const merged = (path: string): string => path.replace(/^\/(bin|sbin|lib|lib64)\//, '/usr/$1/').slice(1);
  const entries: Entry[] = [{ kind: 'file', path: merged(real), mode: 0o755, content: await readFile(real) }];
  if (merged(real) !== merged(file)) entries.push({ kind: 'link', path: merged(file), target: `/${merged(real)}` });
  return entries;
}

async function under(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) return [];
  if (found.isFile()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** Changes with the kernel, the programs and the loader's cache (which is written anew whenever a library is installed). */
async function key(kernel: Kernel, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(`${String(format)} ${kernel.version} ${kernel.modules} ${init} ${programs.join(' ')}`);
  for (const file of [...files, '/etc/ld.so.cache']) {
    const seen = await stat(file).catch(() => null);
    hash.update(`${file} ${String(seen?.size)} ${String(seen?.mtimeMs)}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
