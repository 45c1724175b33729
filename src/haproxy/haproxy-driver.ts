import type { Config } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { OneAtATime } from '../lib/one-at-a-time.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { adopt, type Running } from './adopt.ts';
import { glance, repair } from './drift.ts';
import { describeDriver } from './driver-view.ts';
import type { DriverView, HaproxyDriver, Outcome, WorkerView } from './driver.ts';
import { HaproxyError } from './haproxy-error.ts';
import { openHouse, type House } from './house.ts';
import { needsTwoHops } from './launch.ts';
import { observe } from './observed/observe.ts';
import { describeStart } from './plan/describe-start.ts';
import { layOut } from './plan/layout.ts';
import { Planner } from './plan/planner.ts';
import { describeStep } from './plan/step-commands.ts';
import { boundLogFile } from './process/log-file.ts';
import { Workers } from './process/workers.ts';
import { RefusedRules } from './refused-rules.ts';
import { TableApplier, unchanged } from './table-applier.ts';
import { hasEnded, WorkerCare } from './worker-care.ts';

export interface DriverOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly uid: number;
  /** Text of /proc/self/limits. */
  readonly limits: string;
  /** Told of what happens between calls: a worker that died and was started again. */
  readonly onRestart: (reason: string) => void;
}

/** What there is from `open` on. */
interface Opened {
  readonly house: House;
  readonly refused: RefusedRules;
  readonly workers: Workers;
  readonly applier: TableApplier;
}

/** How long no passthrough rule must have existed before port 443 goes back to one hop (a reload): nobody should toggle it. */
const settleHops = 600_000;

/**
 * Makes a HAProxy of its own serve routing tables. One thing at a time: calls wait for each other.
 * Never reloads without a reason of the catalogue; never signals a process that is not in its own pid file.
 */
