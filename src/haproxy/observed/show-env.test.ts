import { expect, it } from 'vitest';
import { parseShowEnv } from './show-env.ts';

it('reads the variables; the second line of a value does not replace a variable', () => {
  expect([...parseShowEnv('A=1\nB=x=y\nTEXT=one\nA=2\nEMPTY=\n\n')]).toEqual([['A', '1'], ['B', 'x=y'], ['TEXT', 'one'], ['EMPTY', '']]);
});
