import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Report } from './report.ts';
import { createCertificateMaker, edgeText } from './support/certificates.ts';
import { hostOf, joinDocuments, removeFile, replaceFile, routeText, serviceText, sliceText, writeDirectory } from './support/manifests.ts';
import { startMembers } from './support/members.ts';
import { RawConnection } from './support/raw-http.ts';
import { startRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';
import { startSteadyLoad } from './support/steady-load.ts';

/** Routes that are changed while they are asked: files of their own beside the many. */
const hot = 100;
const hotIndex = (place: number): number => 60_000 + place;

/** In the same namespace (indexes modulo 50), so that weights can share between two services. */
const partnerOf = (place: number): number => hotIndex((place + 50) % hot);

type Change = (turn: number) => void;

/** The kinds of change, taken in turn. Each leaves every hot host with a member that answers. */
const changesIn = (directory: string, ports: readonly number[], certificates: readonly string[][]): Readonly<Record<string, Change>> => {
  return {
    'route added or removed': (turn) => {
      const index = 70_000 + (turn % 50);
      const name = `coming-${index}.yaml`;
      if (existsSync(join(directory, name))) removeFile(directory, name);
      else replaceFile(directory, name, joinDocuments(routeText({ index }), serviceText(index), sliceText(index, ports[0]!, ['127.0.0.1'])));
    },
    'members changed': (turn) => {
      const index = hotIndex(turn % hot);
      const members = [['127.0.0.1'], ['127.0.0.1', '127.0.0.2'], ['127.0.0.2']][(turn + Math.floor(turn / hot)) % 3]!;
      replaceFile(directory, `slice-${index}.yaml`, sliceText(index, ports[(index + Math.floor(turn / hot)) % ports.length]!, members));
    },
    'certificate rotated': (turn) => {
      const place = turn % certificates.length;
      const known = certificates[place]!;
      const index = hotIndex(place);
      replaceFile(directory, `route-${index}.yaml`, routeText({ index, tls: known[Math.floor(turn / certificates.length) % known.length]! }));
    },
    'weights changed': (turn) => {
      // Not the routes whose certificates are rotated: they are written whole.
      const place = certificates.length + (turn % (hot - certificates.length));
      const index = hotIndex(place);
      const share = 10 + ((turn * 7) % 80);
      replaceFile(directory, `route-${index}.yaml`, routeText({ index, weights: [[index, share], [partnerOf(place), 100 - share]] }));
    },
  };
};

const run = async (report: Report, routes: number, changes: number): Promise<void> => {
  const { ports } = await startMembers();
  const make = await createCertificateMaker();
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 1 });
  const certificates: string[][] = [];
  for (let place = 0; place < 20; place += 1) {
    const known = await Promise.all(Array.from({ length: 4 }, () => make(hostOf(hotIndex(place)))));
    certificates.push(known.map((made) => edgeText(made, 'Allow')));
  }
  for (let place = 0; place < hot; place += 1) {
    const index = hotIndex(place);
    const tls = certificates[place]?.[0];
    // Weighted from the beginning: a second service makes a pool of another kind, which is another change than a weight.
    replaceFile(directory, `route-${index}.yaml`, routeText(tls === undefined ? { index, weights: [[index, 50], [partnerOf(place), 50]] } : { index, tls }));
    replaceFile(directory, `service-${index}.yaml`, serviceText(index));
    replaceFile(directory, `slice-${index}.yaml`, sliceText(index, ports[place]!, ['127.0.0.1']));
  }
  const router = await startRouter({ directory });
  await sleep(1000);
  const before = router.haproxyPids();
  const hosts = Array.from({ length: hot }, (_, place) => hostOf(hotIndex(place)));
  const load = startSteadyLoad({ http: router.http, https: router.https, hosts, perSecond: 1950, tlsHosts: hosts.slice(0, certificates.length), tlsPerSecond: 50 });
  await sleep(1000);
  const kinds = Object.values(changesIn(directory, ports, certificates));
  const begun = performance.now();
  for (let turn = 0; turn < changes; turn += 1) {
    kinds[turn % kinds.length]!(Math.floor(turn / kinds.length));
    // 200 changes a second, caught up with after a pause of the machine.
    const ahead = begun + (turn + 1) * 5 - performance.now();
    if (ahead > 1) await sleep(ahead);
  }
  const took = (performance.now() - begun) / 1000;
  const last = 80_000;
  replaceFile(directory, 'last.yaml', joinDocuments(routeText({ index: last }), serviceText(last), sliceText(last, ports[0]!, ['127.0.0.1'])));
  const client = new RawConnection(router.http);
  while ((await client.request(hostOf(last))).status !== 200) await sleep(5);
  client.close();
  const behind = (performance.now() - begun) / 1000 - took;
  await sleep(500);
  const taken = await load.stop();
  const after = router.haproxyPids();
  const size = `${routes.toLocaleString('en-US')} routes`;
  const how = `${changes.toLocaleString('en-US')} changes, 200 a second, one file each, in turn: ${Object.keys(changesIn(directory, ports, certificates)).join(', ')}. Meanwhile 1,950 requests/s on kept connections and 50 new TLS connections/s, whose certificate must be the host's, for the 100 hosts that are being changed; anything but 200 is a failure.`;
  report.figure({ name: 'failed requests', size, value: taken.failed, unit: '', bar: { atMost: 0 }, how });
  report.figure({ name: 'requests sent', size, value: taken.sent, unit: '', bar: null, how });
  report.figure({ name: 'requests/s sent', size, value: taken.perSecond, unit: '/s', bar: { atLeast: 1900 }, how });
  report.figure({ name: 'reloads', size, value: await router.reloads(), unit: '', bar: { atMost: 0 }, how });
  report.figure({ name: 'HAProxy processes during the run', size, value: new Set([...before, ...after]).size, unit: '', bar: { atMost: 1 }, how });
  report.figure({ name: 'last change to live', size, value: behind * 1000, unit: 'ms', bar: null, how });
  for (const { labels, value } of await router.metrics().then((all) => all.filter(({ name, value }) => name === 'fairway_haproxy_reloads_total' && value > 0))) report.note(`reloads because of ${labels['reason'] ?? '?'}: ${value}`);
  for (const failure of taken.failures) report.note(`failure at ${failure}`);
  await router.end();
};

export const benches: readonly Bench[] = [{ name: 'churn', run: (report) => (report.quick ? run(report, 1000, 1000) : run(report, 10_000, 10_000)) }];
