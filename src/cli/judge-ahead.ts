import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { judgeTlsMaterial } from '../admission/certificates/tls-material.ts';
import type { TlsMaterial, TlsTexts } from '../admission/certificates/tls-material.ts';
import type { Resource } from '../resources/kinds.ts';

/** What a worker thread is told once. */
export interface AheadStart {
  readonly now: number;
  /** A byte for each numbered text: 0 until one of the two threads has taken it up. */
  readonly taken: Uint8Array;
}

/** Texts to be judged, numbered from `first` on. */
export interface AheadQuestion {
  readonly first: number;
  readonly texts: readonly TlsTexts[];
}

export type AheadAnswer = readonly (readonly [number: number, material: TlsMaterial])[];

/** A thread costs 40 ms on another processor; a certificate 0.35 ms on this one. */
const worthwhile = 100;
/** Texts that one thread takes up; the others are judged when they are asked for. */
const most = 100_000;

/**
 * Judges the certificates of a first table while the manifests are still being read: the only part of a start that a second processor
 * can do beside. Nobody waits for it: what the thread has not taken up when it is asked for is judged here, so that a thread which never
 * answers costs nothing but its help.
 */
export class JudgeAhead {
  readonly #now: number;
  readonly #failed: (error: unknown) => void;
  /** Texts that came up, by number; those before `#sent` are the thread's to answer. */
  #texts: TlsTexts[] = [];
  #sent = 0;
  readonly #numbers = new Map<TlsTexts, number>();
  readonly #answers = new Map<number, TlsMaterial>();
  readonly #taken = new Uint8Array(new SharedArrayBuffer(most));
  #thread: { readonly worker: Worker; readonly port: MessageChannel['port1'] } | null = null;
  #over = false;

  /** `now`: milliseconds since the epoch. `failed` is told why the thread ended early. */
  constructor(now: number, failed: (error: unknown) => void) {
    this.#now = now;
    this.#failed = failed;
  }

  /** Objects that will be judged soon. */
  see(resources: readonly Resource[]): void {
    if (this.#over) return;
    for (const resource of resources) {
      if (resource.kind !== 'Route' || resource.tls === null || resource.tls.certificate === '' || this.#numbers.has(resource.tls) || this.#texts.length >= most) continue;
      this.#numbers.set(resource.tls, this.#texts.length);
      this.#texts.push(resource.tls);
    }
    if (this.#texts.length < worthwhile || this.#sent === this.#texts.length) return;
    this.#thread ??= this.#start();
    const question: AheadQuestion = { first: this.#sent, texts: this.#texts.slice(this.#sent) };
    this.#sent = this.#texts.length;
    this.#thread.port.postMessage(question);
  }

  readonly judge = (texts: TlsTexts): TlsMaterial => {
    const number = this.#numbers.get(texts);
    if (number !== undefined && number < this.#sent && Atomics.exchange(this.#taken, number, 1) === 1) {
      if (!this.#answers.has(number)) this.#receive();
      const known = this.#answers.get(number);
      if (known !== undefined) return known;
    }
    return judgeTlsMaterial(texts, this.#now);
  };

  /** The first table is judged: changes are few, and judged as they come. */
  end(): void {
    this.#over = true;
    this.#numbers.clear();
    this.#answers.clear();
    this.#texts = [];
    this.#thread?.port.close();
    this.#thread?.worker.terminate().catch(this.#failed);
    this.#thread = null;
  }

  #start(): { readonly worker: Worker; readonly port: MessageChannel['port1'] } {
    const { port1, port2 } = new MessageChannel();
    // The package carries compiled files.
    const file = new URL(import.meta.url.endsWith('.ts') ? './judge-ahead-worker.ts' : './judge-ahead-worker.js', import.meta.url);
    const start: AheadStart & { readonly port: MessageChannel['port2'] } = { now: this.#now, taken: this.#taken, port: port2 };
    const worker = new Worker(file, { workerData: start, transferList: [port2], resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on('error', this.#failed);
    worker.unref();
    port1.unref();
    return { worker, port: port1 };
  }

  /** Whatever the thread has answered, without waiting. */
  #receive(): void {
    for (let found = this.#next(); found !== undefined; found = this.#next()) {
      for (const [number, material] of found.message as AheadAnswer) this.#answers.set(number, material);
    }
  }

  #next(): { readonly message: unknown } | undefined {
    return this.#thread === null ? undefined : receiveMessageOnPort(this.#thread.port);
  }
}
