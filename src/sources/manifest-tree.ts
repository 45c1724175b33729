import { readdirSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { identityOf, isDirectory, leadsBack } from './directory-identity.ts';
import type { DirectoryWatchers } from './directory-watchers.ts';
import type { ManifestFiles } from './manifest-files.ts';
import { ManifestLinks } from './manifest-links.ts';
import { kindOfName, nameOf } from './manifest-names.ts';
import type { NameKind } from './manifest-names.ts';
import { codeOf, isMissing, stampOf } from './read-file.ts';
import type { SourceProblem } from './source.ts';
import type { SourceProblemCode } from './source-codes.ts';

/** A directory this deep is a link that leads back in a way that was not noticed. */
const deepest = 32;

const problem = (code: SourceProblemCode, file: string, message: string, hint: string): SourceProblem =>
  ({ code, file, line: 1, message, hint, severity: 'error' });

/** What a directory held when it was listed: manifests and directories; and what could not be used. */
interface Listing {
  readonly present: Set<string>;
  readonly problems: readonly SourceProblem[];
}

/** The manifests below one directory: finds them, watches their directories, follows links. Tells files to be looked at. */
export class ManifestTree {
  readonly #root: string;
  readonly #files: ManifestFiles;
  readonly #watchers: DirectoryWatchers | null;
  /** Directories that were listed, with what could not be used in them. */
  readonly #directories = new Map<string, Listing>();
  readonly #links: ManifestLinks;
  #gone = false;

  /** Without watchers the tree is looked at only when told. */
  constructor(root: string, files: ManifestFiles, watchers: DirectoryWatchers | null) {
    this.#root = root;
    this.#files = files;
    this.#watchers = watchers;
    this.#links = new ManifestLinks(watchers);
  }

  /** true while the root itself is missing: nothing that is missing in it counts as removed. */
  get isGone(): boolean {
    return this.#gone;
  }

  /** true: something that happens in `directory` may matter. */
  cares(directory: string): boolean {
    return this.#directories.has(directory) || this.#links.lead(directory);
  }

  get problems(): readonly SourceProblem[] {
    return [...this.#directories.values()].flatMap((listing) => listing.problems);
  }

  /** Looks at everything whose stamp says that it may have changed. */
  scan(now: number): void {
    this.#scanDirectory(this.#root, now);
  }

  /** The same, with a pause for the caller behind each file. */
  scanInSteps(now: number): Iterable<void> {
    return this.#steps(this.#root, now, 0);
  }

  /** Something happened to `name` in `directory`; null: to anything there. */
  visit(directory: string, name: string | null, now: number): void {
    if (!isDirectory(this.#root)) {
      // Whatever is missing now goes with the root, which is kept as it was.
      this.scan(now);
      return;
    }
    for (const file of this.#links.filesIn(directory)) this.lookAt(file, now);
    if (!this.#directories.has(directory)) return;
    if (this.#mayBeAnything(directory, name)) this.#scanDirectory(directory, now);
    else if (name !== null) this.#visitName(join(directory, name), kindOfName(name), now);
  }

  /** true: the event says too little to look at one name only. */
  #mayBeAnything(directory: string, name: string | null): boolean {
    // Kubernetes swaps the link `..data` and touches nothing else: every link beside it now leads elsewhere.
    return name === null || name.startsWith('..') || kindOfName(name) === 'unusable' || !this.#isWhere(directory);
  }

  #visitName(path: string, kind: NameKind, now: number): void {
    if (kind === 'manifest') this.lookAt(path, now);
    else if (kind === 'other' && (this.#directories.has(path) || isDirectory(path))) this.#scanDirectory(path, now);
  }

  /** Reads one file, whatever its stamp says. */
  lookAt(path: string, now: number): void {
    this.#directories.get(dirname(path))?.present.add(path);
    if (this.#files.look(path, now) === 'directory') this.#scanDirectory(path, now);
    else this.#links.follow(path, (directory) => this.#directories.has(directory));
  }

  /** Looks again at files whose time has come; not while the root is gone, which would make them all missing. */
  lookAtDue(now: number): void {
    const due = this.#files.due(now);
    if (due.length === 0) return;
    if (isDirectory(this.#root)) for (const file of due) this.lookAt(file, now);
    else this.scan(now);
  }

  /** true: the directory at this path is still the one that is watched. */
  #isWhere(directory: string): boolean {
    if (this.#watchers === null) return true;
    try {
      return this.#watchers.isSame(directory, identityOf(directory));
    } catch {
      // It is gone: scanning it finds that out and says so.
      return false;
    }
  }

  #scanDirectory(directory: string, now: number): void {
    Array.from(this.#steps(directory, now, 0));
  }

  *#steps(directory: string, now: number, depth: number): Generator<void, void> {
    let names: readonly { readonly name: string | null; readonly link: boolean; readonly directory: boolean }[];
    try {
      // Watched first, listed second: whatever appears in between is seen by one of the two.
      const identity = identityOf(directory);
      this.#watchers?.ensure(directory, identity);
      names = readdirSync(directory, { encoding: 'buffer', withFileTypes: true }).map((entry) => ({
        name: nameOf(entry.name), link: entry.isSymbolicLink(), directory: entry.isDirectory(),
      }));
    } catch (thrown) {
      this.#cannotList(directory, thrown, now);
      return;
    }
    if (directory === this.#root) this.#gone = false;
    const problems: SourceProblem[] = [];
    const present = new Set<string>();
    const before = this.#directories.get(directory)?.present ?? [];
    this.#directories.set(directory, { present, problems });
    for (const { name, link, directory: isDir } of names) {
      const kind = name === null ? 'unusable' : kindOfName(name);
      if (name === null || kind === 'unusable') {
        const message = `A file name in ${directory} is not UTF-8 or holds control characters; the file is not read.`;
        problems.push(problem('source-file-name', directory, message, 'Rename the file.'));
        continue;
      }
      const path = join(directory, name);
      if (kind === 'ignored') continue;
      const below = isDir || (link && isDirectory(path));
      if (!below && kind !== 'manifest') continue;
      present.add(path);
      if (!below) {
        this.#lookIfChanged(path, now);
        yield;
      } else if (depth >= deepest || (link && leadsBack(directory, path))) {
        problems.push(problem('source-directory-unreadable', path, 'The link leads back to a directory around it.', 'Remove the link.'));
      } else yield* this.#steps(path, now, depth + 1);
    }
    for (const path of before) {
      if (present.has(path)) continue;
      if (this.#directories.has(path)) this.#forget(path, now);
      else this.lookAt(path, now);
    }
  }

  #lookIfChanged(path: string, now: number): void {
    try {
      if (this.#files.isCurrent(path, stampOf(statSync(path)))) return;
    } catch {
      // Reading it finds out why, and says so.
    }
    this.lookAt(path, now);
  }

  #cannotList(directory: string, thrown: unknown, now: number): void {
    const code = codeOf(thrown);
    if (code === '') throw thrown;
    this.#watchers?.drop(directory);
    if (isMissing(thrown) && directory !== this.#root) {
      this.#forget(directory, now);
      return;
    }
    this.#gone = isMissing(thrown);
    const told = this.#gone
      ? problem('source-directory-gone', directory, 'The manifest directory is gone; what was read from it before is served on.', 'Bring the directory back; it is read again at once.')
      : problem('source-directory-unreadable', directory, `The directory cannot be listed (${code}); what was read from it before is served on.`,
        'Give the user that Fairway runs as permission to read and enter it.');
    this.#directories.set(directory, { present: this.#directories.get(directory)?.present ?? new Set(), problems: [told] });
  }

  /** A directory is gone: so are its files and the directories below. */
  #forget(directory: string, now: number): void {
    const inside = `${directory}${sep}`;
    for (const below of [...this.#directories.keys()]) {
      if (below !== directory && !below.startsWith(inside)) continue;
      this.#directories.delete(below);
      this.#watchers?.drop(below);
    }
    for (const file of this.#files.known) if (file.startsWith(inside)) this.lookAt(file, now);
  }
}
