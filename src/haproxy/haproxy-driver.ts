import type { Config } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { adopt, type Running } from './adopt.ts';
import { settingsDigest } from './config/haproxy-settings.ts';
import type { DriverView, HaproxyDriver, Outcome, WorkerView } from './driver.ts';
import { HaproxyError } from './haproxy-error.ts';
import { openHouse, type House } from './house.ts';
import { launch, needsTwoHops } from './launch.ts';
import { observe } from './observed/observe.ts';
import { differences } from './observed/observed.ts';
import { describeStart } from './plan/describe-start.ts';
import { Leftovers } from './plan/leftovers.ts';
import { layOut } from './plan/layout.ts';
import type { Plan } from './plan/plan.ts';
import { Planner } from './plan/planner.ts';
import { sendSteps, type Refused } from './plan/send-steps.ts';
import { describeStep } from './plan/step-commands.ts';
import { applyStep } from './plan/steps.ts';
import { decideRestart, type PastExit } from './process/crash-loop.ts';
import { boundLogFile } from './process/log-file.ts';
import { listOldWorkers, terminateOverdue } from './process/old-workers.ts';
import { readIdentity, readWorkers, writeWorkers, type WorkerRecord } from './process/pid-file.ts';
import { stopWorkers } from './process/stop-workers.ts';
import { RefusedRules } from './refused-rules.ts';
import type { ReloadReason } from './reload-reasons.ts';
import { RuntimeSocket } from './runtime/runtime-socket.ts';

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

/** How long no passthrough rule must have existed before port 443 goes back to one hop (a reload): nobody should toggle it. */
const settleHops = 600_000;
const nothing: Outcome = { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 };

/**
 * Makes a HAProxy of its own serve routing tables. One thing at a time: calls wait for each other.
 * Never reloads without a reason of the catalogue; never signals a process that is not in its own pid file.
 */
