import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultConfig } from '../../src/config.ts';
import type { HaproxySettings } from '../../src/haproxy/config/haproxy-settings.ts';
import { launch } from '../../src/haproxy/launch.ts';
import { digestOf } from '../../src/haproxy/naming.ts';
import { certificateFile } from '../../src/haproxy/process/certificate-file.ts';
import type { Layout } from '../../src/haproxy/plan/layout.ts';
import type { PlanContext } from '../../src/haproxy/plan/plan.ts';
import { settingsFromConfig } from '../../src/haproxy/settings-from-config.ts';
import type { RoutingTable } from '../../src/table/routing-table.ts';
import { freePorts } from './addresses.ts';
import { atEnd } from './cleanup.ts';

type Flags = Parameters<typeof defaultConfig>[0];

/** A directory as a worker needs it; gone at the end of the test file. */
export const makeStateDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-table-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  for (const name of ['run', 'maps', 'certs', 'pages', 'lua']) await mkdir(join(directory, name), { mode: 0o700 });
  return directory;
};

export const planContext = (settings: HaproxySettings): PlanContext => {
  const { certs, defaultCertificate } = settings.paths;
  return {
    caFile: (pem) => `${certs}/ca-${digestOf(pem)}.pem`, certificateFile: (host, pem) => certificateFile(certs, host, pem),
    defaultCertificateFile: defaultCertificate, http2: settings.tls.http2, forwardedHeaders: settings.defaults.forwardedHeaders,
  };
};

export interface TableHaproxy {
  readonly settings: HaproxySettings;
  readonly layout: Layout;
  readonly http: number;
  readonly https: number;
}

/** A HAProxy that serves the table until the end of the test file. No control plane runs. */
export const serveTable = async (table: RoutingTable, flags: Flags = {}): Promise<TableHaproxy> => {
  const [directory, [http = 0, https = 0]] = [await makeStateDirectory(), await freePorts(2)];
  const settings = settingsFromConfig(defaultConfig({ ...flags, 'listen.http': String(http), 'listen.https': String(https) }), 200, null, directory);
  const launched = await launch(table, [], { settings, program: 'haproxy', context: planContext(settings), spares: { commonest: 8, balance: 'random' }, logFile: join(directory, 'haproxy.log') });
  if (!launched.ok) throw new Error(launched.output);
  atEnd(async () => {
    process.kill(launched.started.worker.pid, 'SIGKILL');
    await launched.started.exited;
  });
  return { settings, layout: launched.layout, http, https };
};
