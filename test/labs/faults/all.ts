import type { Lab } from '../lab.ts';
import { l2Claimants } from './l2-claimants.ts';
import { l2Silence } from './l2-silence.ts';
import { rtWays } from './rt-ways.ts';
import { vrChecks } from './vr-checks.ts';
import { vrElections } from './vr-elections.ts';

/** Every lab. One line for each file of labs. */
export const labs: readonly Lab[] = [
  ...l2Claimants,
  ...l2Silence,
  ...vrElections,
  ...vrChecks,
  ...rtWays,
];
