import { mkdir, readFile } from 'node:fs/promises';
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
import { startEarly, writePems, type EarlyStart } from './start-early.ts';
import { startWorker, type WorkerStart, type WorkerStarted } from './process/worker.ts';
import { writeFileIfChanged } from './process/write-file.ts';

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

/** A HAProxy that was begun before its table was built, and what it was told. */
export interface Begun {
  readonly head: string;
  readonly first: Foreseen;
  readonly early: EarlyStart;
}

/** null: it is not worth while, or not possible here. */
export const begin = async (first: Foreseen, options: LaunchOptions): Promise<Begun | null> => {
  const { paths } = options.settings;
  await furnish(paths);
  const { head, worker } = starting(first.passthrough, [], options);
  const early = await startEarly(first, head, worker, paths, options.context);
  return early === null ? null : { head, first, early };
};

/** Whether what was foreseen came true. */
const cameTrue = ({ first, head }: Begun, table: RoutingTable, now: string): boolean =>
  head === now && first.defaultCertificate === table.defaultCertificate && first.certificates.length === table.certificates.length &&
  first.certificates.every(({ host, pem }, place) => host === table.certificates[place]?.host && pem === table.certificates[place].pem);

/**
 * Writes everything a worker reads at start, and starts one, or goes on with the one that was begun. The old workers, if any, hand their
 * listeners over and finish.
 */
export const launch = async (table: RoutingTable, old: readonly WorkerRecord[], options: LaunchOptions, begun: Begun | null = null): Promise<Launched> => {
  const { settings, context } = options;
  const { paths } = settings;
  const twoHops = needsTwoHops(table);
  const { head, digest, worker } = starting(twoHops, old, options);
  const useful = begun !== null && old.length === 0 && cameTrue(begun, table, head);
  if (!useful) {
    await begun?.early.end();
    await furnish(paths);
  }
  const early = useful ? begun.early : old.length > 0 ? null : await startEarly(table, head, worker, paths, context);
  try {
    const layout = layOut(table, context, options.spares);
    const text = renderConfiguration({ settings, digest, twoHops, kinds: layout.kinds, backends: layout.backends });
    await Promise.all([
      ...[...layout.maps].map(([name, content]) => writeFileIfChanged(join(paths.maps, name), content)),
      writeFileIfChanged(paths.certificateList, layout.certificateList),
      writeFileIfChanged(paths.config, text),
    ]);
    await writePems(paths.certs, new Map([...layout.certificates, ...layout.cas]), basename(paths.certificateList));
    const started = await (early === null ? startWorker({ ...worker, configFile: paths.config }) : early.finish(text));
    if (started.ok) return { ok: true, layout, started, twoHops, digest };
    return { ok: false, output: started.output, offender: offenderIn(started.output, text, layout, table) };
  } finally {
    await early?.end();
  }
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

/** Writes the files that are always the same. */
const furnish = async (paths: Paths): Promise<void> => {
  await mkdir(paths.pages, { recursive: true, mode: 0o700 });
  await Promise.all([
    ...[...pages()].map(([name, page]) => writeFileIfChanged(join(paths.pages, name), page)),
    ...['memory.lua', 'headers.lua', 'connections.lua'].map(async (name) =>
      writeFileIfChanged(join(paths.lua, name), await readFile(fileURLToPath(new URL(`./lua/${name}`, import.meta.url)), 'utf8'))),
  ]);
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
