import { expect, it } from 'vitest';
import { decideRestart } from './crash-loop.ts';
import type { PastExit } from './crash-loop.ts';

const early = (at: number): PastExit => ({ at, ran: 50, how: 'was killed' });

it('starts at once after a worker that had run well, whatever came before', () => {
  expect(decideRestart([early(0), early(1), early(2), early(3), { at: 100_000, ran: 90_000, how: 'exited with 139' }], 100_000)).toEqual({
    delay: 0, reason: 'HAProxy exited with 139 after running well; it is started again at once',
  });
});

it('starts at once twice, then waits longer and longer, up to half a minute', () => {
  const exits: PastExit[] = [];
  const delays = Array.from({ length: 9 }, (_, index) => {
    exits.push(early(index * 1000));
    return decideRestart(exits, index * 1000).delay;
  });
  expect(delays).toEqual([0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  expect(decideRestart(exits, 9000).reason).toBe('HAProxy was killed soon after its start (9 in a row); the next start waits 30 s');
});

it('forgets after ten minutes', () => {
  expect(decideRestart([early(0), early(1), early(2), early(700_000)], 700_000).delay).toBe(0);
});
