import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { RoutingTable, Rule } from '../table/routing-table.ts';
import { environment } from './config/render-config.ts';
import type { HaproxySettings } from './config/haproxy-settings.ts';
import { settingsDigest } from './config/haproxy-settings.ts';
import type { DriverView, HaproxyDriver, Outcome, WorkerView } from './driver.ts';
import { launch, needsTwoHops, type LaunchOptions } from './launch.ts';
import { digestOf } from './naming.ts';
import { observe } from './observed/observe.ts';
import { differences } from './observed/observed.ts';
import { parseShowEnv } from './observed/show-env.ts';
import { parseShowInfo } from './observed/show-info.ts';
import { Leftovers } from './plan/leftovers.ts';
import { layOut } from './plan/layout.ts';
import { Planner, type Plan, type PlanContext } from './plan/planner.ts';
import { sendSteps, type Refused } from './plan/send-steps.ts';
import { describeStep, type Names } from './plan/step-commands.ts';
import { applyStep } from './plan/steps.ts';
import { decideRestart, type PastExit } from './process/crash-loop.ts';
import { readHaproxyVersion } from './process/haproxy-version.ts';
import { deriveMaxConnections, parseOpenFilesLimit } from './process/limits.ts';
import { listOldWorkers, terminateOverdue } from './process/old-workers.ts';
import { readIdentity, readWorkers, signalWorker, writeWorkers, type WorkerRecord } from './process/pid-file.ts';
import { openStateDirectory, type StateDirectory } from './process/state-directory.ts';
import type { ReloadReason } from './reload-reasons.ts';
import { RuntimeSocket } from './runtime/runtime-socket.ts';
import { accountFor, settingsFromConfig } from './settings-from-config.ts';

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

interface Running {
  readonly worker: WorkerRecord;
  readonly socket: RuntimeSocket;
  readonly planner: Planner;
  readonly twoHops: boolean;
  readonly digest: string;
}

/** How long no passthrough rule must have existed before port 443 goes back to one hop (a reload): nobody should toggle it. */
const settleHops = 600_000;
const nothing: Outcome = { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 };

/** An error of HAProxy's that an operator must see; the worker that ran before still runs. */
export class HaproxyError extends Error {
  override readonly name = 'HaproxyError';
}

/**
 * Makes a HAProxy of its own serve routing tables. One thing at a time: calls wait for each other.
 * Never reloads without a reason of the catalogue; never signals a process that is not in its own pid file.
 */
