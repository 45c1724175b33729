import { expect, test } from 'vitest';
import { nearestWord } from './nearest-word.ts';

const fields = ['host', 'path', 'to', 'alternateBackends', 'insecureEdgeTerminationPolicy', 'termination'];

test.each([
  ['Host', 'host'],
  ['hots', 'host'],
  ['terminaton', 'termination'],
  ['alternateBackend', 'alternateBackends'],
  ['insecureEdgeTerminatonPolicy', 'insecureEdgeTerminationPolicy'],
])('%s is near %s', (typed, meant) => expect(nearestWord(typed, fields)).toBe(meant));

test.each(['cookie', 'zz', '', 'x'.repeat(10_000)])('nothing is near %j', (typed) => expect(nearestWord(typed, fields)).toBeUndefined());
