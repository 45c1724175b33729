import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { nameOf } from './manifest-names.ts';
import { codeOf } from './read-file.ts';

interface Watched {
  /** `dev:ino` of the directory that the kernel watches: the same path may become another directory. */
  readonly identity: string;
  /** null: the kernel refused. */
  readonly watcher: FSWatcher | null;
  readonly refusal: string;
}

/**
 * One inotify watch per directory, without `recursive`: Node 22 and 24 make recursive watches on Linux out of one watch for
 * every file, miss events in new directories, and follow no links. The events are hints where to look, nothing more.
 */
export class DirectoryWatchers {
  readonly #watched = new Map<string, Watched>();
  readonly #event: (directory: string, name: string | null) => void;

  /** `event` gets the directory and the name inside that something happened to; null: anything may have. */
  constructor(event: (directory: string, name: string | null) => void) {
    this.#event = event;
  }

  /** Error code by directory, for those that are not watched although they should be. */
  get refusals(): ReadonlyMap<string, string> {
    return new Map([...this.#watched].filter(([, one]) => one.watcher === null).map(([directory, one]) => [directory, one.refusal]));
  }

  has(directory: string): boolean {
    return this.#watched.has(directory);
  }

  isSame(directory: string, identity: string): boolean {
    return this.#watched.get(directory)?.identity === identity;
  }

  /** Watches `directory`, anew where it is not the one that was watched; a refusal is tried again with every call. */
  ensure(directory: string, identity: string): void {
    const known = this.#watched.get(directory);
    if (known?.identity === identity && known.watcher !== null) return;
    this.drop(directory);
    try {
      const watcher = watch(directory, { encoding: 'buffer' }, (_kind, name) => {
        this.#event(directory, name === null ? null : nameOf(name));
      });
      watcher.on('error', () => {
        this.drop(directory);
        this.#event(directory, null);
      });
      this.#watched.set(directory, { identity, watcher, refusal: '' });
    } catch (thrown) {
      // ENOSPC: max_user_watches; EMFILE: max_user_instances. Looking on a timer replaces the watch.
      this.#watched.set(directory, { identity, watcher: null, refusal: codeOf(thrown) });
    }
  }

  drop(directory: string): void {
    this.#watched.get(directory)?.watcher?.close();
    this.#watched.delete(directory);
  }

  stop(): void {
    for (const directory of [...this.#watched.keys()]) this.drop(directory);
  }
}
