import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { route } from '../../test/support/admission-objects.ts';
import { claim, table } from '../../test/support/table-objects.ts';
import type { Foreseen, HaproxyDriver, Outcome } from '../haproxy/driver.ts';
import type { Snapshot } from '../sources/source.ts';
import { Store } from '../store/store.ts';
import type { RoutingTable } from '../table/routing-table.ts';
import { Loop, type LoopEvents } from './loop.ts';

const nothing: Outcome = { steps: 0, reload: null, drift: [], refused: [], milliseconds: 0 };
const snapshot = (name: string): Snapshot => ({ resources: [route({ name })], problems: [] });

/** A driver whose calls finish when the test says so, and a source that the test speaks through. */
const world = (first: Snapshot = snapshot('first')) => {
  const calls: { readonly what: 'converge' | 'verify'; readonly names: string; readonly end: (error?: Error) => void }[] = [];
  let running = 0;
  let atOnce = 0;
  const call = (what: 'converge' | 'verify', names: string): Promise<Outcome> => new Promise((resolve, reject) => {
    running += what === 'converge' ? 1 : 0;
    atOnce = Math.max(atOnce, running);
    calls.push({ what, names, end: (error) => { running -= what === 'converge' ? 1 : 0; if (error === undefined) resolve(nothing); else reject(error); } });
  });
  const driver = { converge: (one: RoutingTable) => call('converge', one.rules.map(({ id }) => id).join()), verify: () => call('verify', ''), foresee: (first: Foreseen) => { order.push(`foresee ${first.certificates.map(({ host }) => host).join()} ${first.defaultCertificate} ${first.passthrough}`); return Promise.resolve(); } } as unknown as HaproxyDriver;
  let tell: (next: Snapshot) => void = () => undefined;
  const order: string[] = [];
  const told = { order, converged: [] as (number | null)[], verified: 0, failed: [] as string[], stopped: false };
  const events: LoopEvents = { converged: ({ changeToLive }) => { told.converged.push(changeToLive); }, verified: () => { told.verified += 1; }, failed: ({ message }) => { told.failed.push(message); } };
  const loop = new Loop({
    source: { start: (changed) => { tell = changed; return Promise.resolve(first); }, stop: () => { told.stopped = true; return Promise.resolve(); } },
    store: new Store(), driver, events,
    admit: (view) => ({ verdicts: [], claims: view.routes.map((one) => ({ ...claim(), route: one, certificate: { pem: 'own' } })) }),
    buildTable: ({ claims }) => {
      order.push('build');
      return table({ rules: claims.map(({ route: { metadata } }) => ({ id: metadata.name }) as never) });
    },
    defaultCertificate: () => 'pem', clock: { now: () => Date.now(), monotonic: () => Date.now() }, pace: { quiet: 10, longest: 50, verifyEvery: 30_000 },
  });
  return { loop, calls, told, change: (name: string) => { tell(snapshot(name)); }, atOnce: () => atOnce };
};

const settle = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

beforeEach(() => { vi.useFakeTimers({ now: 0 }); });
afterEach(() => { vi.useRealTimers(); });

const started = async (): Promise<ReturnType<typeof world>> => {
  const one = world();
  const start = one.loop.start();
  await settle();
  one.calls[0]?.end();
  await start;
  return one;
};

describe('start', () => {
  test('what is known of the first table is told before its rules are built, and never again', async () => {
    const { loop, calls, told, change } = world();
    const start = loop.start();
    await settle();
    expect(told.order).toEqual(['foresee www.example.com pem false', 'build']);
    calls[0]?.end();
    await start;
    change('second');
    await settle(10);
    expect(told.order).toEqual(['foresee www.example.com pem false', 'build', 'build']);
    calls[1]?.end();
    await loop.stop();
  });

  test('ready only when the first complete table is served', async () => {
    const { loop, calls, told } = world();
    const start = loop.start();
    await settle();
    expect(calls.map(({ names }) => names)).toEqual(['first']);
    expect(loop.state().ready).toBe(false);
    calls[0]?.end();
    await start;
    expect(loop.state()).toMatchObject({ ready: true, table: { rules: [{ id: 'first' }] } });
    expect(told.converged).toEqual([null]);
  });
  test('rejects when HAProxy cannot be started', async () => {
    const { loop, calls } = world();
    const start = loop.start();
    const failed = expect(start).rejects.toThrow('no');
    await settle();
    calls[0]?.end(new Error('no'));
    await failed;
    await loop.stop();
  });
  test('a change meanwhile waits for the first round: nothing is done twice at the same time', async () => {
    const one = world();
    const start = one.loop.start();
    await settle();
    one.change('second');
    await settle(200);
    expect(one.calls.map(({ names }) => names)).toEqual(['first']);
    one.calls[0]?.end();
    await start;
    await settle(200);
    expect(one.calls.map(({ names }) => names)).toEqual(['first', 'second']);
    expect(one.atOnce()).toBe(1);
    one.calls[1]?.end();
    await one.loop.stop();
  });
});

