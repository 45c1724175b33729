import type { Admission } from '../admission/admit.ts';
import type { Claim } from '../admission/claim.ts';
import type { Verdict } from '../admission/verdict.ts';
import type { Foreseen, HaproxyDriver, Outcome } from '../haproxy/driver.ts';
import type { Clock } from '../lib/clock.ts';
import type { Resource } from '../resources/kinds.ts';
import type { Snapshot, Source, SourceProblem } from '../sources/source.ts';
import type { Store } from '../store/store.ts';
import type { StoreView } from '../store/store-view.ts';
import type { TableInput } from '../table/build-table.ts';
import { certificatesOf } from '../table/certificates.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { Pace } from './pace.ts';

/** What the loop tells whoever keeps figures. Times: `at` in milliseconds since the epoch. */
export interface LoopEvents {
  /** `changeToLive`: milliseconds from seeing the change to serving it; null for a round that nobody's change caused. */
  converged(facts: {
    readonly at: number; readonly table: RoutingTable; readonly verdicts: readonly Verdict[]; readonly problems: readonly SourceProblem[];
    readonly outcome: Outcome; readonly changeToLive: number | null;
  }): void;
  verified(facts: { readonly at: number; readonly outcome: Outcome }): void;
  failed(facts: { readonly at: number; readonly message: string }): void;
}

export interface LoopOptions {
  readonly source: Source;
  readonly store: Store;
  readonly admit: (view: StoreView) => Admission;
  readonly buildTable: (input: TableInput) => RoutingTable;
  readonly driver: HaproxyDriver;
  /** PEM; asked at each round, so that a rotated file is served with the next. */
  readonly defaultCertificate: () => string;
  readonly clock: Clock;
  readonly pace: { readonly quiet: number; readonly longest: number; readonly verifyEvery: number };
  readonly events: LoopEvents;
}

/** What the loop served last, or tries to. */
export interface LoopState {
  /** true once HAProxy serves a complete table. */
  readonly ready: boolean;
  readonly table: RoutingTable;
  readonly verdicts: readonly Verdict[];
  readonly problems: readonly SourceProblem[];
}

interface Judged extends Admission {
  /** Objects that left or came since the last time. */
  readonly changed: readonly Resource[];
  readonly problems: readonly SourceProblem[];
}

/** What will be in the table that is built of these claims. */
const foreseen = (claims: readonly Claim[], defaultCertificate: string): Foreseen =>
  ({ certificates: certificatesOf(claims), defaultCertificate, passthrough: claims.some(({ termination }) => termination === 'passthrough') });

const retryAfter = 1000;

/**
 * The one loop: wait for a change, build the whole, send the difference, report. Its states:
 *
 *     waiting --change--> pausing (until it is quiet, never longer than `longest`) --> working --> waiting
 *     working --failure--> waiting, and again after a second
 *     waiting --timer--> verifying --> waiting
 *
 * A change that comes while it works makes it work once more; nothing is done twice at the same time.
 */
export class Loop {
  readonly #options: LoopOptions;
  readonly #pace: Pace;
  #state: LoopState = { ready: false, table: { rules: [], certificates: [], defaultCertificate: '', refused: [] }, verdicts: [], problems: [] };
  #snapshot: Snapshot | null = null;
  #changedAt: number | null = null;
  #working: Promise<void> | null = null;
  #verifying: NodeJS.Timeout | null = null;
  #retrying: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#pace = new Pace(options.pace, options.clock, () => { this.#work(); });
  }

  state(): LoopState {
    return this.#state;
  }

  /** Resolves when HAProxy serves the first complete table. Rejects when the source or HAProxy cannot be started. */
  async start(): Promise<void> {
    this.#snapshot = await this.#options.source.start((snapshot) => { this.#changed(snapshot); });
    const first = this.#round(null);
    // A change that comes meanwhile waits for it like for any other round.
    this.#working = first.catch(() => undefined).finally(() => { this.#working = null; });
    await first;
    this.#scheduleVerify();
  }

  /** Does a round although no object changed: a certificate file was rotated. */
  poke(): void {
    this.#changedAt ??= this.#options.clock.monotonic();
    this.#pace.changed();
  }

  /** Stops watching; HAProxy is left as it is. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#pace.stop();
    if (this.#verifying !== null) clearTimeout(this.#verifying);
    if (this.#retrying !== null) clearTimeout(this.#retrying);
    await this.#options.source.stop();
    await this.#working;
  }

  /** The table that the objects ask for at this moment, without serving it. */
  build(snapshot: Snapshot): LoopState {
    return this.#tabulate(this.#judge(snapshot));
  }

  #judge(snapshot: Snapshot): Judged {
    const { store, admit } = this.#options;
    const { gone, come } = store.replace(snapshot.resources);
    return { ...admit(store), changed: [...gone, ...come], problems: snapshot.problems };
  }

  #tabulate({ claims, verdicts, changed, problems }: Judged): LoopState {
    const { store, buildTable, defaultCertificate } = this.#options;
    const table = buildTable({ claims, verdicts, view: store, changed, defaultCertificate: defaultCertificate() });
    return { ready: this.#state.ready, table, verdicts, problems };
  }

  #changed(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.poke();
  }

  #work(): void {
    if (this.#stopped) return;
    if (this.#working !== null) { this.#pace.changed(); return; }
    const changedAt = this.#changedAt;
    this.#changedAt = null;
    this.#working = this.#round(changedAt)
      .catch((error: unknown) => {
        // Not served yet: the time goes on from the change, not from the next attempt.
        this.#changedAt = changedAt ?? this.#changedAt;
        this.#failed(error);
      })
      .finally(() => { this.#working = null; });
  }

  async #round(changedAt: number | null): Promise<void> {
    const { driver, clock, events, defaultCertificate } = this.#options;
    if (this.#snapshot === null) return;
    const judged = this.#judge(this.#snapshot);
    if (!this.#state.ready) await driver.foresee(foreseen(judged.claims, defaultCertificate()));
    const state = this.#tabulate(judged);
    const outcome = await driver.converge(state.table);
    this.#state = { ...state, ready: true };
    const changeToLive = changedAt === null ? null : clock.monotonic() - changedAt;
    const { table, verdicts, problems } = state;
    events.converged({ at: clock.now(), table, verdicts, problems, outcome, changeToLive });
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.events.failed({ at: this.#options.clock.now(), message });
    if (this.#stopped) return;
    this.#retrying = setTimeout(() => { this.poke(); }, retryAfter);
  }

  #scheduleVerify(): void {
    if (this.#stopped) return;
    this.#verifying = setTimeout(() => {
      this.#options.driver.verify()
        .then((outcome) => { this.#options.events.verified({ at: this.#options.clock.now(), outcome }); })
        .catch((error: unknown) => { if (!this.#stopped) this.#failed(error); })
        .finally(() => { this.#scheduleVerify(); });
    }, this.#options.pace.verifyEvery);
  }
}
