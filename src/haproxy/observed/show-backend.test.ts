import { expect, it } from 'vitest';
import { parseShowBackend } from './show-backend.ts';

it('reads the names', () => {
  expect(parseShowBackend('# name\nbe\nhttp-random.00001\n\n')).toEqual(['be', 'http-random.00001']);
});