export class ProcessDriver implements HaproxyDriver {
  readonly #options: DriverOptions;
  readonly #leftovers: Leftovers;
  #state: StateDirectory | null = null;
  #settings: HaproxySettings | null = null;
  #version = '';
  #running: Running | null = null;
  #workers: readonly WorkerRecord[] = [];
  #table: RoutingTable | null = null;
  #passthroughSeen = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #stopping = false;
  readonly #exits: PastExit[] = [];
  /** Rules that HAProxy refused, until their object changes. */
  readonly #refused = new Map<string, { readonly rule: Rule | undefined; readonly pem: string | undefined; readonly message: string }>();

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#leftovers = new Leftovers(options.clock, () => { void this.#exclusive(() => this.#deleteLeftovers()); });
  }

  async open(): Promise<{ readonly adopted: boolean }> {
    const { config, log, uid } = this.#options;
    const version = await readHaproxyVersion(config.haproxy.program);
    if (!version.ok) throw new HaproxyError(version.message);
    this.#version = version.version.text;
    const state = await openStateDirectory(config.stateDir);
    if (!state.ok) throw new HaproxyError(state.message);
    this.#state = state.state;
    const account = accountFor(config, uid, state.state.path);
    if (account !== null) {
      await chmod(state.state.path, 0o711);
      await chown(state.state.run, account.uid, account.gid);
    }
    const budget = deriveMaxConnections({
      openFiles: parseOpenFilesLimit(this.#options.limits).hard, listeners: 6, reserved: 100, checkedServers: 0,
      threads: config.haproxy.threads ?? 2, wanted: config.haproxy.maxConnections,
    });
    log.info(budget.sentence);
    this.#settings = settingsFromConfig(config, budget.maxConnections, account?.name ?? null, state.state.path);
    this.#workers = await readWorkers(state.state.path);
    return { adopted: await this.#adopt() };
  }

  /** Takes over the running worker of this state directory, if it answers. */
  async #adopt(): Promise<boolean> {
    const settings = this.#must(this.#settings);
    const worker = this.#workers.reduce<WorkerRecord | null>((newest, one) => (newest === null || one.generation > newest.generation ? one : newest), null);
    if (worker === null) return false;
    const socket = new RuntimeSocket(settings.paths.socket);
    try {
      const env = parseShowEnv(await socket.read('show env'));
      const info = parseShowInfo(await socket.read('show info'));
      if (Number(info.get('Pid')) !== worker.pid) throw new HaproxyError(`another process (pid ${info.get('Pid') ?? '?'}) answers on ${settings.paths.socket}`);
      const planner = new Planner(await observe(socket, settings.paths), this.#context());
      await socket.connect();
      this.#become({ worker, socket, planner, twoHops: env.get(environment.hops) === '2', digest: env.get(environment.settings) ?? '' });
      this.#version = info.get('Version') ?? this.#version;
      return true;
    } catch (error) {
      socket.close();
      this.#options.log.warn('The HAProxy of the last run cannot be adopted; a new one will take over from it', { pid: worker.pid, because: String(error) });
      return false;
    }
  }

  #become(running: Running): void {
    this.#running?.socket.close();
    this.#running = running;
    running.socket.onLost(() => { void this.#exclusive(() => this.#lookAfter(running)); });
  }

  converge(table: RoutingTable): Promise<Outcome> {
    return this.#exclusive(async () => {
      const started = this.#options.clock.monotonic();
      this.#table = table;
      if (needsTwoHops(table)) this.#passthroughSeen = this.#options.clock.monotonic();
      const outcome = await this.#converge(table);
      return { ...outcome, refused: this.#refusedList(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  async #converge(full: RoutingTable): Promise<Outcome> {
    const table = this.#withoutRefused(full);
    const running = this.#running;
    if (running === null) return this.#launch(full, null, '');
    const digest = settingsDigest(this.#must(this.#settings), this.#options.config.haproxy.program);
    if (running.digest !== digest) return this.#launch(full, 'settings-changed', 'the settings differ from those of the running HAProxy');
    if (needsTwoHops(table) && !running.twoHops) {
      return this.#launch(full, 'passthrough-first', `${table.rules.find((rule) => rule.termination === 'passthrough')?.id ?? ''} is the first passthrough rule`);
    }
    const plan = running.planner.plan(table);
    if (plan.kind === 'reload') return this.#launch(full, plan.reason, plan.detail);
    const refused = await this.#send(running, plan);
    if (refused.length === 0) return { ...nothing, steps: plan.steps.length };
    return this.#afterRefusal(full, running, refused);
  }

  /** Whatever HAProxy refused, the image is in doubt: read it anew and plan from there; objects that are refused again are left out. */
  async #afterRefusal(full: RoutingTable, running: Running, refused: readonly Refused[]): Promise<Outcome> {
    this.#tellRefused(refused);
    const planner = await this.#renewPlanner(running);
    const again = planner.plan(this.#withoutRefused(full));
    if (again.kind === 'reload') return this.#launch(full, again.reason, again.detail);
    const still = await this.#send(this.#must(this.#running), again);
    if (still.length === 0) return { ...nothing, steps: again.steps.length };
    const culprits = new Set(still.map(({ step }) => step.rule).filter((rule) => rule !== null));
    for (const { step, reply } of still) if (step.rule !== null) this.#refuse(full, step.rule, reply.trim());
    if (culprits.size > 0) {
      const third = (await this.#renewPlanner(this.#must(this.#running))).plan(this.#withoutRefused(full));
      if (third.kind === 'steps' && (await this.#send(this.#must(this.#running), third)).length === 0) return { ...nothing, steps: third.steps.length };
    }
    return this.#launch(full, 'step-refused', `${still[0]?.command ?? ''}: ${still[0]?.reply.trim() ?? ''}`);
  }

  #tellRefused(refused: readonly Refused[]): void {
    for (const { step, reply } of refused.slice(0, 5)) this.#options.log.warn('HAProxy refused a change', { change: describeStep(step), reply: reply.trim() });
  }

  async #renewPlanner(running: Running): Promise<Planner> {
    const planner = new Planner(await observe(running.socket, this.#must(this.#settings).paths), this.#context());
    this.#running = { ...running, planner };
    return planner;
  }

  async #send(running: Running, plan: Extract<Plan, { kind: 'steps' }>): Promise<readonly Refused[]> {
    if (this.#options.log.writes('debug')) for (const step of plan.steps) this.#options.log.debug(describeStep(step));
    const { refused } = await sendSteps(running.socket, plan.steps, this.#names());
    this.#leftovers.add(plan.leftovers);
    return refused;
  }

  async #deleteLeftovers(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    const waiting = this.#leftovers.due().map((leftover) => ({ leftover, steps: running.planner.retire(leftover.leftover) }));
    const { refused, later } = await sendSteps(running.socket, waiting.flatMap(({ steps }) => steps), this.#names());
    const undone = new Set([...refused.map(({ step }) => step), ...later]);
    for (const { leftover, steps } of waiting) {
      for (const step of steps) if (!undone.has(step)) applyStep(running.planner.observed, step);
      if (steps.some((step) => undone.has(step))) this.#leftovers.again(leftover);
    }
  }

  /** Starts a worker for the table. With a reason it takes over from the running one; without, none runs. */
  async #launch(full: RoutingTable, reason: ReloadReason | null, detail: string): Promise<Outcome> {
    const settings = this.#must(this.#settings);
    if (reason !== null) this.#options.log.info('A new HAProxy worker takes over', { reason, detail });
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const table = this.#withoutRefused(full);
      const launched = await launch(table, this.#workers, this.#launchOptions(settings));
      if (launched.ok) {
        const { pid, startTicks } = launched.started.worker;
        const worker: WorkerRecord = { pid, startTicks, startedAt: this.#options.clock.now(), generation: Math.max(0, ...this.#workers.map(({ generation }) => generation)) + 1 };
        this.#workers = [...this.#workers, worker];
        await writeWorkers(this.#must(this.#state).path, this.#workers);
        const socket = new RuntimeSocket(settings.paths.socket);
        await socket.connect();
        this.#become({ worker, socket, planner: launched.layout.planner, twoHops: launched.twoHops, digest: launched.digest });
        this.#leftovers.clear();
        return { ...nothing, reload: reason === null ? null : { reason, detail } };
      }
      if (launched.offender === null) throw new HaproxyError(`HAProxy refuses the configuration: ${launched.output.trim()}`);
      this.#refuse(full, launched.offender, firstAlert(launched.output));
    }
    throw new HaproxyError('HAProxy refused a hundred objects one after the other; no configuration could be started');
  }

  #launchOptions(settings: HaproxySettings): LaunchOptions {
    const { config } = this.#options;
    return {
      settings, program: config.haproxy.program, context: this.#context(),
      spares: { commonest: config.spares, balance: config.defaults.balance }, logFile: join(this.#must(this.#state).path, 'haproxy.log'),
    };
  }

  #refuse(table: RoutingTable, id: string, message: string): void {
    this.#options.log.error('HAProxy refuses what an object asks for; the object is not served', { rule: id, message });
    this.#refused.set(id, { rule: table.rules.find((rule) => rule.id === id), pem: table.certificates.find(({ rule }) => rule === id)?.pem, message });
  }

  #withoutRefused(table: RoutingTable): RoutingTable {
    if (this.#refused.size === 0) return table;
    const rules = new Map(table.rules.map((rule) => [rule.id, rule]));
    for (const [id, { rule, pem }] of this.#refused) {
      if (rules.get(id) !== rule || table.certificates.find((one) => one.rule === id)?.pem !== pem) this.#refused.delete(id);
    }
    return {
      defaultCertificate: table.defaultCertificate,
      refused: table.refused,
      rules: table.rules.filter(({ id }) => !this.#refused.has(id)),
      certificates: table.certificates.filter(({ rule }) => !this.#refused.has(rule)),
    };
  }

  #refusedList(): Outcome['refused'] {
    return [...this.#refused].map(([rule, { message }]) => ({ rule, message }));
  }

  verify(): Promise<Outcome> {
    return this.#exclusive(async () => {
      const started = this.#options.clock.monotonic();
      const running = this.#running;
      const table = this.#table;
      if (running === null || table === null) return nothing;
      await this.#boundOldWorkers();
      const found = await observe(running.socket, this.#must(this.#settings).paths);
      const drift = differences(running.planner.observed, found);
      let outcome: Outcome = nothing;
      if (drift.length > 0) {
        for (const line of drift) this.#options.log.warn('HAProxy differs from what Fairway made it; repairing', { what: line });
        this.#running = { ...running, planner: new Planner(found, this.#context()) };
        outcome = await this.#converge(table);
      } else if (running.twoHops && !needsTwoHops(table) && this.#options.clock.monotonic() - this.#passthroughSeen > settleHops) {
        outcome = await this.#launch(table, 'passthrough-last', 'no passthrough rule for ten minutes');
      }
      return { ...outcome, drift, refused: this.#refusedList(), milliseconds: this.#options.clock.monotonic() - started };
    });
  }

  /** The persistent connection broke: either the worker died, or only the connection did. */
  async #lookAfter(lost: Running): Promise<void> {
    if (this.#stopping || this.#running?.socket !== lost.socket) return;
    if (readIdentity(lost.worker.pid)?.startTicks === lost.worker.startTicks) {
      await lost.socket.connect().catch(() => undefined);
      return;
    }
    const now = this.#options.clock.now();
    this.#exits.push({ at: now, ran: now - lost.worker.startedAt, how: 'ended by itself or by a signal' });
    const { delay, reason } = decideRestart(this.#exits, now);
    this.#options.log.error('HAProxy is gone; starting it again', { pid: lost.worker.pid, delay, reason });
    this.#running = null;
    this.#workers = await readWorkers(this.#must(this.#state).path);
    const table = this.#table;
    if (table === null) return;
    const restart = async (): Promise<void> => {
      if (this.#stopping || this.#running !== null) return;
      try {
        await this.#launch(this.#table ?? table, null, '');
        this.#options.onRestart(reason);
      } catch (error) {
        this.#options.log.error('HAProxy could not be started', { because: String(error) });
        this.#retryStart(restart);
      }
    };
    if (delay === 0) await restart();
    else setTimeout(() => { void this.#exclusive(restart); }, delay);
  }

  #retryStart(restart: () => Promise<void>): void {
    const now = this.#options.clock.now();
    this.#exits.push({ at: now, ran: 0, how: 'did not start' });
    setTimeout(() => { void this.#exclusive(restart); }, Math.max(1000, decideRestart(this.#exits, now).delay));
  }

  async #boundOldWorkers(): Promise<void> {
    const state = this.#must(this.#state);
    this.#workers = await readWorkers(state.path);
    const old = listOldWorkers(this.#workers, this.#options.clock.now());
    for (const { worker, age } of terminateOverdue(old, this.#options.config.haproxy.hardStopAfter)) {
      this.#options.log.warn('An old HAProxy worker did not finish in time and was ended', { pid: worker.pid, age });
    }
  }

  plan(table: RoutingTable): Promise<readonly string[]> {
    return this.#exclusive(async () => {
      const running = this.#running;
      if (running === null) {
        const { backends, maps } = layOut(table, this.#context(), this.#launchOptions(this.#must(this.#settings)).spares);
        const pools = backends.filter(({ servers }) => servers.length > 0);
        return [
          `start HAProxy with ${String(pools.length)} pools and ${String(backends.length - pools.length)} spare backends`,
          ...[...maps].flatMap(([name, text]) => text.split('\n').filter((line) => line !== '').map((line) => `map ${name.replace('.map', '')}: ${line.replace(' ', ' -> ')}`)),
          ...pools.flatMap(({ name, servers }) => servers.map((server) => `backend ${name}: server ${server.name} ${server.address}:${String(server.port)} weight ${String(server.weight)}`)),
        ];
      }
      const plan = new Planner(await observe(running.socket, this.#must(this.#settings).paths), this.#context()).plan(table);
      return plan.kind === 'reload' ? [`reload: ${plan.reason}: ${plan.detail}`] : plan.steps.map(describeStep);
    });
  }

  workers(): readonly WorkerView[] {
    return this.#workers.map(({ pid, startedAt }) => ({ pid, startedAt, current: pid === this.#running?.worker.pid }));
  }

  view(): DriverView {
    const running = this.#running;
    return {
      version: this.#version,
      socket: this.#settings?.paths.socket ?? '',
      twoHops: running?.twoHops ?? false,
      spares: running === null ? new Map() : running.planner.spares(),
      refused: this.#refusedList(),
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
      this.#leftovers.clear();
      this.#running?.socket.close();
      const state = this.#must(this.#state);
      const workers = await readWorkers(state.path);
      // USR1: finish what is open, take nothing new (management manual, section 4).
      for (const worker of workers) signalWorker(worker, 'SIGUSR1');
      const alive = async (until: number): Promise<readonly WorkerRecord[]> => {
        for (;;) {
          const left = await readWorkers(state.path);
          if (left.length === 0 || this.#options.clock.monotonic() >= until) return left;
          await new Promise((resolve) => { setTimeout(resolve, 50); });
        }
      };
      for (const worker of await alive(this.#options.clock.monotonic() + milliseconds)) signalWorker(worker, 'SIGTERM');
      for (const worker of await alive(this.#options.clock.monotonic() + 2000)) signalWorker(worker, 'SIGKILL');
      this.#running = null;
      this.#workers = [];
      await writeWorkers(state.path, []);
      await state.release();
    });
  }

  async detach(): Promise<void> {
    this.#stopping = true;
    await this.#exclusive(async () => {
      this.#leftovers.clear();
      this.#running?.socket.close();
      await this.#state?.release();
    });
  }

  #context(): PlanContext {
    const { config } = this.#options;
    const { paths } = this.#must(this.#settings);
    return {
      caFile: (pem) => `${paths.certs}/ca-${digestOf(pem)}.pem`,
      certificateFile: (host, pem) => `${paths.certs}/${digestOf(`${host}\n${pem}`)}.pem`,
      defaultCertificateFile: paths.defaultCertificate,
      http2: config.tls.http2,
      forwardedHeaders: config.defaults.forwardedHeaders,
    };
  }

  #names(): Names {
    const { paths } = this.#must(this.#settings);
    return { mapFile: (map) => `${paths.maps}/${map}.map`, certificateList: paths.certificateList };
  }

  #must<T>(value: T | null): T {
    if (value === null) throw new HaproxyError('open() was not called, or the driver was stopped');
    return value;
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(work, work);
    this.#queue = next.catch((error: unknown) => { this.#options.log.debug('a call to the driver failed', { because: String(error) }); });
    return next;
  }
}

/** `[ALERT] (pid) : config : text` -> text of the first such line. */
const firstAlert = (output: string): string => /\[ALERT\]\s*\(\d+\) : (?:config : )?(.*)/.exec(output)?.[1] ?? output.trim().slice(0, 300);
