import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../test/support/addresses.ts';
import { makeCertificate } from '../../test/support/certificates.ts';
import { atEnd } from '../../test/support/cleanup.ts';
import { eventually } from '../../test/support/eventually.ts';
import { member, rule, table } from '../../test/support/table-objects.ts';
import { defaultConfig } from '../config.ts';
import { systemClock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { OneAtATime } from '../lib/one-at-a-time.ts';
import { compareRules } from '../table/order.ts';
import type { RoutingTable, Rule } from '../table/routing-table.ts';
import { glance, repair } from './drift.ts';
import { openHouse, type House } from './house.ts';
import { differences } from './observed/observed.ts';
import { observe } from './observed/observe.ts';
import { Workers } from './process/workers.ts';
import { RefusedRules } from './refused-rules.ts';
import { RuntimeSocket, RuntimeSocketError } from './runtime/runtime-socket.ts';
import { TableApplier } from './table-applier.ts';

let house: House;
let applier: TableApplier;
let refused: RefusedRules;
let pem: string;

const log = { info: () => undefined, warn: () => undefined, error: () => undefined, debug: () => undefined, writes: () => false } as unknown as Logger;
const tableOf = (...rules: readonly Rule[]): RoutingTable => table({ rules: [...rules].sort(compareRules), defaultCertificate: pem });
const served = rule({ id: 'ns/a', host: 'a.test' });

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'fairway-applier-'));
  atEnd(() => rm(stateDir, { recursive: true, force: true }));
  const [http, https] = await freePorts(2);
  const config = { ...defaultConfig({ 'listen.http': String(http), 'listen.https': String(https), spares: '8' }), stateDir };
  house = await openHouse({ config, log, uid: 1, limits: await readFile('/proc/self/limits', 'utf8') });
  const workers = new Workers(house.state.path, systemClock);
  atEnd(async () => {
    applier.letGo();
    for (const { pid } of await workers.read()) process.kill(pid, 'SIGKILL');
    await house.state.release();
  });
  refused = new RefusedRules(log, house.context);
  applier = new TableApplier({ house, clock: systemClock, log, refused, workers, onLost: () => undefined, onLeftovers: () => undefined });
  const { cert, key } = await makeCertificate({ hosts: ['default.test'] });
  pem = key + cert;
  await applier.launch(tableOf(served), null, '');
}, 30_000);

/** What HAProxy has, against what is believed of it. */
const drift = async (): Promise<readonly string[]> => differences(applier.running!.planner.observed, await observe(applier.running!.socket, house.settings.paths));

describe('when the connection breaks in the middle of a change', () => {
  test('the next attempt reads what HAProxy has and sends the rest', async () => {
    const running = applier.running!;
    class Breaking extends RuntimeSocket {
      override async send(commands: Parameters<RuntimeSocket['send']>[0]): Promise<readonly string[]> {
        await super.send(commands.slice(0, 3));
        throw new RuntimeSocketError('closed', '', 'the connection ended', 3);
      }
    }
    const after = tableOf(served, rule({ id: 'ns/b', host: 'b.test' }), rule({ id: 'ns/c', host: 'c.test', settings: { hsts: 'max-age=1' } }));
    applier.become({ ...running, socket: new Breaking(house.settings.paths.socket) });
    await expect(applier.apply(after)).rejects.toThrow('the connection ended');
    expect(await drift()).not.toEqual([]);

    // The same worker and image, with a connection that works: `become` is for new workers, so the socket is put back by hand.
    const broken = applier.running!;
    Object.assign(broken, { socket: new RuntimeSocket(house.settings.paths.socket) });
    expect((await applier.apply(after)).reload).toBeNull();
    expect(await drift()).toEqual([]);
    expect(await applier.apply(after)).toMatchObject({ steps: 0, reload: null });
  });
});

describe('HAProxy is looked at while changes go on', () => {
  const turns = new OneAtATime();
  const glances = (): Promise<readonly string[] | null> => glance(applier, turns, house.settings.paths);
  const changing = (turn: number): RoutingTable => tableOf(
    served, rule({ id: 'ns/moving', host: `moving-${turn % 7}.test`, settings: { hsts: `max-age=${turn}` }, pool: { members: [member(`m${turn % 3}`), member('n', { weight: 1 + (turn % 5), checked: true })] } }),
  );
  test('their own work is not taken for drift; somebody else\'s is', async () => {
    let over = false;
    const changes = (async () => {
      let turn = 0;
      for (; !over; turn += 1) {
        const next = changing(turn);
        await turns.do(() => applier.apply(next));
        await turns.do(() => applier.deleteLeftovers());
      }
      return turn;
    })();
    const seen: (readonly string[] | null)[] = [];
    for (let look = 0; look < 20; look += 1) seen.push(await glances());
    await applier.running!.socket.read(`add map ${house.settings.paths.maps}/hosts.map stranger.test 1`);
    const stranger = await eventually(async () => {
      const found = await glances();
      expect(found?.length).toBeGreaterThan(0);
      return found;
    });
    over = true;
    expect(await changes).toBeGreaterThan(20);
    expect(seen).toEqual(Array.from({ length: 20 }, () => []));
    expect(stranger).toEqual(['map hosts: entry stranger.test was not made by Fairway']);
    expect((await repair(applier, changing(0), house.settings.paths, log)).drift).toEqual(stranger);
    expect(await glances()).toEqual([]);
  });
});

describe('what HAProxy cannot take', () => {
  test('a rule that it refuses is left out, the others are served, no worker is started', async () => {
    const bad = rule({ id: 'ns/bad', host: 'bad.test', pool: { members: [member('m', { address: 'not an address' })] } });
    const fine = rule({ id: 'ns/fine', host: 'fine.test' });
    const { pid } = applier.running!.worker;
    expect((await applier.apply(tableOf(served, bad, fine))).reload).toBeNull();
    expect(refused.list().map((one) => one.rule)).toEqual(['ns/bad']);
    expect(applier.running!.planner.backendOf('ns/fine')).not.toBeNull();
    expect(applier.running!.planner.backendOf('ns/bad')).toBeNull();
    expect(await drift()).toEqual([]);
    expect(applier.running!.worker.pid).toBe(pid);
  });
  test('a text that no map line holds is refused before it is sent', async () => {
    const large = rule({ id: 'ns/large', host: 'large.test', settings: { responseHeaders: [{ type: 'Set', name: 'x', value: 'v'.repeat(9000) }] } });
    const all = tableOf(served, large);
    refused.foresee(all);
    expect(refused.list().map((one) => one.rule)).toContain('ns/large');
    expect((await applier.apply(all)).reload).toBeNull();
    expect(await drift()).toEqual([]);
  });
  test('a bundle of CAs too long for the socket is read from its file by a new worker', async () => {
    const { cert } = await makeCertificate({ hosts: ['a-ca'], isCa: true });
    const cas = await Promise.all(Array.from({ length: 4 }, (_, index) => makeCertificate({ hosts: [`ca-${index}`], isCa: true, key: 'rsa', serial: 900 + index })));
    const bundle = cert + cas.map((one) => one.cert).join('').repeat(9);
    expect(bundle.length).toBeGreaterThan(32_768);
    const secured = rule({ id: 'ns/re', host: 're.test', termination: 'reencrypt', pool: { tls: { ca: bundle } } });
    const { pid } = applier.running!.worker;
    expect((await applier.apply(tableOf(served, secured))).reload?.reason).toBe('step-refused');
    expect(applier.running!.worker.pid).not.toBe(pid);
    expect(refused.list().map((one) => one.rule)).not.toContain('ns/re');
    expect(await drift()).toEqual([]);
  });
});
