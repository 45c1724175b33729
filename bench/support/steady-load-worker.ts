import { connect as tlsConnect } from 'node:tls';
import { parentPort, workerData } from 'node:worker_threads';
import { RawConnection } from './raw-http.ts';
import type { SteadyReport, SteadyWish } from './steady-load.ts';

const wish = workerData as SteadyWish;
const begun = performance.now();
const idle: RawConnection[] = [];
const failures: string[] = [];
let [sent, succeeded, underWay, failed, stopping] = [0, 0, 0, 0, false];

const settle = (failure: string | null): void => {
  underWay -= 1;
  if (failure === null) succeeded += 1;
  else {
    failed += 1;
    if (failures.length < 20) failures.push(`${Math.round(performance.now() - begun)} ms: ${failure}`);
  }
  if (stopping && underWay === 0) finish();
};

const finish = (): void => {
  for (const connection of idle) connection.close();
  const report: SteadyReport = { sent, succeeded, failed, failures, perSecond: sent / ((performance.now() - begun) / 1000) };
  parentPort?.postMessage(report);
};

const fire = (host: string): void => {
  sent += 1;
  underWay += 1;
  // The longest idle first: a connection that lay idle for `timeout client` may be closed in the moment it is used.
  const connection = idle.shift() ?? new RawConnection(wish.http);
  connection.request(host).then(
    ({ status, head }) => {
      idle.push(connection);
      settle(status === 200 ? null : `${host}: ${status} ${/x-fairway-reason: ([^\r]*)/.exec(head)?.[1] ?? ''}`);
    },
    (error: unknown) => { settle(`${host}: ${String(error)}`); },
  );
};

const fireTls = (host: string): void => {
  sent += 1;
  underWay += 1;
  let text = '';
  let over = false;
  const done = (failure: string | null): void => {
    if (over) return;
    over = true;
    settle(failure);
  };
  const socket = tlsConnect({ host: '127.0.0.1', port: wish.https, servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () => {
    // The certificate of another host would be a failure although the request is answered.
    if (socket.getPeerCertificate().subject.CN !== host) done(`${host}: certificate of ${String(socket.getPeerCertificate().subject.CN)}`);
    socket.write(`GET / HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  });
  socket.setEncoding('latin1');
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
  socket.on('data', (chunk: string) => { text += chunk; });
  socket.on('error', (error: Error) => { done(`${host} over TLS: ${error.message}`); });
  socket.on('close', () => { done(text.startsWith('HTTP/1.1 200 ') ? null : `${host} over TLS: ${text.slice(0, 40)}`); });
};

/** Fires what is due, after a pause of the machine never more than a tenth of a second's worth at once. */
const pacer = (hosts: readonly string[], perSecond: number, one: (host: string) => void): (() => void) => {
  let fired = 0;
  return () => {
    const due = Math.floor(((performance.now() - begun) / 1000) * perSecond);
    for (let count = Math.min(due - fired, Math.ceil(perSecond / 10)); count > 0; count -= 1) {
      one(hosts[fired % hosts.length]!);
      fired += 1;
    }
  };
};

const pacers = [pacer(wish.hosts, wish.perSecond, fire), pacer(wish.tlsHosts, wish.tlsPerSecond, fireTls)];
const timer = setInterval(() => { for (const pace of pacers) pace(); }, 2);

parentPort?.on('message', () => {
  stopping = true;
  clearInterval(timer);
  if (underWay === 0) finish();
});
