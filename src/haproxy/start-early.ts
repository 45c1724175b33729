import { readdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RoutingTable } from '../table/routing-table.ts';
import type { Paths } from './config/haproxy-settings.ts';
import { digestOf } from './naming.ts';
import type { PlanContext } from './plan/plan.ts';
import { ConfigurationPipe } from './process/configuration-pipe.ts';
import { startWorker, type WorkerStart, type WorkerStarted } from './process/worker.ts';
import { writeFileIfChanged, writeNewFile } from './process/write-file.ts';

/** Loading a thousand certificates takes HAProxy 2.6 three quarters of a second (OpenSSL 3.0 sets up its decoders anew for each). */
const worthwhile = 100;
/** What every line within a section begins with. It goes ahead with the certificates: the text must not end with a whole line (ConfigurationPipe). */
const indent = '  ';

/** A HAProxy that loads its certificates while the rest of its configuration is still being worked out. */
export interface EarlyStart {
  /** Gives it the rest; resolves as `startWorker` does. `text` is the whole configuration. */
  finish(text: string): Promise<WorkerStarted>;
  /** Without `finish` before, HAProxy gives up. Resolves when it did. */
  end(): Promise<void>;
}

/** `head`: the configuration up to and with the line that loads certificates. null: it would not be worth while, or is not possible here. */
export const startEarly = async (
  table: Pick<RoutingTable, 'certificates' | 'defaultCertificate'>, head: string, worker: Omit<WorkerStart, 'configFile'>, paths: Paths, context: PlanContext,
): Promise<EarlyStart | null> => {
  if (table.certificates.length < worthwhile || head === '') return null;
  const pipe = await ConfigurationPipe.make(`${paths.config}.pipe`);
  if (pipe === null) return null;
  const files = table.certificates.map(({ host, pem }) => ({ file: context.certificateFile(host, pem), host, pem }));
  // Read by Lua, in the head as well.
  await writeFileIfChanged(join(paths.maps, 'certificates.map'), files.map(({ host, pem }) => `${host} ${digestOf(pem)}\n`).join(''));
  await writeFileIfChanged(paths.certificateList, files.map(({ file, host }) => `${file} ${host}\n`).join(''));
  await writeMissing(paths.certs, new Map([...files.map(({ file, pem }) => [file, pem] as const), [paths.defaultCertificate, table.defaultCertificate]]));
  const started = startWorker({ ...worker, configFile: pipe.path, ended: () => { pipe.abandon().catch(() => undefined); } });
  // Looked at by `finish`; until then nobody may call it unhandled.
  started.catch(() => undefined);
  const ahead = `${head}${indent}`;
  await pipe.write(ahead);
  return {
    finish: async (text) => {
      if (!text.startsWith(ahead)) throw new RangeError('the configuration does not begin as was said');
      await pipe.write(text.slice(ahead.length));
      await pipe.end();
      return started;
    },
    end: async () => {
      await pipe.end();
      await started.catch(() => undefined);
    },
  };
};

/** Files are named by content, so those that are there are right; only the default one keeps its name. */
const writeMissing = async (directory: string, pems: ReadonlyMap<string, string>): Promise<ReadonlySet<string>> => {
  const have = new Set(await readdir(directory));
  for (const [path, pem] of pems) {
    if (basename(path) === 'default.pem') await writeFileIfChanged(path, pem);
    else if (!have.has(basename(path))) writeNewFile(path, pem);
  }
  return have;
};

/** Makes the directory hold these files; those that no certificate needs any more are deleted, except the list. */
export const writePems = async (directory: string, pems: ReadonlyMap<string, string>, list: string): Promise<void> => {
  const wanted = new Set([list, ...[...pems.keys()].map((path) => basename(path))]);
  for (const name of await writeMissing(directory, pems)) if (!wanted.has(name) && name.endsWith('.pem')) await unlink(join(directory, name));
};
