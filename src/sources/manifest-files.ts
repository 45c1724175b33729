import { keepLastGood, keptNotice } from './keep-last-good.ts';
import { ObjectIndex } from './object-index.ts';
import type { Contribution } from './object-index.ts';
import type { Resource } from '../resources/kinds.ts';
import { readFile } from './read-file.ts';
import type { Reading } from './read-file.ts';
import { problemsOf, readManifests } from './read-manifests.ts';
import type { Manifest } from './read-manifests.ts';
import type { Snapshot, SourceProblem } from './source.ts';

/** Patience with files that look as if somebody were still at them. Milliseconds. */
export interface FilePatience {
  /** A removed file, or one that seems cut off, counts after this long without a change. */
  readonly settle: number;
  /** A file that had objects and was emptied counts after this long: `command > file` empties it before the command runs. */
  readonly emptied: number;
}

interface FileState {
  readonly manifest: Manifest | undefined;
  readonly contribution: Contribution;
  readonly problems: readonly SourceProblem[];
  readonly stamp: string;
  /** true: written so shortly before it was read that a further write could leave the stamp as it was. */
  readonly racy: boolean;
}

/** Since when a file has been waited for, and when to look again. Times as `now` gives them. */
interface Waiting {
  readonly since: number;
  readonly until: number;
}

/** A file written this long before it was read may be written again within the same tick of the kernel's clock (jiffies). */
const racyFor = 20;
/** However often it changes, a file is believed after this many times the patience. */
const patienceRunsOut = 10;

const none: Contribution = { resources: [], kept: [] };

/** What every file holds, and the objects that follow. Knows nothing of directories and watches. */
export class ManifestFiles {
  readonly #limit: number;
  readonly #patience: FilePatience;
  readonly #states = new Map<string, FileState>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #index = new ObjectIndex();
  #lastRemoval = 0;
  readonly #seen: (resources: readonly Resource[]) => void;

  /** `seen` is told of the objects of each file as soon as it is read. */
  constructor(limit: number, patience: FilePatience, seen: (resources: readonly Resource[]) => void = () => undefined) {
    this.#limit = limit;
    this.#patience = patience;
    this.#seen = seen;
  }

  /** Files that bring something, or did when they were last read. */
  get known(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** When the next file should be looked at again, or null. */
  get nextLook(): number | null {
    let next: number | null = null;
    for (const { until } of this.#waiting.values()) next = next === null ? until : Math.min(next, until);
    return next;
  }

  /** Files whose time to be looked at again has come. */
  due(now: number): readonly string[] {
    return [...this.#waiting].filter(([, { until }]) => until <= now).map(([file]) => file);
  }

  /** true: `stamp` is that of the text that was read, for certain. */
  isCurrent(file: string, stamp: string): boolean {
    const state = this.#states.get(file);
    return state !== undefined && state.stamp === stamp && !state.racy && !this.#waiting.has(file);
  }

  /** Reads `file` and takes what it says, or waits if it looks unfinished. Gives `directory` when it is one. */
  look(file: string, now: number): 'done' | 'directory' {
    const reading = readFile(file, this.#limit);
    switch (reading.is) {
      case 'directory':
        this.drop(file);
        return 'directory';
      case 'missing':
        this.#missing(file, now);
        return 'done';
      case 'refused': {
        this.#waiting.delete(file);
        const contribution = keepLastGood(this.#states.get(file)?.contribution ?? none, undefined);
        this.#put(file, { manifest: this.#states.get(file)?.manifest, contribution, stamp: '', racy: false, problems: [reading.problem] });
        return 'done';
      }
      case 'text':
        this.#take(file, reading, now);
        return 'done';
    }
  }

  drop(file: string): void {
    this.#waiting.delete(file);
    if (!this.#states.delete(file)) return;
    this.#index.put(file, none);
  }

  snapshot(): Snapshot {
    const problems: SourceProblem[] = [];
    for (const state of this.#states.values()) for (const problem of state.problems) problems.push(problem);
    return { resources: this.#index.resources, problems: [...problems, ...this.#index.duplicates] };
  }

  /**
   * Editors remove a file and write it anew; and a directory that is removed goes file by file. So a removal counts when no
   * other file went for a while.
   */
  #missing(file: string, now: number): void {
    if (!this.#states.has(file)) {
      this.#waiting.delete(file);
      return;
    }
    const { settle } = this.#patience;
    const waiting = this.#waiting.get(file);
    if (waiting === undefined) this.#lastRemoval = now;
    const since = waiting?.since ?? now;
    const until = Math.min(this.#lastRemoval + settle, since + settle * patienceRunsOut);
    if (until <= now) this.drop(file);
    else this.#waiting.set(file, { since, until });
  }

  #take(file: string, reading: Reading & { readonly is: 'text' }, now: number): void {
    const before = this.#states.get(file);
    const manifest = readManifests(file, reading.bytes, before?.manifest);
    const since = this.#waiting.get(file)?.since ?? now;
    const patience = this.#unfinished(reading, manifest, before);
    const until = Math.min(Math.min(now, reading.modified) + patience, since + patience * patienceRunsOut);
    if (until > now) {
      this.#waiting.set(file, { since, until });
      return;
    }
    this.#waiting.delete(file);
    const contribution = keepLastGood(before?.contribution ?? none, manifest);
    this.#seen(contribution.resources);
    const problems = problemsOf(manifest);
    this.#put(file, { manifest, contribution, problems, stamp: reading.stamp, racy: !reading.steady || now - reading.modified < racyFor });
  }

  /** How long to wait before this text is believed; 0: it looks whole. */
  #unfinished(reading: Reading & { readonly is: 'text' }, manifest: Manifest, before: FileState | undefined): number {
    if (reading.bytes.length === 0) return before === undefined || before.contribution.resources.length === 0 ? 0 : this.#patience.emptied;
    // A cut-off document often parses: a Route without its `tls` would serve in plain text what was meant to be encrypted.
    // Text ends with a line end and JSON with a bracket; what ends otherwise, or says nothing sensible, gets a moment to
    // be completed. (Cut off exactly between two lines it cannot be told: only writing beside and renaming is safe then.)
    const last = reading.bytes[reading.bytes.length - 1];
    const whole = last === 10 || last === 13 || last === 125 || last === 93;
    const mistaken = problemsOf(manifest).some((problem) => problem.severity === 'error');
    return reading.steady && whole && !mistaken ? 0 : this.#patience.settle;
  }

  #put(file: string, state: FileState): void {
    this.#states.set(file, { ...state, problems: [...state.problems, ...keptNotice(file, state.contribution.kept)] });
    this.#index.put(file, state.contribution);
  }
}
