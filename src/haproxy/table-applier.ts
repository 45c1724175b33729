import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import type { Running } from './adopt.ts';
import { Beginning } from './beginning.ts';
import { settingsDigest } from './config/haproxy-settings.ts';
import type { Outcome } from './driver.ts';
import { HaproxyError } from './haproxy-error.ts';
import type { House } from './house.ts';
import { launch, needsTwoHops } from './launch.ts';
import { observe } from './observed/observe.ts';
import type { Observed } from './observed/observed.ts';
import { Leftovers } from './plan/leftovers.ts';
import type { Plan, StepsPlan } from './plan/plan.ts';
import { Planner } from './plan/planner.ts';
import { sendSteps, type Refused } from './plan/send-steps.ts';
import { describeStep } from './plan/step-commands.ts';
import { applyStep, type Step } from './plan/steps.ts';
import type { Workers } from './process/workers.ts';
import type { RefusedRules } from './refused-rules.ts';
import type { ReloadReason } from './reload-reasons.ts';
import { RuntimeSocket } from './runtime/runtime-socket.ts';

export interface TableApplierOptions {
  readonly house: House;
  readonly clock: Clock;
  readonly log: Logger;
  readonly refused: RefusedRules;
  readonly workers: Workers;
  /** The persistent connection to a worker broke. */
  readonly onLost: (running: Running) => void;
  /** Leftovers wait for `deleteLeftovers`. */
  readonly onLeftovers: () => void;
}

/** Nothing was to be done. */
export const unchanged: Outcome = { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 };

/** Brings tables into the running worker: by steps where they do, else by a worker that takes over. Callers see to it that calls do not overlap. */
export class TableApplier {
  readonly #options: TableApplierOptions;
  readonly #leftovers: Leftovers;
  /** The first worker, before its table is built. */
  readonly beginning: Beginning;
  #running: Running | null = null;
  /** Planning brings the image forward: until every step is confirmed, or a new worker runs, it may be ahead of the worker. */
  #inDoubt = false;
  #recorded: Step[] | null = null;

  constructor(options: TableApplierOptions) {
    this.#options = options;
    this.#leftovers = new Leftovers(options.clock, options.onLeftovers);
    this.beginning = new Beginning(options.house.launch, async () => this.#running === null && (await options.workers.read()).length === 0);
  }

  get running(): Running | null {
    return this.#running;
  }

  /** Serves through this worker from now on. */
  become(running: Running): void {
    this.#running?.socket.close();
    this.#running = running;
    this.#inDoubt = false;
    running.socket.onLost(() => { this.#options.onLost(running); });
  }

  /** The worker ended. */
  forget(): void {
    this.#running = null;
  }

  letGo(): void {
    this.beginning.take(null).catch(() => undefined);
    this.#leftovers.clear();
    this.#running?.socket.close();
    this.#running = null;
  }

  /** Steps that are planned from now on are put there as well; null: no longer. */
  record(steps: Step[] | null): void {
    this.#recorded = steps;
  }

  /** true: the image may be ahead of the worker. */
  get isInDoubt(): boolean {
    return this.#inDoubt;
  }

  async apply(full: RoutingTable): Promise<Outcome> {
    const { house, refused: refusedRules } = this.#options;
    const running = this.#running;
    if (running === null) return this.launch(full, null, '');
    if (running.digest !== settingsDigest(house.settings, house.launch.program)) {
      return this.launch(full, 'settings-changed', 'the settings differ from those of the running HAProxy');
    }
    if (running.version !== house.version) return this.launch(full, 'haproxy-upgraded', `${running.version} runs, ${house.version} is installed`);
    const table = refusedRules.without(full);
    if (needsTwoHops(table) && !running.twoHops) {
      return this.launch(full, 'passthrough-first', `${table.rules.find((rule) => rule.termination === 'passthrough')?.id ?? ''} is the first passthrough rule`);
    }
    const certain = this.#inDoubt ? this.planFrom(await observe(running.socket, house.settings.paths), running) : running;
    const plan = this.#plan(certain, table);
    if (plan.kind === 'reload') return this.launch(full, plan.reason, plan.detail);
    const refused = await this.#send(certain, plan);
    return refused.length === 0 ? { ...unchanged, steps: plan.steps.length } : this.#afterRefusal(full, certain, refused);
  }

  /** Whatever HAProxy refused, the image is in doubt: read it anew and plan from there; objects that are refused again are left out. */
  async #afterRefusal(full: RoutingTable, running: Running, refused: readonly Refused[]): Promise<Outcome> {
    const { house, log, refused: refusedRules } = this.#options;
    let last = refused;
    for (const attempt of [1, 2]) {
      for (const { step, reply } of last.slice(0, 5)) log.warn('HAProxy refused a change', { change: describeStep(step), reply: reply.trim() });
      const renewed = this.planFrom(await observe(running.socket, house.settings.paths), running);
      const plan = this.#plan(renewed, refusedRules.without(full));
      if (plan.kind === 'reload') return this.launch(full, plan.reason, plan.detail);
      last = await this.#send(renewed, plan);
      if (last.length === 0) return { ...unchanged, steps: plan.steps.length };
      // A file of certificates that does not fit the socket can still be read at a start.
      const file = last.find(({ step, tooLong }) => tooLong && 'pem' in step);
      if (file !== undefined) return this.launch(full, 'step-refused', file.reply);
      if (attempt === 1) for (const { step, reply } of last) if (step.rule !== null) refusedRules.refuse(full, step.rule, reply.trim());
    }
    return this.launch(full, 'step-refused', `${last[0]?.command ?? ''}: ${last[0]?.reply.trim() ?? ''}`);
  }

  /** Plans from what was observed instead of from the image. */
  planFrom(observed: Observed, running: Running): Running {
    this.#running = { ...running, planner: new Planner(observed, this.#options.house.context) };
    return this.#running;
  }

  #plan(running: Running, table: RoutingTable): Plan {
    this.#inDoubt = true;
    const plan = running.planner.plan(table);
    if (plan.kind === 'steps') this.#recorded?.push(...plan.steps);
    return plan;
  }

  async #send(running: Running, plan: StepsPlan): Promise<readonly Refused[]> {
    const { house, log } = this.#options;
    if (log.writes('debug')) for (const step of plan.steps) log.debug(describeStep(step));
    const { refused } = await sendSteps(running.socket, plan.steps, house.names);
    this.#inDoubt = refused.length > 0;
    this.#leftovers.add(plan.leftovers);
    return refused;
  }

