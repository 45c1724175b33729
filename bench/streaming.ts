import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Report } from './report.ts';
import { residentMemory } from './support/children.ts';
import { atEnd } from './support/endings.ts';
import { hostOf, joinDocuments, replaceFile, routeText, serviceText, sliceText, writeDirectory } from './support/manifests.ts';
import { startMembers } from './support/members.ts';
import { RawConnection } from './support/raw-http.ts';
import { startRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';

/** A member whose answer does not end: a line every 20 ms. */
const startStreamingMember = async (): Promise<number> => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => { response.write(`${Date.now()}\n`); }, 20);
    response.on('close', () => { clearInterval(timer); });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const now = (): void => { server.closeAllConnections(); server.close(); };
  atEnd({ end: async () => { now(); }, now });
  return (server.address() as AddressInfo).port;
};

const openStream = (port: number, host: string): { bytes(): number; isOpen(): boolean; close(): void } => {
  let [bytes, open] = [0, true];
  const socket = connect(port, '127.0.0.1', () => { socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`); });
  socket.on('data', (chunk) => { bytes += chunk.length; });
  socket.on('error', () => undefined);
  socket.on('close', () => { open = false; });
  return { bytes: () => bytes, isOpen: () => open, close: () => { socket.destroy(); } };
};

const run = async (report: Report): Promise<void> => {
  const routes = report.quick ? 1000 : 10_000;
  const { ports } = await startMembers();
  const streaming = await startStreamingMember();
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 1 });
  const index = 60_000;
  replaceFile(directory, 'streaming.yaml', joinDocuments(routeText({ index }), serviceText(index), sliceText(index, streaming, ['127.0.0.1'])));
  const router = await startRouter({ directory });
  const client = new RawConnection(router.http);
  const change = async (turn: number): Promise<void> => {
    const changed = 70_000 + turn;
    replaceFile(directory, `changed-${turn}.yaml`, joinDocuments(routeText({ index: changed }), serviceText(changed), sliceText(changed, ports[turn % ports.length]!, ['127.0.0.1'])));
    while ((await client.request(hostOf(changed))).status !== 200) await sleep(2);
  };
  // One change beforehand: buffers that the first change needs are no growth.
  await change(0);
  await sleep(1500);
  const stream = openStream(router.http, hostOf(index));
  await sleep(1000);
  const pids = router.haproxyPids();
  const before = pids.reduce((sum, pid) => sum + residentMemory(pid), 0);
  const seen = new Set(pids);
  for (let turn = 1; turn <= 20; turn += 1) {
    await change(turn);
    for (const pid of router.haproxyPids()) seen.add(pid);
    await sleep(100);
  }
  const received = stream.bytes();
  await sleep(500);
  const still = stream.isOpen() && stream.bytes() > received;
  const after = router.haproxyPids().reduce((sum, pid) => sum + residentMemory(pid), 0);
  const how = `One client reads an answer that does not end while 20 routes are added, each live before the next, a tenth of a second apart; ${routes.toLocaleString('en-US')} other routes.`;
  report.figure({ name: 'HAProxy processes seen', size: null, value: seen.size, unit: '', bar: { atMost: 1 }, how });
  report.figure({ name: "growth of HAProxy's resident memory", size: null, value: (after - before) / 1e6, unit: 'MB', bar: { atMost: 1 }, how });
  report.figure({ name: 'stream still open and flowing (1 = yes)', size: null, value: still ? 1 : 0, unit: '', bar: { atLeast: 1 }, how });
  report.figure({ name: 'reloads', size: null, value: await router.reloads(), unit: '', bar: { atMost: 0 }, how });
  stream.close();
  client.close();
  await router.end();
};

export const benches: readonly Bench[] = [{ name: 'streaming', run }];