describe('changes', () => {
  test('are served together, the last state of them, with the time since the first', async () => {
    const { loop, calls, told, change } = await started();
    change('a');
    await settle(5);
    change('b');
    await settle(10);
    expect(calls.map(({ names }) => names)).toEqual(['first', 'b']);
    await settle(7);
    calls[1]?.end();
    await settle();
    expect(told.converged).toEqual([null, 22]);
    await loop.stop();
  });
  test('one that comes while it works makes it work once more', async () => {
    const one = await started();
    one.change('a');
    await settle(10);
    one.change('b');
    await settle(100);
    expect(one.calls).toHaveLength(2);
    one.calls[1]?.end();
    await settle(100);
    expect(one.calls.map(({ names }) => names)).toEqual(['first', 'a', 'b']);
    one.calls[2]?.end();
    await settle(1000);
    expect(one.calls).toHaveLength(3);
    expect(one.atOnce()).toBe(1);
    await one.loop.stop();
  });
  test('a certificate that was rotated is a round of its own', async () => {
    const { loop, calls } = await started();
    loop.poke();
    await settle(10);
    expect(calls).toHaveLength(2);
    calls[1]?.end();
    await loop.stop();
  });
});

describe('failure', () => {
  test('is told, what was served stays known, and it is tried again after a second; the time runs from the change', async () => {
    const { loop, calls, told, change } = await started();
    change('a');
    await settle(10);
    calls[1]?.end(new Error('broken pipe'));
    await settle(500);
    expect(told.failed).toEqual(['broken pipe']);
    expect(loop.state().table.rules).toMatchObject([{ id: 'first' }]);
    expect(calls).toHaveLength(2);
    await settle(520);
    expect(calls.map(({ names }) => names)).toEqual(['first', 'a', 'a']);
    calls[2]?.end();
    await settle();
    expect(told.converged.at(-1)).toBeGreaterThanOrEqual(1000);
    await loop.stop();
  });
});

describe('verifying', () => {
  test('goes on with its timer, whatever came of it', async () => {
    const { loop, calls, told } = await started();
    await settle(30_000);
    expect(calls.at(-1)?.what).toBe('verify');
    calls.at(-1)?.end();
    await settle();
    expect(told.verified).toBe(1);
    await settle(30_000);
    calls.at(-1)?.end(new Error('away'));
    await settle();
    expect(told.failed).toEqual(['away']);
    await settle(1100);
    calls.at(-1)?.end();
    await settle(30_000);
    expect(calls.filter(({ what }) => what === 'verify')).toHaveLength(3);
    calls.at(-1)?.end();
    await loop.stop();
  });
});

describe('stop', () => {
  test('waits for what is being done and starts nothing new', async () => {
    const { loop, calls, told, change } = await started();
    change('a');
    await settle(10);
    let over = false;
    const stop = loop.stop().then(() => { over = true; });
    await settle(100);
    expect(over).toBe(false);
    calls[1]?.end();
    await stop;
    expect(told.stopped).toBe(true);
    change('b');
    await settle(120_000);
    expect(calls).toHaveLength(2);
  });
  test('a failure while stopping is not tried again', async () => {
    const { loop, calls, change } = await started();
    change('a');
    await settle(10);
    const stop = loop.stop();
    calls[1]?.end(new Error('gone'));
    await stop;
    await settle(10_000);
    expect(calls).toHaveLength(2);
  });
});