  async deleteLeftovers(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const waiting = this.#leftovers.due().map((leftover) => ({ leftover, steps: running.planner.retire(leftover.leftover) }));
    const all = waiting.flatMap(({ steps }) => steps);
    this.#recorded?.push(...all);
    const doubted = this.#inDoubt;
    this.#inDoubt = true;
    const { refused, later } = await sendSteps(running.socket, all, this.#options.house.names);
    this.#inDoubt = doubted;
    const undone = new Set([...refused.map(({ step }) => step), ...later]);
    for (const { leftover, steps } of waiting) {
      for (const step of steps) if (!undone.has(step)) applyStep(running.planner.observed, step);
      if (steps.some((step) => undone.has(step))) this.#leftovers.again(leftover);
    }
  }

  /** Starts a worker for the table. With a reason it takes over from the running one; without, none runs. Rejects with HaproxyError. */
  async launch(full: RoutingTable, reason: ReloadReason | null, detail: string): Promise<Outcome> {
    const { house, log, refused, workers } = this.#options;
    if (reason !== null) log.info('A new HAProxy worker takes over', { reason, detail });
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const launched = await launch(refused.without(full), await workers.read(), house.launch, this.beginning);
      if (launched.ok) {
        const worker = await workers.add(launched.started.worker);
        const socket = new RuntimeSocket(house.settings.paths.socket);
        await socket.connect();
        this.become({ worker, socket, planner: launched.layout.planner, twoHops: launched.twoHops, digest: launched.digest, version: house.version });
        this.#leftovers.clear();
        return { ...unchanged, reload: reason === null ? null : { reason, detail } };
      }
      if (launched.offender === null) throw new HaproxyError(`HAProxy refuses the configuration: ${launched.output.trim()}`);
      refused.refuse(full, launched.offender, firstAlert(launched.output));
      if (attempt === 0) refused.examine(full);
    }
    throw new HaproxyError('HAProxy refused a hundred objects one after the other; no configuration could be started');
  }
}

/** `[ALERT] (pid) : config : text` -> text of the first such line. */
const firstAlert = (output: string): string => /\[ALERT\]\s*\(\d+\) : (?:config : )?(.*)/.exec(output)?.[1] ?? output.trim().slice(0, 300);
