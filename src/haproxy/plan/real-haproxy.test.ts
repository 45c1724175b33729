import fc from 'fast-check';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../../test/support/addresses.ts';
import { anyTables, type Pems } from '../../../test/support/any-tables.ts';
import { makeCertificate } from '../../../test/support/certificates.ts';
import { atEnd } from '../../../test/support/cleanup.ts';
import { defaultConfig } from '../../config.ts';
import { launch } from '../launch.ts';
import { digestOf } from '../naming.ts';
import { differences } from '../observed/observed.ts';
import { observe } from '../observed/observe.ts';
import { RuntimeSocket } from '../runtime/runtime-socket.ts';
import { settingsFromConfig } from '../settings-from-config.ts';
import type { Leftover, PlanContext } from './plan.ts';
import { Planner } from './planner.ts';
import { sendSteps } from './send-steps.ts';
import { applyStep } from './steps.ts';

const realPems = async (): Promise<Pems> => {
  const [one, two, three, ca, otherCa] = await Promise.all([
    makeCertificate({ hosts: ['a.test'] }), makeCertificate({ hosts: ['b.a.test', '*.a.test'], key: 'rsa' }), makeCertificate({ hosts: ['c.test'] }),
    makeCertificate({ hosts: ['ca-one'], isCa: true }), makeCertificate({ hosts: ['ca-two'], isCa: true }),
  ]);
  return { certificates: [one.key + one.cert, two.key + two.cert, three.key + three.cert], cas: [ca.cert, otherCa.cert, ca.cert + otherCa.cert], defaults: [one.key + one.cert, three.key + three.cert] };
};

test('random tables: after each plan HAProxy has exactly what the planner believes, and a new planner finds nothing to do', async () => {
  const pems = await realPems();
  const directory = await mkdtemp(join(tmpdir(), 'fairway-tables-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  for (const name of ['run', 'maps', 'certs', 'pages', 'lua']) await mkdir(join(directory, name), { mode: 0o700 });
  const [http, https] = await freePorts(2);
  const settings = settingsFromConfig(defaultConfig({ 'listen.http': String(http), 'listen.https': String(https) }), 200, null, directory);
  const { paths } = settings;
  const context: PlanContext = {
    caFile: (pem) => `${paths.certs}/ca-${digestOf(pem)}.pem`, certificateFile: (host, pem) => `${paths.certs}/${digestOf(`${host}\n${pem}`)}.pem`,
    defaultCertificateFile: paths.defaultCertificate, http2: true, forwardedHeaders: 'append',
  };
  const names = { mapFile: (map: string): string => `${paths.maps}/${map}.map`, certificateList: paths.certificateList };
  const seed = Math.trunc(Math.random() * 2 ** 31);
  const [tables = []] = fc.sample(anyTables(pems, { length: 31, size: 8 }), { numRuns: 1, seed });
  const [first, ...rest] = tables;
  if (first === undefined) throw new Error('no table was drawn');

  const launched = await launch(first, [], { settings, program: 'haproxy', context, spares: { commonest: 192, balance: 'random' }, logFile: join(directory, 'haproxy.log') });
  if (!launched.ok) throw new Error(launched.output);
  atEnd(async () => {
    process.kill(launched.started.worker.pid, 'SIGKILL');
    await launched.started.exited;
  });
  const socket = new RuntimeSocket(paths.socket);
  atEnd(() => { socket.close(); });
  let { planner } = launched.layout;
  expect(differences(planner.observed, await observe(socket, paths))).toEqual([]);

  const leftovers: Leftover[] = [];
  const retire = async (some: readonly Leftover[]): Promise<void> => {
    const steps = some.flatMap((leftover) => planner.retire(leftover));
    expect(await sendSteps(socket, steps, names)).toEqual({ confirmed: steps.length, refused: [], later: [] });
    for (const step of steps) applyStep(planner.observed, step);
  };
  for (const [index, table] of rest.entries()) {
    const plan = planner.plan(table);
    if (plan.kind === 'reload') throw new Error(`${plan.reason}: ${plan.detail}`);
    const sent = await sendSteps(socket, plan.steps, names);
    expect({ seed, index, refused: sent.refused, later: sent.later }).toEqual({ seed, index, refused: [], later: [] });
    leftovers.push(...plan.leftovers);
    if (index % 3 === 0) await retire(leftovers.splice(0));
    const found = await observe(socket, paths);
    expect({ seed, index, differences: differences(planner.observed, found) }).toEqual({ seed, index, differences: [] });
    expect({ seed, certificates: found.certificates, cas: found.cas }).toEqual({ seed, certificates: planner.observed.certificates, cas: planner.observed.cas });
    if (index % 10 !== 9) continue;
    planner = new Planner(found, context);
    const again = planner.plan(table);
    expect(again.kind === 'steps' ? again.steps.filter(({ does, rule }) => does !== 'server-maintenance' && rule === null) : again).toEqual([]);
    if (again.kind === 'steps') {
      expect((await sendSteps(socket, again.steps, names)).refused).toEqual([]);
      leftovers.splice(0, leftovers.length, ...again.leftovers);
    }
  }
}, 40_000);
