import type { Lab } from '../lab.ts';
import { fwForward } from './fw-forward.ts';
import { l2Claimants } from './l2-claimants.ts';
import { l2Silence } from './l2-silence.ts';
import { lvDirectRouting } from './lv-direct-routing.ts';
import { lvMasquerading } from './lv-masquerading.ts';
import { roServers } from './ro-servers.ts';
import { rtWays } from './rt-ways.ts';
import { vrChecks } from './vr-checks.ts';
import { vrCloud } from './vr-cloud.ts';
import { vrElections } from './vr-elections.ts';

/** Every lab. One line for each file of labs. */
export const labs: readonly Lab[] = [
  ...fwForward,
  ...l2Claimants,
  ...l2Silence,
  ...vrElections,
  ...vrChecks,
  ...vrCloud,
  ...rtWays,
  ...roServers,
  ...lvDirectRouting,
  ...lvMasquerading,
];
