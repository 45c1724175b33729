import { readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Certificate, RoutingTable } from '../table/routing-table.ts';
import type { Paths } from './config/haproxy-settings.ts';
import type { PlanContext } from './plan/plan.ts';
import { keepCertificate } from './process/certificate-file.ts';
import { ConfigurationPipe } from './process/configuration-pipe.ts';
import { startWorker, type WorkerStart, type WorkerStarted } from './process/worker.ts';
import { writeNewFile, writeSmallFileIfChanged } from './process/write-file.ts';

/** What HAProxy loads first. */
export type Served = Pick<RoutingTable, 'certificates' | 'defaultCertificate'>;
/** A host and the PEM that it is served with. */
export type HostCertificate = Pick<Certificate, 'host' | 'pem'>;

/** What every line within a section begins with. It goes ahead with the certificates: the text must not end with a whole line (ConfigurationPipe). */
const indent = '  ';

export interface EarlyWish {
  /** The configuration up to and with the line that loads certificates. */
  readonly head: string;
  readonly worker: Omit<WorkerStart, 'configFile'>;
  readonly paths: Paths;
  readonly context: PlanContext;
  readonly defaultCertificate: string;
}

/**
 * A HAProxy that loads its certificates while the rest of its configuration is still being worked out. Each costs HAProxy 2.6 a
 * millisecond (OpenSSL 3.0 sets up its decoders anew for every key). Configuration and list of certificates come through pipes.
 */
export class EarlyStart {
  readonly #pipe: ConfigurationPipe;
  readonly #list: ConfigurationPipe;
  readonly #ahead: string;
  readonly #unwanted: AbortController;
  readonly #started: Promise<WorkerStarted>;
  readonly #given: () => void;
  readonly #wish: EarlyWish;
  /** File of each certificate that was passed on, by host. */
  readonly #passed = new Map<string, string>();
  /** Of the list, not written yet. */
  #lines: Buffer = Buffer.alloc(0);
  #passing: Promise<void>;

  private constructor(wish: EarlyWish, pipe: ConfigurationPipe, list: ConfigurationPipe) {
    this.#wish = wish;
    this.#pipe = pipe;
    this.#list = list;
    this.#unwanted = new AbortController();
    const given = Promise.withResolvers<undefined>();
    this.#given = () => { given.resolve(undefined); };
    const ended = (): void => { for (const one of [pipe, list]) one.abandon().catch(() => undefined); };
    this.#started = startWorker({ ...wish.worker, configFile: pipe.path, ended, given: given.promise, unwanted: this.#unwanted.signal });
    // Looked at by `finish`; until then nobody may call it unhandled.
    this.#started.catch(() => undefined);
    this.#ahead = `${wish.head}${indent}`;
    this.#passing = Promise.all([pipe.write(this.#ahead), list.opened()]).then(() => { this.#offer(); });
    this.#passing.catch(() => undefined);
  }

  /** null: it is not possible here. What HAProxy reads by name is to be in place, but for certificates and maps. */
  static async begin(wish: EarlyWish): Promise<EarlyStart | null> {
    const { paths, head, defaultCertificate } = wish;
    if (head === '') return null;
    const [pipe, list] = (await ConfigurationPipe.make(`${paths.config}.pipe`, paths.certificateList)) ?? [];
    if (pipe === undefined || list === undefined) return null;
    writeSmallFileIfChanged(paths.defaultCertificate, defaultCertificate);
    return new EarlyStart(wish, pipe, list);
  }

  /** Certificates that it may load meanwhile. The first one of a host counts. */
  pass(certificates: readonly HostCertificate[]): void {
    let lines = '';
    for (const { host, pem } of certificates) {
      if (this.#passed.has(host)) continue;
      const file = this.#wish.context.certificateFile(host, pem);
      keepCertificate(file, pem);
      this.#passed.set(host, file);
      lines += `${file} ${host}\n`;
    }
    this.#lines = Buffer.concat([this.#lines, Buffer.from(lines)]);
    this.#offer();
  }

  /** At once: this thread is mostly busy, and HAProxy idle, before it comes to anything else. */
  #offer(): void {
    this.#lines = this.#lines.subarray(this.#list.offer(this.#lines));
  }

  /** These are all. false: it was given another default certificate or one that must not be served, so that this HAProxy cannot be used. */
  complete({ certificates, defaultCertificate }: Served): boolean {
    if (defaultCertificate !== this.#wish.defaultCertificate) return false;
    this.pass(certificates);
    const wanted = new Map(certificates.map(({ host, pem }) => [host, this.#wish.context.certificateFile(host, pem)]));
    if ([...this.#passed].some(([host, file]) => wanted.get(host) !== file)) return false;
    this.#then(() => this.#list.write(this.#lines));
    this.#then(() => this.#list.end());
    return true;
  }

  /** Resolves when HAProxy has opened the list of certificates, or has ended: then a file may take the place of the pipe. */
  opened(): Promise<void> {
    return this.#list.opened();
  }

  /** Gives it the rest; resolves as `startWorker` does. `text` is the whole configuration. */
  async finish(text: string): Promise<WorkerStarted> {
    if (!text.startsWith(this.#ahead)) throw new RangeError('the configuration does not begin as was said');
    this.#then(() => this.#pipe.write(text.slice(this.#ahead.length)));
    this.#then(() => this.#pipe.end());
    await this.#passing;
    this.#given();
    return this.#started;
  }

  /** Without `finish` before, HAProxy is ended. Resolves when it has. */
  async end(): Promise<void> {
    this.#unwanted.abort();
    this.#given();
    await Promise.all([this.#pipe.end(), this.#list.end()]);
    await this.#started.catch(() => undefined);
  }

  #then(next: () => Promise<void>): void {
    this.#passing = this.#passing.then(next);
    // `finish` meets it.
    this.#passing.catch(() => undefined);
  }
}

/** Makes the directory hold these files; those that no certificate needs any more, and what was left half written, are deleted. Only the default one keeps its name. */
export const writePems = (directory: string, pems: ReadonlyMap<string, string>, list: string): void => {
  const have = new Set(readdirSync(directory));
  const wanted = new Set([list, ...[...pems.keys()].map((path) => basename(path))]);
  for (const [path, pem] of pems) {
    if (basename(path) === 'default.pem') writeSmallFileIfChanged(path, pem);
    else if (!have.has(basename(path))) writeNewFile(path, pem);
  }
  for (const name of have) if (!wanted.has(name) && /\.(?:pem|tmp)$/.test(name)) unlinkSync(join(directory, name));
};
