import { basename, dirname, join, resolve } from 'node:path';
import type { Resource } from '../resources/kinds.ts';
import type { FieldLines } from '../resources/metadata.ts';
import { DirectoryWatchers } from './directory-watchers.ts';
import { fieldLinesOnDisk } from './field-lines-on-disk.ts';
import { ManifestFiles } from './manifest-files.ts';
import type { FilePatience } from './manifest-files.ts';
import { ManifestTree } from './manifest-tree.ts';
import { fileLimit } from './read-file.ts';
import { requireDirectory } from './require-directory.ts';
import { byPlace } from './source.ts';
import { Quiet } from './quiet.ts';
import type { QuietPace } from './quiet.ts';
import type { Snapshot, Source, SourceProblem } from './source.ts';

/** When a directory is looked at. Milliseconds. */
export interface DirectoryPace extends QuietPace, FilePatience {
  /** Everything is compared by its stamp this often, for events that never came. */
  readonly rescan: number;
  /** The same while the directory is gone or cannot be watched. */
  readonly recover: number;
}

export const defaultPace: DirectoryPace = { quiet: 1, longest: 20, settle: 25, emptied: 1000, rescan: 10_000, recover: 200 };

/** The first reading gives way to others this often: HAProxy is begun, and certificates are judged, meanwhile. Milliseconds. */
const breath = 5;

const sameProblems = (a: readonly SourceProblem[], b: readonly SourceProblem[]): boolean =>
  a.length === b.length && a.every((one, place) => one === b[place] || JSON.stringify(one) === JSON.stringify(b[place]));

/** Objects from the files below a directory, followed as they change. */
export class ManifestDirectory implements Source {
  /** Line of a field of an object that came from here. */
  readonly lineOf: FieldLines;
  readonly #directory: string;
  readonly #pace: DirectoryPace;
  readonly #now: () => number;
  readonly #files: ManifestFiles;
  readonly #watchers: DirectoryWatchers;
  readonly #tree: ManifestTree;
  readonly #quiet: Quiet;
  /** Directory and name, as the events gave them; looked at when the burst is over. */
  #events = new Map<string, readonly [directory: string, name: string | null]>();
  #timer: NodeJS.Timeout | null = null;
  #nextScan = 0;
  #snapshot: Snapshot = { resources: [], problems: [] };
  /** The snapshot's problems in the order in which they were found. */
  #found: readonly SourceProblem[] = [];
  #changed: ((snapshot: Snapshot) => void) | null = null;

  /**
   * `directory` as the user typed it: origins begin with it. `now` in milliseconds since the epoch, like files' times. `seen` is told of
   * the objects of each file as soon as it is read, long before a snapshot has them all.
   */
  constructor(directory: string, pace: Partial<DirectoryPace> = {}, now: () => number = Date.now, seen?: (resources: readonly Resource[]) => void) {
    this.#directory = join(directory);
    this.#pace = { ...defaultPace, ...pace };
    this.#now = now;
    this.lineOf = fieldLinesOnDisk(fileLimit);
    this.#files = new ManifestFiles(fileLimit, this.#pace, seen);
    this.#watchers = new DirectoryWatchers((where, name) => this.#noticed(where, name));
    this.#tree = new ManifestTree(this.#directory, this.#files, this.#watchers);
    this.#quiet = new Quiet(this.#pace, () => this.#look());
  }

