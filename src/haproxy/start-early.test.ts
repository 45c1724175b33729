import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../../test/support/certificates.ts';
import { atEnd } from '../../test/support/cleanup.ts';
import { makeStateDirectory, planContext, serveTable } from '../../test/support/table-haproxy.ts';
import { member, rule, table } from '../../test/support/table-objects.ts';
import { freePorts } from '../../test/support/addresses.ts';
import { defaultConfig } from '../config.ts';
import { compareRules } from '../table/order.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { certificatesHead } from './config/render-config.ts';
import type { Foreseen } from './driver.ts';
import { begin, launch, type LaunchOptions } from './launch.ts';
import { settingsFromConfig } from './settings-from-config.ts';
import { startEarly } from './start-early.ts';

let pem: string;
let other: string;
beforeAll(async () => {
  const [default_, own] = await Promise.all([makeCertificate({ hosts: ['default.test'] }), makeCertificate({ hosts: ['*.test'] })]);
  pem = default_.key + default_.cert;
  other = own.key + own.cert;
});

/** As many rules with certificates as make it worth while. */
const many = (broken = -1): RoutingTable => {
  const numbers = Array.from({ length: 120 }, (_, number) => number);
  return table({
    defaultCertificate: pem,
    rules: numbers.map((number) => rule({ id: `ns/r${number}`, host: `r${number}.test`, termination: 'edge', pool: { members: [member('m1', { port: 1 })] } })).sort(compareRules),
    certificates: numbers.map((number) => ({ host: `r${number}.test`, pem: number === broken ? other.replace(/MII/, 'XXX') : other, rule: `ns/r${number}` })),
  });
};

const options = async (): Promise<LaunchOptions> => {
  const [directory, [http = 0, https = 0]] = [await makeStateDirectory(), await freePorts(2)];
  const settings = settingsFromConfig(defaultConfig({ 'listen.http': String(http), 'listen.https': String(https) }), 200, null, directory);
  return { settings, program: 'haproxy', context: planContext(settings), spares: { commonest: 4, balance: 'random' }, logFile: `${directory}/haproxy.log` };
};

const presented = (port: number, servername: string): Promise<string> => new Promise((resolve, reject) => {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().subjectaltname ?? '');
    socket.destroy();
  });
  socket.once('error', reject);
});

test('a HAProxy that was started early serves the whole table, from the text that the file holds', async () => {
  const { settings, https, layout } = await serveTable(many());
  expect(await presented(https, 'r7.test')).toBe('DNS:*.test');
  expect(await presented(https, 'unknown.example')).toBe('DNS:default.test');
  expect(existsSync(`${settings.paths.config}.pipe`)).toBe(false);
  // Written before the layout was known, and not written anew.
  expect(await readFile(settings.paths.certificateList, 'utf8')).toBe(layout.certificateList);
  expect(await readFile(`${settings.paths.maps}/certificates.map`, 'utf8')).toBe(layout.maps.get('certificates.map'));
  const text = await readFile(settings.paths.config, 'utf8');
  const digest = /setenv FAIRWAY_SETTINGS (\S+)/.exec(text)![1]!;
  const head = certificatesHead({ settings, digest, twoHops: false });
  expect(head).toMatch(/ crt-list [^\n]*\n$/);
  expect(text.startsWith(`${head}  `)).toBe(true);
});

test('a certificate that HAProxy refuses is told with its rule', async () => {
  const launched = await launch(many(77), [], await options());
  expect(launched).toMatchObject({ ok: false, offender: 'ns/r77' });
});

test('without the rest HAProxy gives up instead of serving half a configuration', async () => {
  const { settings, context, logFile, program } = await options();
  const head = certificatesHead({ settings, digest: 'digest', twoHops: false });
  for (const name of ['memory.lua', 'headers.lua', 'connections.lua']) await copyFile(new URL(`./lua/${name}`, import.meta.url), `${settings.paths.lua}/${name}`);
  const worker = { program, statsSocket: settings.paths.socket, logFile, env: {}, takeOverFrom: null };
  const early = await startEarly(many(), head, worker, settings.paths, context);
  await early!.end();
  expect(await early!.finish(`${head}  `)).toMatchObject({ ok: false });
  expect(await readFile(logFile, 'utf8')).toContain('Missing LF on last line');
});

describe('begun before the table is built', () => {
  const gaveUp = async (one: LaunchOptions): Promise<boolean> => (await readFile(one.logFile, 'utf8')).includes('Missing LF on last line');
  const launched = async (first: Foreseen, one: LaunchOptions, all: RoutingTable): Promise<number> => {
    const begun = await begin(first, one);
    expect(begun).not.toBeNull();
    const answer = await launch(all, [], one, begun);
    if (!answer.ok) throw new Error(answer.output);
    const { pid } = answer.started.worker;
    atEnd(() => { process.kill(pid, 'SIGKILL'); });
    return pid;
  };
  test('what was foreseen comes true: the one that was begun serves', async () => {
    const [one, all] = [await options(), many()];
    await launched({ ...all, passthrough: false }, one, all);
    expect(await presented(one.settings.listen.https, 'r7.test')).toBe('DNS:*.test');
    expect(await gaveUp(one)).toBe(false);
  });
  test.each<[string, (all: RoutingTable) => Foreseen]>([
    ['another certificate', (all) => ({ ...all, certificates: all.certificates.map((own, place) => (place === 7 ? { ...own, pem } : own)), passthrough: false })],
    ['one certificate more', (all) => ({ ...all, certificates: [...all.certificates, { host: 's.test', pem: other, rule: 'ns/s' }], passthrough: false })],
    ['another default certificate', (all) => ({ ...all, defaultCertificate: other, passthrough: false })],
    ['a passthrough rule', (all) => ({ ...all, passthrough: true })],
  ])('it does not (%s): that one gives up, another serves', async (_, foreseen) => {
    const [one, all] = [await options(), many()];
    await launched(foreseen(all), one, all);
    expect(await presented(one.settings.listen.https, 'r7.test')).toBe('DNS:*.test');
    expect(await presented(one.settings.listen.https, 'unknown.example')).toBe('DNS:default.test');
    expect(await gaveUp(one)).toBe(true);
  });
});

test('few certificates are not worth it', async () => {
  const { settings, context, logFile, program } = await options();
  const worker = { program, statsSocket: settings.paths.socket, logFile, env: {}, takeOverFrom: null };
  expect(await startEarly(table({ defaultCertificate: pem }), 'head\n', worker, settings.paths, context)).toBeNull();
});
