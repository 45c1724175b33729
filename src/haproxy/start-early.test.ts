import { existsSync } from 'node:fs';
import { copyFile, lstat, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
import { Beginning } from './beginning.ts';
import { certificatesHead } from './config/render-config.ts';
import type { Foreseen } from './driver.ts';
import { beginWith, launch, type LaunchOptions } from './launch.ts';
import { observe } from './observed/observe.ts';
import { ConfigurationPipe } from './process/configuration-pipe.ts';
import { startWorker } from './process/worker.ts';
import { RuntimeSocket } from './runtime/runtime-socket.ts';
import { settingsFromConfig } from './settings-from-config.ts';

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

test('when the one who writes its configuration dies, HAProxy gives up instead of serving half of it', async () => {
  const { settings, logFile, program } = await options();
  const head = certificatesHead({ settings, digest: 'digest', twoHops: false });
  for (const name of ['memory.lua', 'headers.lua', 'connections.lua']) await copyFile(new URL(`./lua/${name}`, import.meta.url), `${settings.paths.lua}/${name}`);
  const [pipe, list] = (await ConfigurationPipe.make(`${settings.paths.config}.pipe`, settings.paths.certificateList))!;
  await writeFile(settings.paths.defaultCertificate, pem);
  const started = startWorker({ program, configFile: pipe!.path, statsSocket: settings.paths.socket, logFile, env: {}, takeOverFrom: null });
  await pipe!.write(`${head}  `);
  await list!.opened();
  // What the kernel does for a process that is gone.
  await Promise.all([list!.end(), pipe!.end()]);
  expect(await started).toMatchObject({ ok: false, output: expect.stringContaining('Missing LF on last line') as string });
});

describe('begun before the table is built', () => {
  /** Pid of the HAProxy that serves in the end, and how many were started. */
  const served = async (one: LaunchOptions, all: RoutingTable, before: (beginning: Beginning) => Promise<void> | void): Promise<{ readonly pid: number; readonly started: number }> => {
    const counting = await countStarts(one);
    const beginning = new Beginning(counting.options, () => Promise.resolve(true));
    await before(beginning);
    const answer = await launch(all, [], counting.options, beginning);
    if (!answer.ok) throw new Error(answer.output);
    const { pid } = answer.started.worker;
    atEnd(() => { process.kill(pid, 'SIGKILL'); });
    return { pid, started: await counting.starts() };
  };
  /** HAProxy behind a script that keeps the pids of all that were started. */
  const countStarts = async (one: LaunchOptions): Promise<{ readonly options: LaunchOptions; readonly starts: () => Promise<number> }> => {
    const [script, pids] = [`${dirname(one.logFile)}/counted`, `${dirname(one.logFile)}/pids`];
    await writeFile(script, `#!/bin/sh\necho $$ >> ${pids}\nexec haproxy "$@"\n`, { mode: 0o700 });
    return {
      options: { ...one, program: script },
      starts: async () => {
        const all = (await readFile(pids, 'utf8')).trim().split('\n').map(Number);
        // All but the last are gone: nobody serves what was only expected.
        for (const pid of all.slice(0, -1)) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
        return all.length;
      },
    };
  };
  const isServedAsItShould = async (one: LaunchOptions): Promise<void> => {
    const { https } = one.settings.listen;
    expect(await presented(https, 'r7.test')).toBe('DNS:*.test');
    expect(await presented(https, 'unknown.example')).toBe('DNS:default.test');
    const { listed } = await observe(new RuntimeSocket(one.settings.paths.socket), one.settings.paths);
    expect([...listed.values()].sort()).toEqual(many().certificates.map(({ host }) => host).sort());
    expect((await lstat(one.settings.paths.certificateList)).isFile()).toBe(true);
  };
  const certain = (all: RoutingTable): Foreseen => ({ ...all, passthrough: false });

  test('what was foreseen comes true: the one that was begun serves', async () => {
    const [one, all] = [await options(), many()];
    expect(await served(one, all, (beginning) => beginning.foresee(certain(all)))).toMatchObject({ started: 1 });
    await isServedAsItShould(one);
  });

  test('certificates are passed on one after the other, long before all are known', async () => {
    const [one, all] = [await options(), many()];
    const { started } = await served(one, all, async (beginning) => {
      beginning.expect([], () => Promise.resolve(pem));
      for (const some of [all.certificates.slice(50, 70), all.certificates.slice(40, 60), all.certificates.slice(70)]) {
        beginning.expect(some, () => Promise.resolve(pem));
        await sleep(20);
      }
      await beginning.foresee(certain(all));
    });
    expect(started).toBe(1);
    await isServedAsItShould(one);
    // The map is read by Lua when HAProxy knows all of its configuration.
    expect(await new RuntimeSocket(one.settings.paths.socket).read(`show map ${one.settings.paths.maps}/certificates.map`)).toContain(' r7.test ');
  });

  test.each<[string, (all: RoutingTable) => Foreseen]>([
    ['another certificate', (all) => ({ ...certain(all), certificates: all.certificates.map((own, place) => (place === 7 ? { ...own, pem } : own)) })],
    ['one certificate more', (all) => ({ ...certain(all), certificates: [...all.certificates, { host: 's.test', pem: other, rule: 'ns/s' }] })],
    ['another default certificate', (all) => ({ ...certain(all), defaultCertificate: other })],
    ['a passthrough rule', (all) => ({ ...certain(all), passthrough: true })],
  ])('what was foreseen does not come true (%s): that one is ended, another serves', async (_, foreseen) => {
    const [one, all] = [await options(), many()];
    expect(await served(one, all, (beginning) => beginning.foresee(foreseen(all)))).toMatchObject({ started: 2 });
    await isServedAsItShould(one);
  });

  test.each<[string, Foreseen['certificates'], string, boolean]>([
    ['a certificate that is refused', [{ host: 'refused.test', pem: '', rule: 'ns/x' }], '', false],
    ['the certificate of another route of the host', [{ host: 'r9.test', pem: '', rule: 'ns/x' }], '', false],
    ['another default certificate', [], 'other', false],
    ['no passthrough rule', [], '', true],
  ])('what was expected is not what there will be (%s): that one is ended, another serves', async (_, wrong, otherDefault, passthrough) => {
    const one = await options();
    const all = passthrough ? table({ ...many(), rules: [...many().rules, rule({ id: 'ns/pass', host: 'pass.test', termination: 'passthrough', pool: { mode: 'tcp', members: [member('m1', { port: 1 })] } })].sort(compareRules) }) : many();
    const { started } = await served(one, all, async (beginning) => {
      beginning.expect(wrong.map((own) => ({ ...own, pem })), () => Promise.resolve(otherDefault === '' ? pem : other));
      beginning.expect(all.certificates, () => Promise.resolve(pem));
      await beginning.foresee({ ...all, passthrough });
    });
    expect(started).toBe(2);
    await isServedAsItShould(one);
  });

  test('one that was begun for nothing is ended, however far it came', async () => {
    for (const expected of [[], many().certificates]) {
      const { options: counted, starts } = await countStarts(await options());
      const beginning = new Beginning(counted, () => Promise.resolve(true));
      beginning.expect(expected, () => Promise.resolve(pem));
      await sleep(50);
      expect(await beginning.take(null)).toBeNull();
      expect(await starts()).toBe(1);
      const [pid] = (await readFile(`${dirname(counted.logFile)}/pids`, 'utf8')).split('\n').map(Number);
      expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
      beginning.expect(expected, () => Promise.resolve(pem));
      await beginning.foresee(certain(many()));
      expect([await beginning.take(many()), await starts()]).toEqual([null, 1]);
    }
  });

  test('without a default certificate nothing is begun, and nobody is bothered: the start itself tells why there is none', async () => {
    const { options: counted } = await countStarts(await options());
    const beginning = new Beginning(counted, () => Promise.resolve(true));
    for (const expected of [[], many().certificates]) beginning.expect(expected, () => Promise.reject(new Error('cannot be read')));
    await sleep(20);
    expect([await beginning.take(many()), existsSync(`${dirname(counted.logFile)}/pids`)]).toEqual([null, false]);
  });

  test('where HAProxy runs already nothing is begun', async () => {
    const { options: counted } = await countStarts(await options());
    const beginning = new Beginning(counted, () => Promise.resolve(false));
    beginning.expect(many().certificates, () => Promise.resolve(pem));
    await beginning.foresee(certain(many()));
    expect([await beginning.take(many()), existsSync(`${dirname(counted.logFile)}/pids`)]).toEqual([null, false]);
  });
});

test('few certificates are not worth it', async () => {
  expect(await beginWith({ certificates: many().certificates.slice(0, 50), defaultCertificate: pem, passthrough: false }, await options())).toBeNull();
});
