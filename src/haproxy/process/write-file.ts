import { randomBytes } from 'node:crypto';
import { closeSync, lstatSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { lstat, open, readFile, rename, unlink } from 'node:fs/promises';

/**
 * Writes `content` with mode 0600 through a temporary file beside it and a rename, so that a reader sees the old or the new
 * content and never a part. Nothing is written when the file has this content already. Says whether it wrote. Whatever else is at the path
 * (a pipe that an earlier run left) gives way.
 */
export async function writeFileIfChanged(path: string, content: string | Uint8Array): Promise<boolean> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const present = await readRegular(path);
  if (present?.equals(bytes) === true) return false;
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    // `wx`: never through a link that somebody put there.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  return true;
}

/** null: there is no file. Reading a pipe would wait for ever. */
async function readRegular(path: string): Promise<Buffer | null> {
  try {
    return (await lstat(path)).isFile() ? await readFile(path) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/**
 * The same for a file that is not there yet, at once: thousands of small files cost half the time that way (60 us each; through the thread
 * pool it takes five trips).
 */
export function writeNewFile(path: string, content: string): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      const bytes = Buffer.from(content);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // It was not made.
    }
    throw error;
  }
}

/** `writeFileIfChanged` at once, for small files. */
export function writeSmallFileIfChanged(path: string, content: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && readFileSync(path, 'utf8') === content) return;
  writeNewFile(path, content);
}
