import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { identityOf } from './directory-identity.ts';
import type { DirectoryWatchers } from './directory-watchers.ts';

/** Manifests that are links: their text changes in another directory, which is watched too. */
export class ManifestLinks {
  readonly #watchers: DirectoryWatchers | null;
  /** File, and the directory in which its text really stands. */
  readonly #links = new Map<string, string>();

  constructor(watchers: DirectoryWatchers | null) {
    this.#watchers = watchers;
  }

  /** Links whose text stands in `directory`. */
  filesIn(directory: string): readonly string[] {
    return this.#links.size === 0 ? [] : [...this.#links].filter(([, real]) => real === directory).map(([file]) => file);
  }

  /** true: some link leads into `directory`. */
  lead(directory: string): boolean {
    return this.filesIn(directory).length > 0;
  }

  /** Finds out where `path` leads now. `isListed` tells directories that are watched in any case. */
  follow(path: string, isListed: (directory: string) => boolean): void {
    const before = this.#links.get(path);
    const now = this.#textDirectory(path);
    if (now === null) this.#links.delete(path);
    else this.#links.set(path, now);
    if (before !== undefined && before !== now && !isListed(before) && !this.lead(before)) this.#watchers?.drop(before);
  }

  /** null for an ordinary file, and for one that is gone. */
  #textDirectory(path: string): string | null {
    try {
      const real = dirname(realpathSync(path));
      if (real === realpathSync(dirname(path))) return null;
      this.#watchers?.ensure(real, identityOf(real));
      return real;
    } catch {
      // Gone, or a link that leads nowhere: that was reported when it was read.
      return null;
    }
  }
}
