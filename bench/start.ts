import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Report } from './report.ts';
import { createCertificateMaker, edgeText } from './support/certificates.ts';
import { median } from './support/figures.ts';
import { hostOf, writeDirectory } from './support/manifests.ts';
import { startMembers } from './support/members.ts';
import { RawConnection } from './support/raw-http.ts';
import { prepareRouter, type BenchRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';

/** Seconds from starting the command to the first 200 for the last route of the last file. */
const untilServing = async (router: BenchRouter, host: string): Promise<number> => {
  const at = performance.now();
  const control = router.launch();
  for (;;) {
    if (control.process.exitCode !== null) throw new Error(`the router ended:\n${control.output().slice(-4000)}`);
    const client = new RawConnection(router.http);
    const status = await client.request(host).then((answer) => answer.status, () => 0);
    client.close();
    if (status === 200) return (performance.now() - at) / 1000;
    await sleep(5);
  }
};

/** Seconds from starting the command, with HAProxy still running, to readiness. */
const untilAdopted = async (router: BenchRouter): Promise<number> => {
  router.control().process.kill('SIGKILL');
  while (router.control().process.signalCode === null) await sleep(5);
  const at = performance.now();
  router.launch();
  await router.ready();
  return (performance.now() - at) / 1000;
};

const measure = async (report: Report, routes: number, ports: readonly number[], rounds: number): Promise<void> => {
  const make = await createCertificateMaker();
  const tls = new Map<number, string>();
  // Not the last route: that one is asked for in clear text.
  for (let index = 0; index < routes - 1; index += 10) tls.set(index, edgeText(await make(hostOf(index)), 'Allow'));
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 2, tlsOf: (index) => tls.get(index) });
  const starts: number[] = [];
  const adoptions: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const router = await prepareRouter({ directory });
    starts.push(await untilServing(router, hostOf(routes - 1)));
    await router.ready();
    const before = router.haproxyPids();
    adoptions.push(await untilAdopted(router));
    const after = router.haproxyPids();
    if (before.join() !== after.join()) throw new Error(`adoption changed the HAProxy processes from ${before.join()} to ${after.join()}`);
    const reloads = await router.reloads();
    if (reloads > 0) throw new Error(`adoption cost ${reloads} reloads`);
    await router.end();
  }
  const size = `${routes.toLocaleString('en-US')} routes`;
  const bar = routes === 10_000 ? { atMost: 3 } : null;
  const what = `${routes.toLocaleString('en-US')} routes with two members each in ${Math.min(100, routes)} files, certificates on a tenth of them`;
  report.figure({ name: 'start to first 200', size, value: median(starts), unit: 's', bar,
    how: `From starting bin/fairway with an empty state directory to the first 200 for the last route, asked for every 5 ms. Median of ${rounds}; a tenth of the routes bring certificates, every route has two members, a hundred files.` });
  report.figure({ name: 'adoption of a running HAProxy', size, value: median(adoptions), unit: 's', bar,
    how: `The control plane is killed with SIGKILL and started again; until /healthz/ready says 200. HAProxy serves all the while: same process, no reload (checked). Median of ${rounds}.` });
  report.note(`${what}: starts ${starts.map((value) => value.toFixed(2)).join(', ')} s; adoptions ${adoptions.map((value) => value.toFixed(2)).join(', ')} s.`);
};

export const benches: readonly Bench[] = [{
  name: 'start',
  async run(report) {
    const { ports } = await startMembers();
    for (const routes of report.quick ? [10, 10_000] : [10, 1000, 10_000]) await measure(report, routes, ports, report.quick ? 1 : 5);
  },
}];
