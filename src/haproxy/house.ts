import { chmod, chown } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Logger } from '../lib/logger.ts';
import type { HaproxySettings } from './config/haproxy-settings.ts';
import { HaproxyError } from './haproxy-error.ts';
import type { LaunchOptions } from './launch.ts';
import { digestOf } from './naming.ts';
import type { PlanContext } from './plan/plan.ts';
import type { Names } from './plan/step-commands.ts';
import { certificateFile } from './process/certificate-file.ts';
import { readHaproxyVersion } from './process/haproxy-version.ts';
import { deriveMaxConnections, parseOpenFilesLimit } from './process/limits.ts';
import { openStateDirectory, type StateDirectory } from './process/state-directory.ts';
import { accountFor, settingsFromConfig } from './settings-from-config.ts';

/** What the driver opens once and then only reads. */
export interface House {
  readonly state: StateDirectory;
  readonly settings: HaproxySettings;
  /** Version of the program on disk, as `haproxy -v` prints it. */
  readonly version: string;
  readonly context: PlanContext;
  readonly names: Names;
  readonly launch: LaunchOptions;
}

export interface HouseWishes {
  readonly config: Config;
  readonly log: Logger;
  readonly uid: number;
  /** Text of /proc/self/limits. */
  readonly limits: string;
}

/** Finds HAProxy, takes the state directory and derives the settings. Starts nothing. Rejects with HaproxyError. */
export const openHouse = async ({ config, log, uid, limits }: HouseWishes): Promise<House> => {
  const version = await readHaproxyVersion(config.haproxy.program);
  if (!version.ok) throw new HaproxyError(version.message);
  const opened = await openStateDirectory(config.stateDir);
  if (!opened.ok) throw new HaproxyError(opened.message);
  const { state } = opened;
  const account = accountFor(config, uid, state.path);
  if (account !== null) {
    await chmod(state.path, 0o711);
    await chown(state.run, account.uid, account.gid);
  }
  const budget = deriveMaxConnections({
    openFiles: parseOpenFilesLimit(limits).hard, listeners: 6, reserved: 100, checkedServers: 0,
    threads: config.haproxy.threads ?? 2, wanted: config.haproxy.maxConnections,
  });
  log.info(budget.sentence);
  const settings = settingsFromConfig(config, budget.maxConnections, account?.name ?? null, state.path);
  const { paths } = settings;
  const context: PlanContext = {
    caFile: (pem) => `${paths.certs}/ca-${digestOf(pem)}.pem`,
    certificateFile: (host, pem) => certificateFile(paths.certs, host, pem),
    defaultCertificateFile: paths.defaultCertificate,
    http2: config.tls.http2,
    forwardedHeaders: config.defaults.forwardedHeaders,
  };
  return {
    state, settings, version: version.version.text, context,
    names: { mapFile: (map) => `${paths.maps}/${map}.map`, certificateList: paths.certificateList },
    launch: {
      settings, program: config.haproxy.program, context,
      spares: { commonest: config.spares, balance: config.defaults.balance }, logFile: join(state.path, 'haproxy.log'),
    },
  };
};
