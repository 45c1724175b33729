import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Report } from './report.ts';
import { processorTime } from './support/children.ts';
import { median, percentile } from './support/figures.ts';
import { hostOf, joinDocuments, removeFile, replaceFile, routeText, serviceText, sliceText, writeDirectory } from './support/manifests.ts';
import { startMembers } from './support/members.ts';
import { RawConnection, type RawAnswer } from './support/raw-http.ts';
import { startRouter, type BenchRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';

const polled = 'One client asks on one kept connection, the next request as soon as the last is answered';

/** Asks until `isThere` holds `times` times running; performance.now() of the first of these answers. */
const until = async (client: RawConnection, host: string, isThere: (answer: RawAnswer) => boolean, times: number): Promise<number> => {
  const deadline = performance.now() + 20_000;
  let since = 0;
  for (let run = 0; run < times;) {
    const answer = await client.request(host);
    const now = performance.now();
    if (isThere(answer)) {
      if (run === 0) since = now;
      run += 1;
    } else run = 0;
    if (now > deadline) throw new Error(`${host} was not live within 20 s; last answer ${answer.status} ${answer.body.slice(0, 80)}`);
  }
  return since;
};

/** Between changes: of no common measure with anything that happens on a timer. */
const pause = (turn: number): Promise<void> => sleep(15 + ((turn * 37) % 41));

const newRoute = async (router: BenchRouter, directory: string, first: number, changes: number, port: number, write: (name: string, text: string) => number): Promise<readonly number[]> => {
  const client = new RawConnection(router.http);
  const taken: number[] = [];
  for (let turn = 0; turn < changes; turn += 1) {
    const index = first + turn;
    await client.request(hostOf(index));
    const at = write(`new-${index}.yaml`, joinDocuments(routeText({ index }), serviceText(index), sliceText(index, port, ['127.0.0.1'])));
    taken.push((await until(client, hostOf(index), ({ status }) => status === 200, 1)) - at);
    await pause(turn);
    // Removed again: hundreds of routes more would outgrow the spare backends of a small configuration.
    removeFile(directory, `new-${index}.yaml`);
    await pause(turn + 1);
  }
  client.close();
  return taken;
};

const movedTraffic = async (router: BenchRouter, directory: string, index: number, changes: number, ports: readonly [number, number]): Promise<readonly number[]> => {
  const client = new RawConnection(router.http);
  replaceFile(directory, 'moved.yaml', joinDocuments(routeText({ index }), serviceText(index)));
  replaceFile(directory, 'moved-slice.yaml', sliceText(index, ports[0], ['127.0.0.1']));
  await until(client, hostOf(index), ({ status }) => status === 200, 1);
  const taken: number[] = [];
  for (let turn = 0; turn < changes; turn += 1) {
    const port = ports[(turn + 1) % 2]!;
    await pause(turn);
    const { at } = replaceFile(directory, 'moved-slice.yaml', sliceText(index, port, ['127.0.0.1']));
    taken.push((await until(client, hostOf(index), ({ body }) => body.endsWith(`:${port}`), 10)) - at);
  }
  client.close();
  return taken;
};

const hostChangedInLargeFile = async (router: BenchRouter, directory: string, changes: number): Promise<readonly number[]> => {
  const client = new RawConnection(router.http);
  const text = readFileSync(join(directory, 'routes-0.yaml'), 'utf8');
  const taken: number[] = [];
  for (let turn = 0; turn < changes; turn += 1) {
    const host = `changed-${turn}.apps.example.com`;
    await client.request(host);
    const { at } = replaceFile(directory, 'routes-0.yaml', text.replace(`host: ${hostOf(0)}\n`, `host: ${host}\n`));
    taken.push((await until(client, host, ({ status }) => status === 200, 1)) - at);
    await pause(turn);
  }
  replaceFile(directory, 'routes-0.yaml', text);
  client.close();
  return taken;
};

const both = (report: Report, name: string, routes: number, taken: readonly number[], how: string, barred: boolean): void => {
  const size = `${routes.toLocaleString('en-US')} routes`;
  report.figure({ name: `${name}, median`, size, value: median(taken), unit: 'ms', bar: barred ? { atMost: 10 } : null, how });
  report.figure({ name: `${name}, p99`, size, value: percentile(taken, 0.99), unit: 'ms', bar: barred ? { atMost: 30 } : null, how });
};

const measure = async (report: Report, routes: number, ports: readonly number[], changes: number): Promise<void> => {
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 2 });
  const router = await startRouter({ directory });
  // A second after the start the control plane collects its garbage once, which can hold a change up.
  await sleep(4000);
  const barred = routes === 10_000;
  const idle = processorTime(router.control().pid);
  const renamed = await newRoute(router, directory, 20_000, changes, ports[0]!, (name, text) => replaceFile(directory, name, text).at);
  both(report, 'file with a new route to first 200', routes, renamed,
    `${polled}; ${changes} changes, one after the other. A file with Route, Service and EndpointSlice is written beside and renamed into the directory; measured from the rename to the first 200; then the file is removed. Begun four seconds after readiness. Every route has two members, all of them health-checked.`, barred);
  report.figure({
    name: 'processor time of the control plane for each of these changes', size: `${routes.toLocaleString('en-US')} routes`, value: (processorTime(router.control().pid) - idle) / changes * 1000, unit: 'ms', bar: null,
    how: 'User and system time of all its threads (/proc/PID/stat) over the changes above: hardly touched by whatever else the machine does.',
  });
  const plain = await newRoute(router, directory, 30_000, changes, ports[0]!, (name, text) => {
    const at = performance.now();
    writeFileSync(join(directory, name), text);
    return at;
  });
  both(report, 'the same, written in place', routes, plain, `As above with ${plain.length} changes; the file is created where it stays, so that it is there before its content is.`, barred);
  const moved = await movedTraffic(router, directory, 40_000, changes, [ports[0]!, ports[1]!]);
  both(report, 'EndpointSlice rewritten to traffic moved', routes, moved,
    `${polled}; ${changes} changes. The slice's file is replaced by one that names another port; measured from the rename to the first of ten answers running that come from the new member.`, barred);
  const large = await hostChangedInLargeFile(router, directory, changes);
  both(report, 'host changed in a file of many objects to first 200', routes, large,
    `${polled}; ${large.length} changes of one line in a file with a hundredth of all routes, their services and slices.`, barred);
  const reloads = await router.reloads();
  report.figure({ name: 'reloads meanwhile', size: `${routes.toLocaleString('en-US')} routes`, value: reloads, unit: '', bar: { atMost: 0 }, how: 'fairway_haproxy_reloads_total after all of the changes above.' });
  await router.end();
};

export const benches: readonly Bench[] = [{
  name: 'latency',
  async run(report) {
    const { ports } = await startMembers();
    for (const routes of report.quick ? [10, 10_000] : [10, 1000, 10_000]) await measure(report, routes, ports, report.quick ? 40 : 300);
  },
}];
