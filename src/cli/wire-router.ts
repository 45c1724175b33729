import { readFileSync } from 'node:fs';
import { createAdmission } from '../admission/admit.ts';
import type { Config } from '../config.ts';
import type { BackendOwner } from '../haproxy/figures.ts';
import { ProcessDriver } from '../haproxy/haproxy-driver.ts';
import { certificateDirectory } from '../haproxy/process/certificate-file.ts';
import { kindOfBackend } from '../haproxy/naming.ts';
import { createHaproxyFigures, lookUp } from '../haproxy/ask.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { Loop } from '../reconcile/loop.ts';
import { CertificatesAhead } from './certificates-ahead.ts';
import type { RunningRouter, RouterObserver } from './running-router.ts';
import { defaultPace, ManifestDirectory } from '../sources/manifest-directory.ts';
import type { Source } from '../sources/source.ts';
import { Store } from '../store/store.ts';
import { createTableBuilder } from '../table/build-table.ts';
import type { Rule, RoutingTable } from '../table/routing-table.ts';
import { openDefaultCertificate } from './default-certificate.ts';
import { requireFreePorts } from './free-ports.ts';

/** A router and what `run --dry-run` needs of it besides. */
export interface WiredRouter extends RunningRouter {
  /** Steps that would make HAProxy serve the directory; nothing is changed. */
  plan(): Promise<readonly string[]>;
}

/** Puts the parts together: sources -> store -> admission -> table -> haproxy. Nothing runs before `start`. */
export const wireRouter = async (config: Config, log: Logger, clock: Clock, observer: RouterObserver): Promise<WiredRouter> => {
  const now = clock.now();
  const ahead = new CertificatesAhead({
    now, log, directory: certificateDirectory(config.stateDir),
    expect: (certificates) => { driver.expect(certificates, () => certificate.ready().then(() => certificate.current())); },
  });
  const pace = { ...defaultPace, quiet: config.pace.quiet, longest: config.pace.longest };
  const source = new ManifestDirectory(config.directory, pace, Date.now, (resources) => { ahead.see(resources); });
  const store = new Store();
  const driver = new ProcessDriver({
    config, clock, log, uid: process.getuid?.() ?? 0, limits: readFileSync('/proc/self/limits', 'utf8'),
    onRestart: (message) => { observer.restarted({ at: clock.now(), message }); },
  });
  const admit = createAdmission({ ...config.admission, domain: config.tls.domain, lineOf: source.lineOf, now, judgeTls: ahead.judge });
  const destinationCa = config.tls.defaultDestinationCa === null ? null : readFileSync(config.tls.defaultDestinationCa, 'utf8');
  const buildTable = createTableBuilder({ ...config.defaults, allowLocalAddresses: config.admission.allowLocalAddresses, defaultDestinationCa: destinationCa });
  const certificate = await openDefaultCertificate(config, clock, log, () => { loop.poke(); });
  const complete: Source = {
    // Whatever is made in the background is made while this thread reads the manifests.
    start: async (changed) => {
      const snapshot = await source.start(changed);
      await certificate.ready();
      await ahead.read();
      return snapshot;
    },
    stop: () => source.stop(),
  };
  // The source already waits for quiet; waiting twice would only be slower.
  const loop: Loop = new Loop({
    source: complete, store, buildTable, driver, clock,
    admit: (view) => {
      const admission = admit(view);
      ahead.end();
      return admission;
    },
    defaultCertificate: () => certificate.current(),
    pace: { ...config.pace, quiet: 0 }, events: observer,
  });
  let [adopted, opened, stopped] = [false, false, false];

  const ownerOf = ownersOf(() => loop.state().table, (rule) => driver.view().backendOf(rule));
  return {
    async start() {
      ({ adopted } = await driver.open());
      opened = true;
      if (adopted) observer.adopted({ at: clock.now() });
      // A worker of an earlier run that cannot be adopted still holds them; the new one takes over from it.
      else if (driver.workers().length === 0) await requireFreePorts(config);
      if (!adopted) ahead.starting();
      await loop.start();
    },
    view: () => (loop.state().ready ? { ...loop.state(), workers: driver.workers(), adopted } : null),
    figures: createHaproxyFigures(() => driver.view().socket, ownerOf.backendOwner, ownerOf.memberOf),
    lookUp: (map, key) => lookUp(driver.view().socket, map, key),
    backendOf: (rule) => driver.view().backendOf(rule),
    problem: () => (loop.state().ready ? driver.problem() : 'the first complete table is not served yet'),
    async stop(haproxy) {
      if (stopped) return;
      stopped = true;
      certificate.stop();
      ahead.end();
      await loop.stop();
      if (opened) await (haproxy === 'leave' ? driver.detach() : driver.stop(config.stop.drain));
    },
    async plan() {
      await driver.open();
      try {
        const state = loop.build(await complete.start(() => undefined));
        return await driver.plan(state.table);
      } finally {
        certificate.stop();
        await complete.stop();
        await driver.detach();
      }
    },
  };
};

/** Which rule a backend belongs to now, worked out anew only when the table is another one. */
const ownersOf = (
  tableOf: () => RoutingTable, backendOf: (rule: string) => string | null,
): { backendOwner: (backend: string) => BackendOwner; memberOf: (backend: string, server: string) => string | undefined } => {
  let [table, owners] = [null as RoutingTable | null, new Map<string, { rule: Rule; members: ReadonlySet<string> }>()];
  const current = (): typeof owners => {
    const now = tableOf();
    if (now === table) return owners;
    table = now;
    owners = new Map();
    for (const rule of now.rules) {
      const backend = backendOf(rule.id);
      if (backend !== null) owners.set(backend, { rule, members: new Set(rule.pool.members.map(({ id }) => id)) });
    }
    return owners;
  };
  return {
    backendOwner(backend) {
      const owner = current().get(backend);
      if (owner !== undefined) return { kind: 'rule', rule: owner.rule.id };
      return kindOfBackend(backend) === null ? { kind: 'other' } : { kind: 'spare' };
    },
    memberOf: (backend, server) => (current().get(backend)?.members.has(server) === true ? server : undefined),
  };
};
