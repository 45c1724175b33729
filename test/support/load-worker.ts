import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { parentPort, workerData } from 'node:worker_threads';
import type { LoadCommand, LoadFailure, LoadReport, LoadTarget, LoadWish } from './load.ts';

const wish = workerData as LoadWish;
const begun = performance.now();
const failures: LoadFailure[] = [];
const byMember: Record<string, number> = {};
const byStatus: Record<string, number> = {};
let sent = 0;
let succeeded = 0;
let underWay = 0;
let slowest = 0;
let warm = false;
let stopping = false;

const keptHttp = new HttpAgent({ keepAlive: true, maxSockets: 32 });
// Sessions are kept per server name by Node; handshakes of fresh connections are then resumptions, as with browsers.
const keptHttps = new HttpsAgent({ keepAlive: true, maxSockets: 32, rejectUnauthorized: false });

function report(): LoadReport {
  return { sent, succeeded, failures: failures.slice(0, 50), byMember: { ...byMember }, byStatus: { ...byStatus }, slowest: Math.round(slowest) };
}

function settled(): void {
  underWay -= 1;
  if (!warm && sent - underWay >= 20) {
    warm = true;
    parentPort?.postMessage(report());
  }
  if (stopping && underWay === 0) parentPort?.postMessage(report());
}

function fire(target: LoadTarget, fresh: boolean): void {
  const started = performance.now();
  let over = false;
  const done = (failure: string | null): void => {
    if (over) return;
    over = true;
    slowest = Math.max(slowest, performance.now() - started);
    if (failure === null) succeeded += 1;
    else failures.push({ at: Math.round(started - begun), host: target.host, what: failure });
    settled();
  };
  const common = {
    host: '127.0.0.1',
    port: target.port,
    path: target.path ?? '/',
    headers: { host: target.host, ...(target.cookie === undefined ? {} : { cookie: target.cookie }) },
    timeout: 10_000,
  };
  sent += 1;
  underWay += 1;
  const answered = (response: IncomingMessage): void => {
    const status = response.statusCode ?? 0;
    const member = response.headers['x-member'];
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    if (typeof member === 'string') byMember[member] = (byMember[member] ?? 0) + 1;
    const reason = response.headers['x-fairway-reason'];
    response.resume();
    response.once('error', (failure) => done(`answer broken off: ${failure.message}`));
    response.once('end', () => done((target.accept ?? [200]).includes(status) ? null : `${status} ${String(reason ?? '')}`));
  };
  const request = target.tls === true
    ? httpsRequest({ ...common, servername: target.host, rejectUnauthorized: false, agent: fresh ? false : keptHttps }, answered)
    : httpRequest({ ...common, agent: fresh ? false : keptHttp }, answered);
  request.once('timeout', () => request.destroy(new Error('no answer within 10 s')));
  request.once('error', (failure: NodeJS.ErrnoException) => done(`${failure.code ?? ''} ${failure.message}`));
  request.end();
}

const rps = wish.rps ?? 200;
let fired = 0;
const timer = setInterval(() => {
  // Catches up after a pause of the machine, but never in a burst of more than a tenth of a second's worth.
  const due = Math.floor(((performance.now() - begun) / 1000) * rps);
  const now = Math.min(due - fired, Math.max(1, Math.ceil(rps / 10)));
  for (let count = 0; count < now; count += 1) {
    const place = fired + count;
    const target = wish.targets[place % wish.targets.length];
    const round = Math.floor(place / wish.targets.length);
    if (target) fire(target, wish.connections === 'fresh' || (wish.connections !== 'keep' && round % 2 === 0));
  }
  fired = due;
}, 5);

parentPort?.on('message', (command: LoadCommand) => {
  if (command === 'report') {
    parentPort?.postMessage(report());
    return;
  }
  stopping = true;
  clearInterval(timer);
  if (underWay === 0) parentPort?.postMessage(report());
});
