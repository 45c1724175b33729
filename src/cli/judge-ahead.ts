import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { judgeTlsMaterial } from '../admission/certificates/tls-material.ts';
import type { TlsMaterial, TlsTexts } from '../admission/certificates/tls-material.ts';
import type { Resource } from '../resources/kinds.ts';
import type { Route, RouteTls } from '../resources/route.ts';
import { likelyHost } from '../table/certificates.ts';

/** What a worker thread is told once. */
export interface AheadStart {
  readonly now: number;
  /** A byte for each numbered text: 0 until one of the two threads has taken it up. */
  readonly taken: Uint8Array;
  /** Where HAProxy will look for certificates; null: it is not to be started. */
  readonly directory: string | null;
}

/** Texts to be judged, numbered from `first` on. */
export interface AheadQuestion {
  readonly first: number;
  readonly texts: readonly TlsTexts[];
  /** Host that HAProxy will most likely serve each with; empty: that depends on more. */
  readonly hosts: readonly string[];
}

export type AheadAnswer = readonly (readonly [number: number, material: TlsMaterial])[];

export interface JudgedRoute {
  readonly route: Route;
  readonly material: TlsMaterial;
}

export interface JudgeAheadParts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where the thread writes the certificates that HAProxy will most likely be asked for, so that this one need not; null: nowhere. */
  readonly directory: () => string | null;
  /** Told why the thread ended early. */
  readonly failed: (error: unknown) => void;
  /** Told what the thread has found, whenever it is heard: nothing yet when it begins. */
  readonly judged: (found: readonly JudgedRoute[]) => void;
}

/** A thread costs 80 ms on another processor; a certificate 0.35 ms on this one. */
const worthwhile = 50;
/** Texts that one thread takes up; the others are judged when they are asked for. */
const most = 100_000;

/**
 * Judges the certificates of a first table while the manifests are still being read: the only part of a start that a second processor
 * can do beside. Nobody waits for it: what the thread has not taken up when it is asked for is judged here, so that a thread which never
 * answers costs nothing but its help.
 */
export class JudgeAhead {
  readonly #parts: JudgeAheadParts;
  /** Routes with certificates that came up, by number; those before `#sent` are the thread's to answer. */
  #routes: (Route & { readonly tls: RouteTls })[] = [];
  #sent = 0;
  readonly #numbers = new Map<TlsTexts, number>();
  readonly #answers = new Map<number, TlsMaterial>();
  readonly #taken = new Uint8Array(new SharedArrayBuffer(most));
  #thread: { readonly worker: Worker; readonly port: MessageChannel['port1'] } | null = null;
  #over = false;

  constructor(parts: JudgeAheadParts) {
    this.#parts = parts;
  }

  /** Objects that will be judged soon. */
  see(resources: readonly Resource[]): void {
    if (this.#over) return;
    for (const resource of resources) {
      if (!bringsCertificate(resource) || this.#numbers.has(resource.tls) || this.#routes.length >= most) continue;
      this.#numbers.set(resource.tls, this.#routes.length);
      this.#routes.push(resource);
    }
    this.#receive();
    if (this.#routes.length < worthwhile || this.#sent === this.#routes.length) return;
    this.#thread ??= this.#start();
    const routes = this.#routes.slice(this.#sent);
    const question: AheadQuestion = { first: this.#sent, texts: routes.map(({ tls }) => tls), hosts: routes.map((route) => likelyHost(route) ?? '') };
    this.#sent = this.#routes.length;
    this.#thread.port.postMessage(question);
  }

  readonly judge = (texts: TlsTexts): TlsMaterial => {
    const number = this.#numbers.get(texts);
    if (number !== undefined && number < this.#sent && Atomics.exchange(this.#taken, number, 1) === 1) {
      if (!this.#answers.has(number)) this.#receive();
      const known = this.#answers.get(number);
      if (known !== undefined) return known;
    }
    return judgeTlsMaterial(texts, this.#parts.now);
  };

  /** The first table is judged: changes are few, and judged as they come. */
  end(): void {
    this.#over = true;
    this.#numbers.clear();
    this.#answers.clear();
    this.#routes = [];
    this.#thread?.port.close();
    this.#thread?.worker.terminate().catch(this.#parts.failed);
    this.#thread = null;
  }

  #start(): { readonly worker: Worker; readonly port: MessageChannel['port1'] } {
    const { port1, port2 } = new MessageChannel();
    // The package carries compiled files.
    const file = new URL(import.meta.url.endsWith('.ts') ? './judge-ahead-worker.ts' : './judge-ahead-worker.js', import.meta.url);
    const start: AheadStart & { readonly port: MessageChannel['port2'] } = { now: this.#parts.now, taken: this.#taken, directory: this.#parts.directory(), port: port2 };
    const worker = new Worker(file, { workerData: start, transferList: [port2], resourceLimits: { maxYoungGenerationSizeMb: 4 } });
    worker.on('error', this.#parts.failed);
    worker.unref();
    port1.unref();
    this.#parts.judged([]);
    return { worker, port: port1 };
  }

  /** Whatever the thread has answered, without waiting. */
  #receive(): void {
    const judged: JudgedRoute[] = [];
    for (let found = this.#next(); found !== undefined; found = this.#next()) {
      for (const [number, material] of found.message as AheadAnswer) {
        this.#answers.set(number, material);
        const route = this.#routes[number];
        if (route !== undefined) judged.push({ route, material });
      }
    }
    if (judged.length > 0) this.#parts.judged(judged);
  }

  #next(): { readonly message: unknown } | undefined {
    return this.#thread === null ? undefined : receiveMessageOnPort(this.#thread.port);
  }
}

const bringsCertificate = (resource: Resource): resource is Route & { readonly tls: RouteTls } =>
  resource.kind === 'Route' && resource.tls !== null && resource.tls.certificate !== '';
