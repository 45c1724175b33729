import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/doctor/findings/catalogue.ts';
import { labs } from './faults/all.ts';
import { runLab } from './run-lab.ts';
import { isForbidden, whyNot } from './world/world-for.ts';

/** How many there are: the number may only grow. */
const atLeast = 115;

describe('the list of labs', () => {
  test(`has at least ${String(atLeast)}, each with a name of its own`, () => {
    expect(labs.length).toBeGreaterThanOrEqual(atLeast);
    expect(new Set(labs.map(({ name }) => name)).size).toBe(labs.length);
    expect(labs.filter(({ name }) => !/^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(name)).map(({ name }) => name)).toEqual([]);
  });
  test.each(labs)('$name is about codes of the catalogue, and silent about others', (lab) => {
    expect(lab.codes.length).toBeGreaterThan(0);
    expect([...lab.codes, ...lab.silent].filter((code) => !Object.hasOwn(catalogue, code))).toEqual([]);
    expect(lab.silent.filter((code) => lab.codes.includes(code))).toEqual([]);
    expect(lab.about).toMatch(/^\S.*\.$/);
    // What one kernel shares must not be changed while other tests run.
    expect(lab.inTests && lab.needs !== 'namespaces').toBe(false);
  });
});

/** Two at a time: a lab mostly waits, for time-outs and elections, and has everything for itself but the machine's time. */
const lanes = 2;
const waiting: (() => void)[] = [];
let running = 0;

async function inLane<T>(work: () => Promise<T>): Promise<T> {
  while (running >= lanes) await new Promise<void>((resolve) => { waiting.push(resolve); });
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

describe.concurrent('faults made for real', () => {
  test.for(labs.filter(({ inTests }) => inTests))('$name: $about', { timeout: 300_000 }, async (lab, context) => {
    const reason = whyNot(lab);
    if (reason !== null) context.skip(`${lab.name}: ${reason}`);
    const result = await inLane(() => runLab(lab)).catch((error: unknown) => {
      if (isForbidden(error)) return context.skip(`${lab.name}: this machine does not allow namespaces`);
      throw error;
    });
    expect(result.failures).toEqual([]);
  });
});
