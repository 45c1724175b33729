import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../test/support/addresses.ts';
import type { Bench, Report } from './report.ts';
import { edgeText } from './support/certificates.ts';
import { median } from './support/figures.ts';
import { hostOf, writeDirectory } from './support/manifests.ts';
import { measuredHaproxy, measuredRouter, type Measured } from './support/measured.ts';
import { startMembers } from './support/members.ts';
import { bareConfig } from './support/reference-configs.ts';
import { startRouter } from './support/router.ts';
import { scratchDirectory } from './support/scratch.ts';
import { ratioOf, takeInTurn, type Taken } from './support/side-by-side.ts';
import { wrk, type WrkResult } from './support/wrk.ts';

const run = async (report: Report): Promise<void> => {
  const [seconds, rounds] = report.quick ? [1, 7] : [1, 25];
  const routes = 10_000;
  const { ports } = await startMembers();
  const directory = join(scratchDirectory(), 'manifests');
  writeDirectory({ path: directory, routes, ports, members: 1, tlsOf: () => edgeText(null, 'Allow') });
  const router = await startRouter({ directory, threads: 1 });
  const fairway = measuredRouter(router);
  // The bare side shows the same certificate with the same versions, ciphers and curves.
  const certificate = join(scratchDirectory(), 'default.pem');
  writeFileSync(certificate, readFileSync(join(router.stateDir, 'certs/default.pem')), { mode: 0o600 });
  const options = readFileSync(join(router.stateDir, 'haproxy.cfg'), 'utf8').split('\n').map((line) => line.trim()).filter((line) => /^(?:ssl-default-bind-|tune\.ssl\.)/.test(line));
  const [bareTls, barePlain] = (await freePorts(2)) as [number, number];
  const bare = await measuredHaproxy(bareConfig({ port: bareTls, threads: 1, members: ports, tls: { certificate, options } }), bareTls);
  const plain = await measuredHaproxy(bareConfig({ port: barePlain, threads: 1, members: ports }), barePlain);
  await sleep(500);
  const hosts = Array.from({ length: 100 }, (_, place) => hostOf(place * 97));
  const side = (url: string, of: Measured, close: boolean) => (): Promise<WrkResult> => wrk({ url, hosts, paths: 20, seconds, close, pid: of.pid() });
  const taken = await takeInTurn({
    bareKept: side(`https://127.0.0.1:${bareTls}/`, bare, false),
    kept: side(`https://127.0.0.1:${router.https}/`, fairway, false),
    bareNew: side(`https://127.0.0.1:${bareTls}/`, bare, true),
    new: side(`https://127.0.0.1:${router.https}/`, fairway, true),
    plainBare: side(`http://127.0.0.1:${barePlain}/`, plain, false),
    plain: side(`http://127.0.0.1:${router.http}/`, fairway, false),
  }, rounds, async () => { for (const one of [fairway, bare, plain]) await one.renew(); });
  const common = `wrk, 32 connections, 100 hosts in turn, edge routes of ${routes.toLocaleString('en-US')}; HAProxy with one thread held to one core, wrk and members to the other; sides in turn, new processes every five rounds, medians of ${rounds} rounds of ${seconds} s, ratios of each round. Bare: one hop too, same certificate, TLS settings, forwarded headers and cookie, backend at random, no look-up.`;
  const pair = (name: string, ours: Taken, theirs: Taken, how: string, bar: number | null): void => {
    report.figure({ name: `${name}, Fairway`, size: null, value: ours.perSecond, unit: '/s', bar: null, how });
    report.figure({ name: `${name}, bare HAProxy`, size: null, value: theirs.perSecond, unit: '/s', bar: null, how });
    report.figure({ name: `${name}, Fairway over bare`, size: null, value: ratioOf(ours, theirs).perSecond, unit: '', bar: bar === null ? null : { atLeast: bar }, how });
    report.figure({ name: `${name}, Fairway over bare by requests per second of processor time`, size: null, value: ratioOf(ours, theirs).perProcessorSecond, unit: '', bar: null, how });
  };
  pair('edge TLS requests/s', taken.kept, taken.bareKept, `Kept connections. ${common}`, 0.97);
  pair('edge TLS new connections/s', taken.new, taken.bareNew, `A connection for each request (Connection: close); wrk offers its last session, as browsers do. ${common}`, 0.97);
  // How much of its clear-text rate each side keeps with TLS: a second hop would show here, the look-up does not.
  const kept = median(taken.kept.rounds.map(({ perSecond }, round) =>
    (perSecond / taken.plain.rounds[round]!.perSecond) / (taken.bareKept.rounds[round]!.perSecond / taken.plainBare.rounds[round]!.perSecond)));
  report.figure({ name: 'share of the clear-text rate that TLS leaves, Fairway over bare', size: null, value: kept, unit: '', bar: null, how: `Kept connections with TLS over those without, each side against itself. ${common}` });
  pair('the same routes in clear text, requests/s', taken.plain, taken.plainBare, `For comparison: what the look-up and the cookie cost without TLS. ${common}`, null);
};

export const benches: readonly Bench[] = [{ name: 'tls', run }];