export class ProcessDriver implements HaproxyDriver {
  readonly #options: DriverOptions;
  readonly #leftovers: Leftovers;
  readonly #exits: PastExit[] = [];
  #house: House | null = null;
  #refused: RefusedRules | null = null;
  #running: Running | null = null;
  #workers: readonly WorkerRecord[] = [];
  #table: RoutingTable | null = null;
  #passthroughSeen = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#leftovers = new Leftovers(options.clock, () => { this.#background(() => this.#deleteLeftovers()); });
  }

  async open(): Promise<{ readonly adopted: boolean }> {
    const { log } = this.#options;
    const house = await openHouse(this.#options);
    this.#house = house;
    this.#refused = new RefusedRules(log, house.context);
    this.#workers = await readWorkers(house.state.path);
    const newest = this.#workers.reduce<WorkerRecord | null>((best, one) => (best === null || one.generation > best.generation ? one : best), null);
    if (newest === null) return { adopted: false };
    try {
      this.#become(await adopt(newest, house));
      return { adopted: true };
    } catch (error) {
      log.warn('The HAProxy of the last run cannot be adopted; a new one will take over from it', { pid: newest.pid, because: String(error) });
      return { adopted: false };
    }
  }

  #become(running: Running): void {
    this.#running?.socket.close();
    this.#running = running;
    running.socket.onLost(() => { this.#background(() => this.#lookAfter(running)); });
  }

  converge(table: RoutingTable): Promise<Outcome> {
    return this.#exclusive(async () => {
      const started = this.#options.clock.monotonic();
      this.#table = table;
      this.#must(this.#refused).foresee(table);
      if (needsTwoHops(table)) this.#passthroughSeen = started;
      const outcome = await this.#converge(table);
      return { ...outcome, refused: this.#must(this.#refused).list(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  async #converge(full: RoutingTable): Promise<Outcome> {
    const house = this.#must(this.#house);
    const running = this.#running;
    if (running === null) return this.#launch(full, null, '');
    if (running.digest !== settingsDigest(house.settings, house.launch.program)) {
      return this.#launch(full, 'settings-changed', 'the settings differ from those of the running HAProxy');
    }
    if (running.version !== house.version) return this.#launch(full, 'haproxy-upgraded', `${running.version} runs, ${house.version} is installed`);
    const table = this.#served(full);
    if (needsTwoHops(table) && !running.twoHops) {
      return this.#launch(full, 'passthrough-first', `${table.rules.find((rule) => rule.termination === 'passthrough')?.id ?? ''} is the first passthrough rule`);
    }
    const plan = running.planner.plan(table);
    if (plan.kind === 'reload') return this.#launch(full, plan.reason, plan.detail);
    const refused = await this.#send(running, plan);
    return refused.length === 0 ? { ...nothing, steps: plan.steps.length } : this.#afterRefusal(full, refused);
  }

  /** Whatever HAProxy refused, the image is in doubt: read it anew and plan from there; objects that are refused again are left out. */
  async #afterRefusal(full: RoutingTable, refused: readonly Refused[]): Promise<Outcome> {
    let last = refused;
    for (const attempt of [1, 2]) {
      for (const { step, reply } of last.slice(0, 5)) this.#options.log.warn('HAProxy refused a change', { change: describeStep(step), reply: reply.trim() });
      const plan = (await this.#renewPlanner()).plan(this.#served(full));
      if (plan.kind === 'reload') return this.#launch(full, plan.reason, plan.detail);
      last = await this.#send(this.#must(this.#running), plan);
      if (last.length === 0) return { ...nothing, steps: plan.steps.length };
      if (attempt === 1) for (const { step, reply } of last) if (step.rule !== null) this.#must(this.#refused).refuse(full, step.rule, reply.trim());
    }
    return this.#launch(full, 'step-refused', `${last[0]?.command ?? ''}: ${last[0]?.reply.trim() ?? ''}`);
  }

  async #renewPlanner(): Promise<Planner> {
    const running = this.#must(this.#running);
    const house = this.#must(this.#house);
    const planner = new Planner(await observe(running.socket, house.settings.paths), house.context);
    this.#running = { ...running, planner };
    return planner;
  }

  async #send(running: Running, plan: Extract<Plan, { kind: 'steps' }>): Promise<readonly Refused[]> {
    if (this.#options.log.writes('debug')) for (const step of plan.steps) this.#options.log.debug(describeStep(step));
    const { refused } = await sendSteps(running.socket, plan.steps, this.#must(this.#house).names);
    this.#leftovers.add(plan.leftovers);
    return refused;
  }

  async #deleteLeftovers(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const waiting = this.#leftovers.due().map((leftover) => ({ leftover, steps: running.planner.retire(leftover.leftover) }));
    const { refused, later } = await sendSteps(running.socket, waiting.flatMap(({ steps }) => steps), this.#must(this.#house).names);
    const undone = new Set([...refused.map(({ step }) => step), ...later]);
    for (const { leftover, steps } of waiting) {
      for (const step of steps) if (!undone.has(step)) applyStep(running.planner.observed, step);
      if (steps.some((step) => undone.has(step))) this.#leftovers.again(leftover);
    }
  }

  /** Starts a worker for the table. With a reason it takes over from the running one; without, none runs. */
  async #launch(full: RoutingTable, reason: ReloadReason | null, detail: string): Promise<Outcome> {
    const house = this.#must(this.#house);
    if (reason !== null) this.#options.log.info('A new HAProxy worker takes over', { reason, detail });
    for (let attempt = 0; attempt < 100; attempt += 1) {
      this.#workers = await readWorkers(house.state.path);
      const launched = await launch(this.#served(full), this.#workers, house.launch);
      if (launched.ok) {
        const { pid, startTicks } = launched.started.worker;
        const worker: WorkerRecord = { pid, startTicks, startedAt: this.#options.clock.now(), generation: Math.max(0, ...this.#workers.map(({ generation }) => generation)) + 1 };
        this.#workers = [...this.#workers, worker];
        await writeWorkers(house.state.path, this.#workers);
        const socket = new RuntimeSocket(house.settings.paths.socket);
        await socket.connect();
        this.#become({ worker, socket, planner: launched.layout.planner, twoHops: launched.twoHops, digest: launched.digest, version: house.version });
        this.#leftovers.clear();
        return { ...nothing, reload: reason === null ? null : { reason, detail } };
      }
      if (launched.offender === null) throw new HaproxyError(`HAProxy refuses the configuration: ${launched.output.trim()}`);
      this.#must(this.#refused).refuse(full, launched.offender, firstAlert(launched.output));
    }
    throw new HaproxyError('HAProxy refused a hundred objects one after the other; no configuration could be started');
  }

  #served(table: RoutingTable): RoutingTable {
    return this.#must(this.#refused).without(table);
  }

  verify(): Promise<Outcome> {
    return this.#exclusive(async () => {
      const started = this.#options.clock.monotonic();
      const running = this.#running;
      const table = this.#table;
      if (running === null || table === null) return nothing;
      const house = this.#must(this.#house);
      await this.#boundOldWorkers(house);
      const found = await observe(running.socket, house.settings.paths);
      const drift = differences(running.planner.observed, found);
      let outcome: Outcome = nothing;
      if (drift.length > 0) {
        for (const line of drift) this.#options.log.warn('HAProxy differs from what Fairway made it; repairing', { what: line });
        this.#running = { ...running, planner: new Planner(found, house.context) };
        outcome = await this.#converge(table);
      } else if (running.twoHops && !needsTwoHops(table) && started - this.#passthroughSeen > settleHops) {
        outcome = await this.#launch(table, 'passthrough-last', 'no passthrough rule for ten minutes');
      }
      return { ...outcome, drift, refused: this.#must(this.#refused).list(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  async #boundOldWorkers({ state, launch: { logFile } }: House): Promise<void> {
    boundLogFile(logFile);
    this.#workers = await readWorkers(state.path);
    const old = listOldWorkers(this.#workers, this.#options.clock.now());
    for (const { worker, age } of terminateOverdue(old, this.#options.config.haproxy.hardStopAfter)) {
      this.#options.log.warn('An old HAProxy worker did not finish in time and was ended', { pid: worker.pid, age });
    }
  }

  /** The persistent connection broke: either the worker died, or only the connection did. */
  async #lookAfter(lost: Running): Promise<void> {
    if (this.#stopping || this.#running?.socket !== lost.socket) return;
    if (readIdentity(lost.worker.pid)?.startTicks === lost.worker.startTicks) {
      await lost.socket.connect().catch(() => undefined);
      return;
    }
    const now = this.#options.clock.now();
    this.#running = null;
    this.#exits.push({ at: now, ran: now - lost.worker.startedAt, how: 'ended by itself or by a signal' });
    const { delay, reason } = decideRestart(this.#exits, now);
    this.#options.log.error('HAProxy is gone; starting it again', { pid: lost.worker.pid, delay, reason });
    if (delay === 0) await this.#restart(reason);
    else setTimeout(() => { this.#background(() => this.#restart(reason)); }, delay);
  }

  async #restart(reason: string): Promise<void> {
    if (this.#stopping || this.#running !== null || this.#table === null) return;
    try {
      await this.#launch(this.#table, null, '');
      this.#options.onRestart(reason);
    } catch (error) {
      this.#options.log.error('HAProxy could not be started', { because: String(error) });
      const now = this.#options.clock.now();
      this.#exits.push({ at: now, ran: 0, how: 'did not start' });
      setTimeout(() => { this.#background(() => this.#restart(reason)); }, Math.max(1000, decideRestart(this.#exits, now).delay));
    }
  }

  plan(table: RoutingTable): Promise<readonly string[]> {
    return this.#exclusive(async () => {
      const house = this.#must(this.#house);
      const running = this.#running;
      if (running === null) return describeStart(layOut(table, house.context, house.launch.spares));
      const plan = new Planner(await observe(running.socket, house.settings.paths), house.context).plan(table);
      return plan.kind === 'reload' ? [`reload: ${plan.reason}: ${plan.detail}`] : plan.steps.map(describeStep);
    });
  }

  workers(): readonly WorkerView[] {
    return this.#workers.map(({ pid, startedAt }) => ({ pid, startedAt, current: pid === this.#running?.worker.pid }));
  }

  view(): DriverView {
    const running = this.#running;
    return {
      version: running?.version ?? this.#house?.version ?? '',
      socket: this.#house?.settings.paths.socket ?? '',
      twoHops: running?.twoHops ?? false,
      spares: running === null ? new Map() : running.planner.spares(),
      refused: this.#refused?.list() ?? [],
      backendOf: (rule) => running?.planner.backendOf(rule) ?? null,
    };
  }

  /** null: HAProxy runs and answers; otherwise what is wrong. */
  problem(): string | null {
    return this.#running === null ? 'HAProxy is not running' : null;
  }

  async stop(milliseconds: number): Promise<void> {
    this.#stopping = true;
    await this.#exclusive(async () => {
      const { state } = this.#must(this.#house);
      this.#letGo();
      await stopWorkers(state.path, milliseconds, this.#options.clock);
      this.#workers = [];
      await state.release();
    });
  }

  async detach(): Promise<void> {
    this.#stopping = true;
    await this.#exclusive(async () => {
      this.#letGo();
      await this.#house?.state.release();
    });
  }

  #letGo(): void {
    this.#leftovers.clear();
    this.#running?.socket.close();
    this.#running = null;
  }

  #must<T>(value: T | null): T {
    if (value === null) throw new HaproxyError('open() was not called, or HAProxy is not running');
    return value;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch(() => undefined);
    return next;
  }

  /** Work that nobody waits for. */
  #background(work: () => Promise<void>): void {
    this.#exclusive(work).catch((error: unknown) => { this.#options.log.error('Looking after HAProxy failed', { because: String(error) }); });
  }
}

/** `[ALERT] (pid) : config : text` -> text of the first such line. */
const firstAlert = (output: string): string => /\[ALERT\]\s*\(\d+\) : (?:config : )?(.*)/.exec(output)?.[1] ?? output.trim().slice(0, 300);
