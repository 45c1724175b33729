import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/doctor/findings/catalogue.ts';
import { labs } from './faults/all.ts';
import { runLab } from './run-lab.ts';
import { isForbidden, whyNot } from './world/world-for.ts';

/** How many there are: the number may only grow. */
const atLeast = 30;

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

describe('faults made for real', () => {
  test.for(labs.filter(({ inTests }) => inTests))('$name: $about', { timeout: 120_000 }, async (lab, context) => {
    const reason = whyNot(lab);
    if (reason !== null) context.skip(`${lab.name}: ${reason}`);
    const result = await runLab(lab).catch((error: unknown) => {
      if (isForbidden(error)) return context.skip(`${lab.name}: this machine does not allow namespaces`);
      throw error;
    });
    expect(result.failures).toEqual([]);
  });
});
