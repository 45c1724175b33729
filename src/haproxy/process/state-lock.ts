import { randomBytes } from 'node:crypto';
import { link, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { isRunning, readBootId, readIdentity } from './process-identity.ts';

export type Lock = { readonly ok: true; readonly release: () => Promise<void> } | { readonly ok: false; /** Pid of who has it. */ readonly owner: number };

interface Owner {
  readonly boot: string;
  readonly pid: number;
  readonly startTicks: number;
  /** Tells two locks of one process apart. */
  readonly token: string;
}

/**
 * A lock file that names its owner by pid, start time and boot, so that one left by a process that died is known to be stale.
 * It comes into being complete (link of a written file), and a stale one is replaced under a second lock of the same kind:
 * of two who find the same stale lock, one gets it.
 */
export async function acquireLock(path: string): Promise<Lock> {
  const identity = readIdentity(process.pid);
  if (identity === null) throw new Error('/proc does not tell about this process; Fairway needs /proc');
  const own: Owner = { ...identity, boot: readBootId(), token: randomBytes(8).toString('hex') };
  const draft = `${path}.${own.token}`;
  await writeFile(draft, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
  try {
    if (await tryLink(draft, path)) return held(path, own);
    const owner = await readOwner(path);
    if (owner !== null && isAlive(owner)) return { ok: false, owner: owner.pid };
    const takeover = `${path}.takeover`;
    if (!(await tryLink(draft, takeover))) {
      const other = await readOwner(takeover);
      if (other !== null && isAlive(other)) return { ok: false, owner: other.pid };
      await remove(takeover);
      if (!(await tryLink(draft, takeover))) return { ok: false, owner: (await readOwner(takeover))?.pid ?? 0 };
    }
    try {
      const now = await readOwner(path);
      if (now !== null && isAlive(now)) return { ok: false, owner: now.pid };
      // The draft has two names now; renaming one of two links of the same file would do nothing, so the lock gets a copy.
      await writeFile(`${draft}.copy`, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
      await rename(`${draft}.copy`, path);
      return held(path, own);
    } finally {
      await remove(takeover);
    }
  } finally {
    await remove(draft);
  }
}

function held(path: string, own: Owner): Lock {
  return {
    ok: true,
    release: async () => {
      if ((await readOwner(path))?.token === own.token) await remove(path);
    },
  };
}

function isAlive(owner: Owner): boolean {
  return owner.boot === readBootId() && isRunning(owner);
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

/** Null when there is no lock, or a file that names nobody: such a lock holds nothing. */
async function readOwner(path: string): Promise<Owner | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value !== 'object' || value === null) return null;
    const { boot, pid, startTicks, token } = value as Partial<Record<keyof Owner, unknown>>;
    if (typeof boot !== 'string' || typeof pid !== 'number' || typeof startTicks !== 'number' || typeof token !== 'string') return null;
    return { boot, pid, startTicks, token };
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
