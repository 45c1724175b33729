import type { Lab } from '../lab.ts';
import { afServers } from './af-servers.ts';
import { afTwoBalancers } from './af-two-balancers.ts';
import { dnsNames } from './dns-names.ts';
import { ctTables } from './ct-tables.ts';
import { fwBridge } from './fw-bridge.ts';
import { fwForward } from './fw-forward.ts';
import { fwTracking } from './fw-tracking.ts';
import { l2Claimants } from './l2-claimants.ts';
import { l2Silence } from './l2-silence.ts';
import { lvDirectRouting } from './lv-direct-routing.ts';
import { lvHypervisors } from './lv-hypervisors.ts';
import { lvKeepalived } from './lv-keepalived.ts';
import { lvMasquerading } from './lv-masquerading.ts';
import { lvTwoDirectors } from './lv-two-directors.ts';
import { roClients } from './ro-clients.ts';
import { roServers } from './ro-servers.ts';
import { roWorkers } from './ro-workers.ts';
import { rtWays } from './rt-ways.ts';
import { ppHeaders } from './pp-headers.ts';
import { tcQueues } from './tc-queues.ts';
import { tcRouter } from './tc-router.ts';
import { tcSizes } from './tc-sizes.ts';
import { tlHandshakes } from './tl-handshakes.ts';
import { tlMembers } from './tl-members.ts';
import { vrChecks } from './vr-checks.ts';
import { vrCloud } from './vr-cloud.ts';
import { vrElections } from './vr-elections.ts';

/** Every lab. One line for each file of labs. */
export const labs: readonly Lab[] = [
  ...ctTables,
  ...fwBridge,
  ...fwForward,
  ...fwTracking,
  ...ppHeaders,
  ...tcQueues,
  ...tcRouter,
  ...tcSizes,
  ...l2Claimants,
  ...l2Silence,
  ...vrElections,
  ...vrChecks,
  ...vrCloud,
  ...rtWays,
  ...roClients,
  ...roServers,
  ...roWorkers,
  ...tlHandshakes,
  ...tlMembers,
  ...afServers,
  ...afTwoBalancers,
  ...dnsNames,
  ...lvDirectRouting,
  ...lvKeepalived,
  ...lvMasquerading,
  ...lvTwoDirectors,
  ...lvHypervisors,
];
