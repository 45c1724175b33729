import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { HostCertificate } from '../haproxy/start-early.ts';
import type { Logger } from '../lib/logger.ts';
import type { Resource } from '../resources/kinds.ts';
import { likelyCertificate } from '../table/certificates.ts';
import { JudgeAhead, type JudgedRoute } from './judge-ahead.ts';

export interface AheadParts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly log: Logger;
  /** Where HAProxy reads certificates. */
  readonly directory: string;
  /** Told what HAProxy will most likely be asked to load. */
  readonly expect: (certificates: readonly HostCertificate[]) => void;
  /** Processors there are; default: those of this machine. */
  readonly processors?: number;
}

/** What a start can do about certificates while the manifests are still being read: judge them, and let HAProxy load them. */
export class CertificatesAhead {
  readonly #expect: AheadParts['expect'];
  readonly #judging: JudgeAhead;
  /** false: HAProxy has one processor for itself only when the reading is over. Until then it would take that from the reading. */
  readonly #atOnce: boolean;
  readonly #likely: HostCertificate[] = [];
  #starting = false;
  #read = false;

  constructor({ now, log, directory, expect, processors = availableParallelism() }: AheadParts) {
    this.#expect = expect;
    this.#atOnce = processors > 2;
    this.#judging = new JudgeAhead({
      now, directory: () => (this.#starting ? directory : null),
      failed: (error) => { log.warn('The thread that judges certificates at start ended; they are judged without it', { because: String(error) }); },
      judged: (found) => { this.#judged(found); },
    });
  }

  get judge(): JudgeAhead['judge'] {
    return this.#judging.judge;
  }

  /** A HAProxy will be started: nothing runs that could be adopted. */
  starting(): void {
    this.#starting = true;
  }

  /** Objects that were just read. */
  see(resources: readonly Resource[]): void {
    this.#judging.see(resources);
  }

  /** All is read. Resolves when what HAProxy is to load is under way: admission keeps this thread busy for a while. */
  async read(): Promise<void> {
    this.#read = true;
    this.#judging.see([]);
    this.#pass();
    await setImmediate();
  }

  /** The first objects are admitted. */
  end(): void {
    this.#judging.end();
  }

  #judged(found: readonly JudgedRoute[]): void {
    if (!this.#starting) return;
    this.#likely.push(...found.map(({ route, material }) => likelyCertificate(route, material)).filter((one) => one !== null));
    // The thread has just begun: so may HAProxy.
    if (found.length === 0) this.#expect([]);
    else if (this.#atOnce || this.#read) this.#pass();
  }

  #pass(): void {
    if (this.#likely.length > 0) this.#expect(this.#likely.splice(0));
  }
}
