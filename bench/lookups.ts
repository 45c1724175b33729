import { chmodSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../test/support/addresses.ts';
import type { Bench, Report } from './report.ts';
import { hostOf, writeDirectory, writeWideDirectory } from './support/manifests.ts';
import { measuredHaproxy, measuredRouter, type Measured } from './support/measured.ts';
import { startMembers } from './support/members.ts';
import { bareConfig, regexConfig, regexMap } from './support/reference-configs.ts';
import { startRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';
import { ratioOf, takeInTurn, type Taken } from './support/side-by-side.ts';
import { wrk, type WrkResult } from './support/wrk.ts';

const sizes = [10, 100, 1000, 10_000] as const;
/** A hundred hosts spread over all routes; with fewer routes all of them, in turn. */
const hotHosts = (routes: number): readonly string[] => Array.from({ length: 100 }, (_, place) => hostOf((place * 97) % routes));

const pinned = availableParallelism() > 1 ? 'HAProxy with one thread held to one core, wrk and members to the other' : 'one core for everything';
/** Together with the hosts more than HAProxy's cache of look-ups in lists holds (tune.pattern.cache-size, 10,000). */
const paths = 200;
const setting = `wrk, 32 kept connections, 100 hosts in turn with ${paths} paths each, one member each; ${pinned}; all sides in turn, new processes every five rounds, medians of the rounds, ratios of each round`;

const name = 'requests/s over 100 hot hosts';

/** Starts Fairway's HAProxy with `routes` routes; the control plane stays, as it would. `wide`: the routes share all members instead of having one each. */
const fairwayWith = async (routes: number, ports: readonly number[], wide = false): Promise<Measured> => {
  const directory = join(scratchDirectory(), 'manifests');
  if (wide) writeWideDirectory({ path: directory, routes, ports });
  else writeDirectory({ path: directory, routes, ports, members: 1 });
  const router = await startRouter({ directory, threads: 1 });
  return measuredRouter(router);
};

/** A backend for each of the members. */
const bareWith = async (ports: readonly number[]): Promise<Measured> => {
  const [port] = (await freePorts(1)) as [number];
  return measuredHaproxy(bareConfig({ port, threads: 1, members: ports }), port);
};

const regexWith = async (routes: number, ports: readonly number[]): Promise<Measured> => {
  const [port] = (await freePorts(1)) as [number];
  const directory = scratchDirectory();
  const maps = { redirect: join(directory, 'redirect.map'), backends: join(directory, 'backends.map') };
  writeFileSync(maps.redirect, regexMap(routes, () => '0'));
  writeFileSync(maps.backends, regexMap(routes, (index) => `pool-${index}`));
  for (const file of Object.values(maps)) chmodSync(file, 0o644);
  return measuredHaproxy(regexConfig({ port, threads: 1, members: ports, routes, maps }), port);
};

const run = async (report: Report): Promise<void> => {
  const [seconds, rounds] = report.quick ? [1, 7] : [1, 25];
  const { ports } = await startMembers();
  const fairway = new Map<number, Measured>();
  for (const routes of sizes) fairway.set(routes, await fairwayWith(routes, ports));
  const wide = await fairwayWith(10, ports, true);
  const bare = await bareWith(ports);
  const bareOfTen = await bareWith(ports.slice(0, 10));
  const regex = await regexWith(10_000, ports);
  await sleep(500);
  const side = (at: Measured, hosts: readonly string[], different = paths) => (): Promise<WrkResult> =>
    wrk({ url: `http://127.0.0.1:${at.port}/`, hosts, paths: different, seconds, pid: at.pid() });
  const sides: Record<string, () => Promise<WrkResult>> = {
    bare: side(bare, hotHosts(10_000)),
    'bare of ten': side(bareOfTen, hotHosts(10)),
    ...Object.fromEntries([...fairway].map(([routes, at]) => [`fairway ${routes}`, side(at, hotHosts(routes))])),
    'fairway 10, all members': side(wide, hotHosts(10)),
    regex: side(regex, hotHosts(10_000)),
    'regex cached': side(regex, hotHosts(10_000), 1),
  };
  const all = [...fairway.values(), wide, bare, bareOfTen, regex];
  const taken = await takeInTurn(sides, rounds, async () => { for (const one of all) await one.renew(); });
  const of = (key: string): Taken => taken[key]!;
  const how = `${setting} (${rounds} of ${seconds} s).`;
  for (const routes of sizes) report.figure({ name, size: `${routes.toLocaleString('en-US')} routes`, value: of(`fairway ${routes}`).perSecond, unit: '/s', bar: null, how });
  report.figure({ name: `${name}, bare HAProxy`, size: null, value: of('bare').perSecond, unit: '/s', bar: null, how });
  report.figure({ name: `${name}, regular-expression maps`, size: '10,000 routes', value: of('regex').perSecond, unit: '/s', bar: null, how });
  // What is compared is the number of routes: both sides send to the same hundred members. A hundred connections kept to a hundred members cost more
  // than ten to ten, whoever chooses among them: the next figures show it, on a bare HAProxy as well.
  const grown = ratioOf(of('fairway 10000'), of('fairway 10, all members'));
  const same = `${how} The same hundred members on both sides: one for each of the 100 hot hosts, ten for each of ten routes.`;
  report.figure({ name: `${name}: 10,000 routes over 10 routes`, size: null, value: grown.perSecond, unit: '', bar: { atLeast: 0.95 }, how: same });
  report.figure({ name: 'the same, by requests per second of processor time', size: null, value: grown.perProcessorSecond, unit: '', bar: null, how: same });
  const fewer = ratioOf(of('fairway 10000'), of('fairway 10'));
  report.figure({ name: `${name}: 10,000 routes over 10 routes with one member each`, size: null, value: fewer.perSecond, unit: '', bar: null, how });
  report.figure({ name: 'the same, by requests per second of processor time', size: null, value: fewer.perProcessorSecond, unit: '', bar: null, how });
  const plain = ratioOf(of('bare'), of('bare of ten'));
  const why = `${how} No look-up on either side: what it costs that a hundred backends and members are used instead of ten.`;
  report.figure({ name: `${name}: bare HAProxy with 100 backends over one with 10`, size: null, value: plain.perSecond, unit: '', bar: null, how: why });
  report.figure({ name: 'the same, by requests per second of processor time', size: null, value: plain.perProcessorSecond, unit: '', bar: null, how: why });
  const alike = ratioOf(of('fairway 10000'), of('fairway 100'));
  report.figure({ name: `${name}: 10,000 routes over 100 routes`, size: null, value: alike.perSecond, unit: '', bar: null, how });
  report.figure({ name: 'the same, by requests per second of processor time', size: null, value: alike.perProcessorSecond, unit: '', bar: null, how });
  for (const routes of sizes) {
    const limit = ratioOf(of(`fairway ${routes}`), of('bare'));
    const against = `${setting} (${rounds} of ${seconds} s). Bare: one of 100 backends at random, no look-up; same forwarded headers, lower-case Host, Proxy header deleted, native insert cookie, buffers, timeouts, threads.`;
    report.figure({ name: `${name}: Fairway over bare HAProxy`, size: `${routes.toLocaleString('en-US')} routes`, value: limit.perSecond, unit: '', bar: routes === 10_000 ? { atLeast: 0.85 } : null, how: against });
    report.figure({ name: 'the same, by requests per second of processor time', size: `${routes.toLocaleString('en-US')} routes`, value: limit.perProcessorSecond, unit: '', bar: null, how: against });
  }
  report.figure({
    name: `${name}: Fairway over regular-expression maps`, size: '10,000 routes', value: ratioOf(of('fairway 10000'), of('regex')).perSecond, unit: '', bar: { atLeast: 15 },
    how: `${setting} (${rounds} of ${seconds} s). Maps as OpenShift's router lays them out: one expression a route, walked once for the redirect and once for the backend.`,
  });
  report.figure({
    name: `${name}, regular-expression maps, one path a host`, size: '10,000 routes', value: of('regex cached').perSecond, unit: '/s', bar: null,
    how: 'The same with always the same 100 URLs: HAProxy then answers from its cache of look-ups (10,000 entries a thread), which the many paths of real traffic overrun.',
  });
};

export const benches: readonly Bench[] = [{ name: 'lookups', run }];