  /** Rejects with DirectoryMissing when there is no such directory. Files that are being written are waited for, briefly. */
  async start(changed: (snapshot: Snapshot) => void): Promise<Snapshot> {
    requireDirectory(this.#directory);
    this.#watchAround();
    const now = this.#now();
    let paused = performance.now();
    for (const _ of this.#tree.scanInSteps(now)) {
      if (performance.now() - paused < breath) continue;
      await new Promise((goOn) => setImmediate(goOn));
      paused = performance.now();
    }
    this.#scanned(now);
    for (let next = this.#files.nextLook; next !== null && !this.#tree.isGone; next = this.#files.nextLook) {
      const wait = Math.max(1, next - this.#now());
      await new Promise((wake) => setTimeout(wake, wait));
      this.#tree.lookAtDue(this.#now());
    }
    this.#snapshot = this.#compose();
    this.#changed = changed;
    // Events that came while files were waited for.
    if (this.#events.size > 0) this.#quiet.poke();
    this.#arm();
    return this.#snapshot;
  }

  async stop(): Promise<void> {
    this.#changed = null;
    this.#quiet.stop();
    this.#watchers.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** The directory may be a link that is turned to another release, or be renamed away and back: its parent tells. */
  #watchAround(): void {
    const around = dirname(resolve(this.#directory));
    this.#watchers.ensure(around, 'parent of the manifest directory');
  }

  #noticed(where: string, name: string | null): void {
    const absolute = resolve(this.#directory);
    if (where === dirname(absolute)) {
      if (name === null || name === basename(absolute)) this.#events.set(this.#directory, [this.#directory, null]);
      // The parent may be /tmp: its other names are nobody's business, unless a link leads there.
      else if (!this.#tree.cares(where)) return;
    }
    this.#events.set(`${where}\u0000${name ?? ''}`, [where, name]);
    if (this.#changed !== null) this.#quiet.poke();
  }

  #look(): void {
    const now = this.#now();
    const events = this.#events;
    this.#events = new Map();
    for (const [where, name] of events.values()) this.#tree.visit(where, name, now);
    this.#tell();
  }

  #scan(now: number): void {
    this.#tree.scan(now);
    this.#scanned(now);
  }

  #scanned(now: number): void {
    const hurried = this.#tree.isGone || this.#watchers.refusals.size > 0;
    this.#nextScan = now + (hurried ? this.#pace.recover : this.#pace.rescan);
  }

  /** Timer for whatever is due first: a file to be looked at again, or the next comparison of everything. */
  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const now = this.#now();
    if (this.#tree.isGone) this.#nextScan = Math.min(this.#nextScan, now + this.#pace.recover);
    const next = this.#tree.isGone ? this.#nextScan : Math.min(this.#nextScan, this.#files.nextLook ?? Number.POSITIVE_INFINITY);
    // Clocks jump; timers of Node have 31 bits.
    this.#timer = setTimeout(() => {
      const woken = this.#now();
      this.#tree.lookAtDue(woken);
      if (woken >= this.#nextScan || this.#nextScan - woken > this.#pace.rescan) this.#scan(woken);
      this.#tell();
    }, Math.min(Math.max(1, next - now), this.#pace.rescan));
  }

  #compose(): Snapshot {
    const { resources, problems } = this.#files.snapshot();
    const all = [...problems, ...this.#tree.problems, ...this.#notWatched()];
    const before = this.#snapshot;
    // Ten thousand warnings about Deployments must not be sorted anew with every change of something else.
    const same = sameProblems(this.#found, all);
    this.#found = all;
    if (same && before.resources === resources) return before;
    return { resources, problems: same ? before.problems : [...all].sort(byPlace) };
  }

  #tell(): void {
    const before = this.#snapshot;
    this.#snapshot = this.#compose();
    if (this.#changed === null) return;
    this.#arm();
    if (this.#snapshot !== before) this.#changed(this.#snapshot);
  }

  #notWatched(): readonly SourceProblem[] {
    return [...this.#watchers.refusals].filter(([directory]) => directory !== dirname(resolve(this.#directory))).map(([directory, code]) => {
      const sysctl = code === 'ENOSPC' ? 'fs.inotify.max_user_watches' : 'fs.inotify.max_user_instances';
      return {
        code: 'source-not-watched', file: directory, line: 1, severity: 'warning',
        message: `The directory cannot be watched (${code}); changes are noticed within ${this.#pace.recover} ms instead of at once.`,
        hint: `Raise the sysctl ${sysctl}.`,
      };
    });
  }
}
