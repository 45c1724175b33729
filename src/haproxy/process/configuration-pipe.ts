import { execFile } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, writeSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * A named pipe that a HAProxy which is starting reads its configuration from (`-f`), or a list of certificates (`crt-list`), while it is
 * written. HAProxy 2.6 parses each line as it comes. A configuration that is cut off in the middle of a line is refused ("Missing LF on last
 * line"): whoever writes piece by piece ends no piece but the last with its line, so that a writer who dies leaves no HAProxy with half a
 * configuration behind.
 */
export class ConfigurationPipe {
  readonly path: string;
  #file: Promise<FileHandle | null> | null = null;
  /** Descriptor for `offer`. */
  #ready: number | null = null;
  #opened = false;
  #unread = false;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * One for each path; null: none can be made here (a file system without them, no mkfifo). Whatever was at a path is gone: a HAProxy that
   * waits there for a writer who was killed finds the end, and ends.
   */
  static async make(...paths: readonly string[]): Promise<readonly ConfigurationPipe[] | null> {
    for (const path of paths) releaseReader(path);
    await Promise.all(paths.map((path) => unlink(path).catch(() => undefined)));
    return promisify(execFile)('mkfifo', ['-m', '600', ...paths]).then(() => paths.map((path) => new ConfigurationPipe(path)), () => null);
  }

  /** Resolves when there is a reader, or none any more; then nothing is at the path: another file may take its place. */
  async opened(): Promise<void> {
    if (!this.#unread) await this.#open();
  }

  /** Writes at once, without waiting, what there is room for (64 KB at first); how many bytes that were. None before `opened`. */
  offer(bytes: Uint8Array): number {
    if (this.#ready === null || this.#unread) return 0;
    try {
      return writeSync(this.#ready, bytes);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EPIPE') return 0;
      throw error;
    }
  }

  /** Waits until there is a reader, and until it has taken nearly all. Does nothing once there is none any more: its last words say why. */
  async write(text: string | Uint8Array): Promise<void> {
    if (this.#unread) return;
    const file = await this.#open();
    await file?.writeFile(text).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    });
  }

  /** The reader finds the end of the text. */
  async end(): Promise<void> {
    const file = await this.#file;
    const unopened = this.#file === null;
    this.#file = Promise.resolve(null);
    this.#release();
    await file?.close();
    if (unopened) await unlink(this.path).catch(() => undefined);
  }

  /** The reader has ended. If it had not come to reading, opening the pipe would wait for ever: then this takes its place for a moment. */
  async abandon(): Promise<void> {
    this.#unread = true;
    if (this.#file === null || this.#opened) return;
    const reader = await open(this.path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
    await this.#file;
    await reader?.close();
  }

  #open(): Promise<FileHandle | null> {
    this.#file ??= open(this.path, 'w').catch(() => null).then(async (file) => {
      this.#opened = true;
      // Now that there is a reader, a second way in that never waits.
      if (file !== null && !this.#unread) this.#ready = openWithoutWaiting(this.path);
      await unlink(this.path).catch(() => undefined);
      return file;
    });
    return this.#file;
  }

  #release(): void {
    if (this.#ready !== null) closeSync(this.#ready);
    this.#ready = null;
  }
}

/** null: the reader has gone again (ENXIO). */
const openWithoutWaiting = (path: string): number | null => {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
};

const releaseReader = (path: string): void => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFIFO() !== true) return;
  const writer = openWithoutWaiting(path);
  if (writer !== null) closeSync(writer);
};
