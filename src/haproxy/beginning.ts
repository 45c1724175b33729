import type { RoutingTable } from '../table/routing-table.ts';
import type { Foreseen } from './driver.ts';
import { beginEarly, beginWith, needsTwoHops, type LaunchOptions } from './launch.ts';
import type { EarlyStart, HostCertificate } from './start-early.ts';

/**
 * The first HAProxy of a run, begun before it is known what it will serve: first with certificates that are only likely to be served, then
 * with those that will be. Whatever turns out otherwise ends it, and another one is begun: a HAProxy never serves what was only expected.
 */
export class Beginning {
  readonly #options: LaunchOptions;
  /** false: HAProxy runs already, so that there is nothing to begin. */
  readonly #isFirst: () => Promise<boolean>;
  #early: Promise<EarlyStart | null> | null = null;
  /** What `#early` came to: whoever passes certificates on may be too busy to wait for a promise. */
  #begun: EarlyStart | null = null;
  #first: Foreseen | null = null;
  #over = false;

  constructor(options: LaunchOptions, isFirst: () => Promise<boolean>) {
    this.#options = options;
    this.#isFirst = isFirst;
  }

  /** Certificates that the table will most likely have, perhaps none yet: HAProxy is begun at the first call. Until the table comes, the one hop for TLS is expected. */
  expect(certificates: readonly HostCertificate[], defaultCertificate: () => Promise<string>): void {
    if (this.#over || this.#first !== null) return;
    this.#early ??= this.#isFirst().then(async (isFirst) => (isFirst ? beginEarly(await defaultCertificate(), false, this.#options) : null));
    if (this.#begun !== null) {
      this.#begun.pass(certificates);
      return;
    }
    // Whoever takes it meets what went wrong.
    this.#early.then((early) => {
      this.#begun = early;
      early?.pass(certificates);
    }).catch(() => undefined);
  }

  /** What the table will have for certain. */
  async foresee(first: Foreseen): Promise<void> {
    if (this.#over || this.#first !== null) return;
    this.#first = first;
    const early = await this.#early?.catch(() => null);
    if (early === undefined) this.#early = (await this.#isFirst()) ? beginWith(first, this.#options) : Promise.resolve(null);
    else if (early !== null && (first.passthrough || !early.complete(first))) {
      await early.end();
      this.#early = beginWith(first, this.#options);
    }
    await this.#early;
  }

  /** The one that was begun, if it can go on with this table; null: there is none any more. Only the first call may have one. */
  async take(table: RoutingTable | null): Promise<EarlyStart | null> {
    this.#over = true;
    const early = await this.#early?.catch(() => null);
    this.#early = null;
    if (early === undefined || early === null) return null;
    if (table !== null && this.#first !== null && cameTrue(this.#first, table)) return early;
    await early.end();
    return null;
  }
}

/** Whether what was foreseen came true. */
const cameTrue = (first: Foreseen, table: RoutingTable): boolean =>
  first.passthrough === needsTwoHops(table) && first.defaultCertificate === table.defaultCertificate && first.certificates.length === table.certificates.length &&
  first.certificates.every(({ host, pem }, place) => host === table.certificates[place]?.host && pem === table.certificates[place].pem);
