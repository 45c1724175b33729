import { expect, test } from 'vitest';
import { OneAtATime } from './one-at-a-time.ts';

test('what comes second starts when the first is over, also when that failed', async () => {
  const turns = new OneAtATime();
  const told: string[] = [];
  const piece = (name: string, fails: boolean) => async (): Promise<string> => {
    told.push(`${name} starts`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
    told.push(`${name} ends`);
    if (fails) throw new Error(name);
    return name;
  };
  const results = await Promise.allSettled([turns.do(piece('a', true)), turns.do(piece('b', false)), turns.do(piece('c', false))]);
  expect(told).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
});
