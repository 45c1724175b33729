import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Report } from './report.ts';
import { residentMemory } from './support/children.ts';
import { replaceFile, sliceText, writeDirectory } from './support/manifests.ts';
import { startMembers } from './support/members.ts';
import { startRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';

const mega = 1e6;

const measure = async (report: Report, routes: number, ports: readonly number[]): Promise<void> => {
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 2 });
  const router = await startRouter({ directory });
  await sleep(3000);
  const size = `${routes.toLocaleString('en-US')} routes`;
  const bars = routes === 10_000 ? { control: { atMost: 200 }, haproxy: { atMost: 260 } } : { control: null, haproxy: null };
  const haproxy = (): number => router.haproxyPids().reduce((sum, pid) => sum + residentMemory(pid), 0) / mega;
  const how = 'Resident memory (VmRSS) three seconds after readiness; every route has two health-checked members; HAProxy with the threads it chooses (one a core).';
  report.figure({ name: 'control plane', size, value: residentMemory(router.control().pid) / mega, unit: 'MB', bar: bars.control, how });
  report.figure({ name: 'HAProxy', size, value: haproxy(), unit: 'MB', bar: bars.haproxy, how });
  const changes = report.quick ? 50 : 300;
  let most = 0;
  for (let turn = 0; turn < changes; turn += 1) {
    replaceFile(directory, 'changing.yaml', sliceText(50_000, ports[turn % ports.length]!, ['127.0.0.1']));
    await sleep(30);
    most = Math.max(most, residentMemory(router.control().pid) / mega);
  }
  const after = `The highest seen during ${changes} changes after that, one every 30 ms.`;
  report.figure({ name: 'control plane, highest during changes', size, value: most, unit: 'MB', bar: bars.control, how: after });
  report.figure({ name: 'HAProxy, after changes', size, value: haproxy(), unit: 'MB', bar: bars.haproxy, how: `After the ${changes} changes.` });
  await router.end();
};

export const benches: readonly Bench[] = [{
  name: 'memory',
  async run(report) {
    const { ports } = await startMembers();
    for (const routes of [10, 1000, 10_000]) await measure(report, routes, ports);
  },
}];
