import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchBetween } from '../lib/patch-sorted.ts';
import type { RoutingTable, Rule } from '../table/routing-table.ts';
import { pages } from './config/answering-backends.ts';
import { settingsDigest, type HaproxySettings, type Paths } from './config/haproxy-settings.ts';
import { certificatesHead, renderConfiguration } from './config/render-config.ts';
import type { Foreseen } from './driver.ts';
import { layOut, type Layout, type SparePolicy } from './plan/layout.ts';
import type { PlanContext } from './plan/plan.ts';
import type { WorkerRecord } from './process/pid-file.ts';
import type { Beginning } from './beginning.ts';
import { EarlyStart, writePems } from './start-early.ts';
import { startWorker, type WorkerStart, type WorkerStarted } from './process/worker.ts';
import { writeFileIfChanged, writeSmallFileIfChanged } from './process/write-file.ts';

export interface LaunchOptions {
  readonly settings: HaproxySettings;
  readonly program: string;
  readonly context: PlanContext;
  readonly spares: SparePolicy;
  readonly logFile: string;
}

export type Launched =
  | { readonly ok: true; readonly layout: Layout; readonly started: Extract<WorkerStarted, { ok: true }>; readonly twoHops: boolean; readonly digest: string }
  | { readonly ok: false; readonly output: string; /** Rule that HAProxy's complaint is about, where it could be told. */ readonly offender: string | null };

/** Certificates that make it worth while to begin early: loading a hundred takes HAProxy 2.6 a tenth of a second. */
const worthwhile = 100;

let counted: { readonly rules: readonly Rule[]; readonly passing: number } = { rules: [], passing: 0 };
const passing = (rules: readonly Rule[]): number => rules.reduce((sum, rule) => sum + Number(rule.termination === 'passthrough'), 0);

/** Whether the SNI must be seen before it is decided who terminates TLS. The last count is kept: it is asked at every change. */
export const needsTwoHops = ({ rules }: Pick<RoutingTable, 'rules'>): boolean => {
  if (rules !== counted.rules) {
    const patch = patchBetween(counted.rules, rules);
    counted = { rules, passing: patch === null ? passing(rules) : counted.passing - passing(patch.gone) + passing(patch.come) };
  }
  return counted.passing > 0;
};

/**
 * Writes everything a worker reads at start, and starts one, or goes on with the one that was begun. The old workers, if any, hand their
 * listeners over and finish.
 */
export const launch = async (table: RoutingTable, old: readonly WorkerRecord[], options: LaunchOptions, beginning: Beginning | null = null): Promise<Launched> => {
  const { settings, context } = options;
  const { paths } = settings;
  const twoHops = needsTwoHops(table);
  const { digest, worker } = starting(twoHops, old, options);
  const begun = await beginning?.take(old.length > 0 ? null : table);
  if (begun === undefined || begun === null) furnish(paths);
  const early = begun ?? (old.length > 0 ? null : await beginWith({ ...table, passthrough: twoHops }, options));
  try {
    const layout = layOut(table, context, options.spares);
    await early?.opened();
    const text = renderConfiguration({ settings, digest, twoHops, kinds: layout.kinds, backends: layout.backends });
    await Promise.all([
      ...[...layout.maps].map(([name, content]) => writeFileIfChanged(join(paths.maps, name), content)),
      writeFileIfChanged(paths.certificateList, layout.certificateList),
      writeFileIfChanged(paths.config, text),
    ]);
    writePems(paths.certs, new Map([...layout.certificates, ...layout.cas]), basename(paths.certificateList));
    const started = await (early === null ? startWorker({ ...worker, configFile: paths.config }) : early.finish(text));
    if (started.ok) return { ok: true, layout, started, twoHops, digest };
    return { ok: false, output: started.output, offender: offenderIn(started.output, text, layout, table) };
  } finally {
    await early?.end();
  }
};

/** Begins with a HAProxy that nobody runs before, for all the certificates of a table. null: it is not worth while, or not possible here. */
export const beginWith = async (first: Foreseen, options: LaunchOptions): Promise<EarlyStart | null> => {
  if (first.certificates.length < worthwhile) return null;
  const early = await beginEarly(first.defaultCertificate, first.passthrough, options);
  early?.complete(first);
  return early;
};

/** Begins with one whose certificates come later. */
export const beginEarly = (defaultCertificate: string, twoHops: boolean, options: LaunchOptions): Promise<EarlyStart | null> => {
  const { settings: { paths }, context } = options;
  furnish(paths);
  const { head, worker } = starting(twoHops, [], options);
  return EarlyStart.begin({ head, worker, paths, context, defaultCertificate });
};

/** How a worker is started, and the part of its configuration that is known first. */
const starting = (
  twoHops: boolean, old: readonly WorkerRecord[], { settings, program, logFile }: LaunchOptions,
): { readonly head: string; readonly digest: string; readonly worker: Omit<WorkerStart, 'configFile'> } => {
  const socket = settings.paths.socket;
  const digest = settingsDigest(settings, program);
  return {
    digest,
    head: certificatesHead({ settings, digest, twoHops }),
    worker: { program, statsSocket: socket, logFile, env: {}, takeOverFrom: old.length === 0 ? null : { socket, pids: old.map(({ pid }) => pid) } },
  };
};

/** Writes the files that are always the same. At once: at start others have their turns between, and each would wait for ten. */
const furnish = (paths: Paths): void => {
  mkdirSync(paths.pages, { recursive: true, mode: 0o700 });
  for (const [name, page] of pages()) writeSmallFileIfChanged(join(paths.pages, name), page);
  for (const name of ['memory.lua', 'headers.lua', 'connections.lua']) {
    writeSmallFileIfChanged(join(paths.lua, name), readFileSync(fileURLToPath(new URL(`./lua/${name}`, import.meta.url)), 'utf8'));
  }
};

/**
 * The rule behind HAProxy's complaint: `config : parsing [haproxy.cfg:1234] : ...` names a line of a pool's backend, a complaint
 * about a certificate names its file.
 */
const offenderIn = (output: string, text: string, layout: Layout, table: RoutingTable): string | null => {
  for (const path of [...layout.certificates.keys(), ...layout.cas.keys()]) {
    if (!output.includes(path)) continue;
    const host = layout.planner.observed.listed.get(path);
    const certificate = table.certificates.find((one) => one.host === host);
    if (certificate !== undefined) return certificate.rule;
    const ca = layout.cas.get(path);
    const rule = table.rules.find((one) => ca !== undefined && one.pool.tls?.ca === ca);
    if (rule !== undefined) return rule.id;
  }
  const line = /parsing \[[^\]]*:(\d+)\]/.exec(output)?.[1];
  if (line === undefined) return null;
  const lines = text.split('\n');
  for (let index = Number(line) - 1; index >= 0; index -= 1) {
    const backend = /^backend (\S+) /.exec(lines[index] ?? '')?.[1];
    if (backend === undefined) continue;
    return layout.planner.ownerOf(backend);
  }
  return null;
};
