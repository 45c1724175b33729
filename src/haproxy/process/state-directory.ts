import { chmod, mkdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { certificateDirectory } from './certificate-file.ts';
import { acquireLock } from './state-lock.ts';

/** The directory that Fairway and its HAProxy share, locked for this process. Paths are absolute. */
export interface StateDirectory {
  readonly path: string;
  /** Sockets. */
  readonly run: string;
  readonly maps: string;
  readonly certs: string;
  readonly lua: string;
  /** Gives the lock back; the files stay. */
  readonly release: () => Promise<void>;
}

export type StateDirectoryAnswer = { readonly ok: true; readonly state: StateDirectory } | { readonly ok: false; readonly message: string };

/**
 * HAProxy binds a unix socket under a temporary name, `<path>.<pid>.tmp`, and accepts paths of at most 97 bytes for it
 * (sockaddr_un holds 108). 24 bytes are left for the names in run/.
 */
const longestPath = 97 - '/run/'.length - 24;

/** Makes the directory (0700) with run/, maps/, certs/ and lua/, and takes its lock. Refuses with a sentence for the operator. */
export async function openStateDirectory(path: string): Promise<StateDirectoryAnswer> {
  const absolute = resolve(path);
  const length = Buffer.byteLength(absolute);
  if (length > longestPath) {
    return { ok: false, message: `The state directory ${absolute} has a path of ${length} bytes; unix sockets inside allow ${longestPath}. Choose a shorter one.` };
  }
  const directories = { run: join(absolute, 'run'), maps: join(absolute, 'maps'), certs: certificateDirectory(absolute), lua: join(absolute, 'lua') };
  try {
    await makeDirectory(absolute);
    // It may have been there, open to others.
    await chmod(absolute, 0o700);
    for (const directory of Object.values(directories)) {
      await makeDirectory(directory);
      await chmod(directory, 0o700);
    }
    const lock = await acquireLock(join(absolute, 'lock'));
    if (!lock.ok) return { ok: false, message: `The state directory ${absolute} is in use by the process ${lock.owner}. Two routers cannot share one: stop that one, or choose another directory.` };
    return { ok: true, state: { path: absolute, ...directories, release: lock.release } };
  } catch (error) {
    return { ok: false, message: `The state directory ${absolute} cannot be used: ${explain(error)}` };
  }
}

/** Makes a directory (0700), and what it stands in. Not `recursive: true`: where a file system answers ENOENT to every mkdir (/proc), Node 24 tries for ever. */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}

function explain(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  const at = path ?? 'it';
  switch (code) {
    case 'EACCES':
    case 'EPERM': return `this account may not write ${at}.`;
    case 'EROFS': return `${at} is on a file system mounted read-only.`;
    case 'ENOTDIR':
    case 'EEXIST': return `${at}, or what it stands in, is no directory.`;
    case 'ENOSPC':
    case 'EDQUOT': return `no space is left for ${at}.`;
    default: return message;
  }
}