export class ProcessDriver implements HaproxyDriver {
  readonly #options: DriverOptions;
  readonly #care: WorkerCare;
  readonly #turns = new OneAtATime();
  #opened: Opened | null = null;
  #table: RoutingTable | null = null;
  #passthroughSeen = 0;
  #stopping = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    const { clock, log, onRestart } = options;
    this.#care = new WorkerCare({ clock, log, onRestart, start: () => this.#startAgain(), background: (work) => { this.#background(work); } });
  }

  async open(): Promise<{ readonly adopted: boolean }> {
    const { clock, log } = this.#options;
    const house = await openHouse(this.#options);
    const refused = new RefusedRules(log, house.context);
    const workers = new Workers(house.state.path, clock);
    const applier = new TableApplier({
      house, clock, log, refused, workers,
      onLost: (running) => { this.#background(() => this.#lookAfter(running)); },
      onLeftovers: () => { this.#background(() => applier.deleteLeftovers()); },
    });
    this.#opened = { house, refused, workers, applier };
    const newest = await workers.readNewest();
    if (newest === null) return { adopted: false };
    try {
      applier.become(await adopt(newest, house));
      return { adopted: true };
    } catch (error) {
      log.warn('The HAProxy of the last run cannot be adopted; a new one will take over from it', { pid: newest.pid, because: String(error) });
      return { adopted: false };
    }
  }

  readonly expect: HaproxyDriver['expect'] = (...told) => { this.#must().applier.beginning.expect(...told); };

  // What goes wrong here goes wrong in `converge` as well, which tells it.
  readonly foresee: HaproxyDriver['foresee'] = (first) => this.#turns.do(() => this.#must().applier.beginning.foresee(first)).catch(() => undefined);

  converge(table: RoutingTable): Promise<Outcome> {
    return this.#turns.do(async () => {
      const { applier, refused } = this.#must();
      const started = this.#options.clock.monotonic();
      this.#table = table;
      refused.foresee(table);
      if (needsTwoHops(table)) this.#passthroughSeen = started;
      const outcome = await applier.apply(table);
      return { ...outcome, refused: refused.list(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  async verify(): Promise<Outcome> {
    const { applier, house, refused } = this.#must();
    const { paths } = house.settings;
    // Only where something looks wrong it is read once more, with nothing going on beside. What breaks meanwhile is seen there as well.
    const suspects = await glance(applier, this.#turns, paths).catch(() => null);
    return this.#turns.do(async () => {
      const started = this.#options.clock.monotonic();
      const { running } = applier;
      const table = this.#table;
      if (running === null || table === null) return unchanged;
      await this.#tidy();
      let outcome = suspects?.length === 0 ? unchanged : await repair(applier, table, paths, this.#options.log);
      if (outcome.drift.length === 0 && running.twoHops && !needsTwoHops(table) && started - this.#passthroughSeen > settleHops) {
        outcome = await applier.launch(table, 'passthrough-last', 'no passthrough rule for ten minutes');
      }
      return { ...outcome, refused: refused.list(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  /** What must not grow without end: HAProxy's log file, and workers that were taken over from. */
  async #tidy(): Promise<void> {
    const { house, workers } = this.#must();
    boundLogFile(house.launch.logFile);
    for (const { worker, age } of await workers.endOverdue(this.#options.config.haproxy.hardStopAfter)) {
      this.#options.log.warn('An old HAProxy worker did not finish in time and was ended', { pid: worker.pid, age });
    }
  }

  /** The persistent connection broke: either the worker died, or only the connection did. */
  async #lookAfter(lost: Running): Promise<void> {
    const { applier } = this.#must();
    if (this.#stopping || applier.running?.socket !== lost.socket) return;
    if (!(await hasEnded(lost.worker, () => lost.socket.connect()))) return;
    applier.forget();
    await this.#care.gone(lost.worker);
  }

  async #startAgain(): Promise<boolean> {
    const { applier } = this.#must();
    if (this.#stopping || applier.running !== null || this.#table === null) return false;
    await applier.launch(this.#table, null, '');
    return true;
  }

  plan(table: RoutingTable): Promise<readonly string[]> {
    return this.#turns.do(async () => {
      const { house, applier: { running } } = this.#must();
      if (running === null) return describeStart(layOut(table, house.context, house.launch.spares));
      const plan = new Planner(await observe(running.socket, house.settings.paths), house.context).plan(table);
      return plan.kind === 'reload' ? [`reload: ${plan.reason}: ${plan.detail}`] : plan.steps.map(describeStep);
    });
  }

  workers(): readonly WorkerView[] {
    const current = this.#opened?.applier.running?.worker.pid;
    return (this.#opened?.workers.list ?? []).map(({ pid, startedAt }) => ({ pid, startedAt, current: pid === current }));
  }

  view(): DriverView {
    const opened = this.#opened;
    return describeDriver(opened?.house ?? null, opened?.applier.running ?? null, opened?.refused ?? null);
  }

  /** null: HAProxy runs and answers; otherwise what is wrong. */
  problem(): string | null {
    return (this.#opened?.applier.running ?? null) === null ? 'HAProxy is not running' : null;
  }

  async stop(milliseconds: number): Promise<void> {
    this.#stopping = true;
    await this.#turns.do(async () => {
      const { house, workers, applier } = this.#must();
      applier.letGo();
      await workers.stop(milliseconds);
      await house.state.release();
    });
  }

  async detach(): Promise<void> {
    this.#stopping = true;
    await this.#turns.do(async () => {
      this.#opened?.applier.letGo();
      await this.#opened?.house.state.release();
    });
  }

  #must(): Opened {
    if (this.#opened === null) throw new HaproxyError('open() was not called');
    return this.#opened;
  }

  /** Work that nobody waits for. */
  #background(work: () => Promise<void>): void {
    this.#turns.do(work).catch((error: unknown) => { this.#options.log.error('Looking after HAProxy failed', { because: String(error) }); });
  }
}
