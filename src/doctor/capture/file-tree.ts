import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { BigText } from '../evidence.ts';
import { tarMembers } from './tar.ts';

/** A captured file, whatever it lies in. */
export interface TreeFile {
  /** Relative to the root of the tree, `/` between names. */
  readonly path: string;
  /** As shown to people: root and path. */
  readonly shown: string;
  readonly bytes: number;
  readonly modified: number | null;
  /** Set for files up to `smallLimit`. */
  readonly content: Buffer | null;
  /** Set for larger ones, with their beginning. */
  readonly big: (BigText & { readonly head: Buffer }) | null;
}

export interface Tree {
  readonly name: string;
  readonly files: readonly TreeFile[];
  /** What was left out, and why. */
  readonly omitted: readonly { readonly path: string; readonly reason: string }[];
}

export const smallLimit = 8 * 1024 * 1024;
const headBytes = 64 * 1024;
const mostFiles = 20_000;
const deepest = 16;

export async function treeOf(path: string): Promise<Tree> {
  const entry = await stat(path);
  if (entry.isDirectory()) return directoryTree(path);
  if (/\.(?:tar|tar\.gz|tgz|tar\.xz|txz)$/i.test(path)) return archiveTree(path);
  const file = await fileOf(path, basename(path), path, entry.size, entry.mtimeMs);
  return { name: '', files: [file], omitted: [] };
}

async function fileOf(path: string, inside: string, shown: string, bytes: number, modified: number): Promise<TreeFile> {
  if (/\.gz$/i.test(path)) {
    const chunks = (): AsyncIterable<Uint8Array> => createReadStream(path).pipe(createGunzip());
    return taken(inside.replace(/\.gz$/i, ''), shown, bytes, modified, chunks);
  }
  // Files below /proc have size 0 and content all the same; reading them decides.
  if (bytes <= smallLimit) return { path: inside, shown, bytes, modified, content: await readFile(path), big: null };
  const handle = await open(path);
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    return { path: inside, shown, bytes, modified, content: null, big: { bytes, head: head.subarray(0, bytesRead), chunks: () => createReadStream(path, { highWaterMark: 1024 * 1024 }) } };
  } finally {
    await handle.close();
  }
}

/** Reads a stream until it proves small or large. */
async function taken(inside: string, shown: string, bytes: number, modified: number | null, chunks: () => AsyncIterable<Uint8Array>): Promise<TreeFile> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks()) {
    parts.push(chunk);
    length += chunk.length;
    if (length > smallLimit) {
      const head = Buffer.concat(parts).subarray(0, headBytes);
      return { path: inside, shown, bytes: Math.max(bytes, length), modified, content: null, big: { bytes: Math.max(bytes, length), head, chunks } };
    }
  }
  return { path: inside, shown, bytes: length, modified, content: Buffer.concat(parts), big: null };
}

async function directoryTree(root: string): Promise<Tree> {
  const files: TreeFile[] = [];
  const omitted: { path: string; reason: string }[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder === '' ? root : join(root, folder), { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const inside = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const full = join(root, inside);
      if (files.length >= mostFiles) { omitted.push({ path: full, reason: `more than ${String(mostFiles)} files` }); return; }
      if (entry.isDirectory()) {
        if (depth < deepest) await walk(inside, depth + 1);
        else omitted.push({ path: full, reason: 'folders nested too deep' });
      } else if (entry.isFile()) {
        try {
          const details = await stat(full);
          if (/\.(?:tar|tar\.gz|tgz|tar\.xz|txz)$/i.test(entry.name)) {
            const inner = await archiveTree(full);
            files.push(...inner.files.map((file) => ({ ...file, path: `${inside.replace(/\.(?:tar|tar\.gz|tgz|tar\.xz|txz)$/i, '')}/${file.path}` })));
            omitted.push(...inner.omitted);
          } else files.push(await fileOf(full, inside, full, details.size, details.mtimeMs));
        } catch (error) {
          omitted.push({ path: full, reason: error instanceof Error ? error.message : 'cannot be read' });
        }
      }
      // Symbolic links are not followed: a sosreport has many, and an archive from elsewhere may point anywhere.
    }
  };
  await walk('', 0);
  return { name: basename(root.replace(/\/+$/, '')), files, omitted };
}

async function archiveTree(path: string): Promise<Tree> {
  const files: TreeFile[] = [];
  const omitted: { path: string; reason: string }[] = [];
  const stream = (): AsyncIterable<Uint8Array> => uncompressed(path);
  let held = 0;
  for await (const member of tarMembers(stream())) {
    if (files.length >= mostFiles) { omitted.push({ path, reason: `more than ${String(mostFiles)} members` }); break; }
    const shown = `${path}!${member.path}`;
    if (member.bytes > smallLimit || held > 16 * smallLimit) {
      const parts: Buffer[] = [];
      let length = 0;
      for await (const chunk of member.body) { parts.push(Buffer.from(chunk)); length += chunk.length; if (length >= headBytes) break; }
      files.push({ path: member.path, shown, bytes: member.bytes, modified: member.modified, content: null, big: { bytes: member.bytes, head: Buffer.concat(parts).subarray(0, headBytes), chunks: () => memberBytes(stream, member.path) } });
      continue;
    }
    const parts: Buffer[] = [];
    for await (const chunk of member.body) parts.push(Buffer.from(chunk));
    held += member.bytes;
    files.push({ path: member.path, shown, bytes: member.bytes, modified: member.modified, content: Buffer.concat(parts), big: null });
  }
  return { name: basename(path).replace(/\.(?:tar|tar\.gz|tgz|tar\.xz|txz)$/i, ''), files, omitted };
}

async function* memberBytes(stream: () => AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  for await (const member of tarMembers(stream())) {
    if (member.path !== path) continue;
    yield* member.body;
    return;
  }
}

function uncompressed(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (/\.(?:tar\.gz|tgz)$/i.test(path)) {
    const gunzip = createGunzip();
    file.on('error', (error) => { gunzip.destroy(error); });
    return file.pipe(gunzip);
  }
  if (/\.(?:tar\.xz|txz)$/i.test(path)) { file.destroy(); return xz(path); }
  return file;
}

/** sosreports are .tar.xz, which Node cannot read: Debian's and Red Hat's xz does. */
async function* xz(path: string): AsyncGenerator<Uint8Array> {
  const child = spawn('xz', ['-dc', '--', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => { child.on('error', reject); child.on('close', resolve); });
  ended.catch(() => undefined);
  try {
    for await (const chunk of child.stdout) yield chunk as Uint8Array;
  } finally {
    child.kill();
  }
  const code = await ended.catch((error: unknown) => { throw new Error(`xz is needed to read ${path}: install xz-utils, or unpack it first`, { cause: error }); });
  if (code !== 0 && code !== null) throw new Error(`xz could not read ${path}`);
}
