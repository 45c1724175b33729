import type { Analyzer } from './analyzer.ts';
import { afCookies } from './af-cookies.ts';
import { afHash } from './af-hash.ts';
import { ctFull } from './ct-full.ts';
import { ctOwner } from './ct-owner.ts';
import { ctStale } from './ct-stale.ts';
import { ctStates } from './ct-states.ts';
import { epNodes } from './ep-nodes.ts';
import { epPolicies } from './ep-policies.ts';
import { epServices } from './ep-services.ts';
import { fwAttempts } from './fw-attempts.ts';
import { fwInvalid } from './fw-invalid.ts';
import { fwNotrack } from './fw-notrack.ts';
import { fwRulesets } from './fw-rulesets.ts';
import { dnsAnswers } from './dns-answers.ts';
import { dnsClient } from './dns-client.ts';
import { dnsResolvers } from './dns-resolvers.ts';
import { l2Antispoof } from './l2-antispoof.ts';
import { l2Claimants } from './l2-claimants.ts';
import { l2Keepalived } from './l2-keepalived.ts';
import { l2Kernel } from './l2-kernel.ts';
import { l2Neighbour } from './l2-neighbour.ts';
import { l2Parked } from './l2-parked.ts';
import { l2Silence } from './l2-silence.ts';
import { l2Tables } from './l2-tables.ts';
import { lvAntispoof } from './lv-antispoof.ts';
import { lvDirector } from './lv-director.ts';
import { lvForwarding } from './lv-forwarding.ts';
import { lvPersistence } from './lv-persistence.ts';
import { lvPolicy } from './lv-policy.ts';
import { lvRealServer } from './lv-real-server.ts';
import { lvSnapshots } from './lv-snapshots.ts';
import { lvSynRecv } from './lv-syn-recv.ts';
import { lvTranslation } from './lv-translation.ts';
import { rtBothWays } from './rt-both-ways.ts';
import { rtFilter } from './rt-filter.ts';
import { rtWays } from './rt-ways.ts';
import { tlCertificate } from './tl-certificate.ts';
import { tlNames } from './tl-names.ts';
import { tlPlain } from './tl-plain.ts';
import { tlProtocol } from './tl-protocol.ts';
import { ppHeader } from './pp-header.ts';
import { ppTrust } from './pp-trust.ts';
import { tcPath } from './tc-path.ts';
import { tcLimits } from './tc-limits.ts';
import { tcClamp } from './tc-clamp.ts';
import { tcListeners } from './tc-listeners.ts';
import { roLog } from './ro-log.ts';
import { roDrift } from './ro-drift.ts';
import { roNginx } from './ro-nginx.ts';
import { roReloads } from './ro-reloads.ts';
import { roRules } from './ro-rules.ts';
import { roTimeouts } from './ro-timeouts.ts';
import { roTrust } from './ro-trust.ts';
import { vrFilter } from './vr-filter.ts';
import { roState } from './ro-state.ts';
import { vrFlapping } from './vr-flapping.ts';
import { vrListener } from './vr-listener.ts';
import { vrMasters } from './vr-masters.ts';
import { vrSettings } from './vr-settings.ts';
import { vrStatic } from './vr-static.ts';
import { vrTalk } from './vr-talk.ts';

/** Every analyzer. Their order is of no consequence: none sees what another found. */
export const analyzers: readonly Analyzer[] = [
  dnsAnswers, dnsClient, dnsResolvers,
  l2Neighbour, l2Claimants, l2Parked, l2Silence, l2Keepalived, l2Tables, l2Kernel, l2Antispoof,
  vrMasters, vrTalk, vrFlapping, vrListener, vrSettings, vrStatic, vrFilter,
  lvSynRecv, lvSnapshots, lvRealServer, lvForwarding, lvPersistence, lvDirector, lvPolicy, lvAntispoof, lvTranslation,
  fwAttempts, fwInvalid, fwRulesets, fwNotrack,
  epServices, epNodes, epPolicies,
  rtFilter, rtWays, rtBothWays,
  ctFull, ctStates, ctOwner, ctStale,
  tlProtocol, tlCertificate, tlNames, tlPlain,
  afHash, afCookies,
  roState, roDrift, roLog, roNginx, roReloads, roTimeouts, roRules, roTrust,
  tcPath, tcLimits, tcClamp, tcListeners,
  ppHeader, ppTrust,
];
