import { af } from './af.ts';
import { ct } from './ct.ts';
import { dns } from './dns.ts';
import { ep } from './ep.ts';
import { fw } from './fw.ts';
import { l2 } from './l2.ts';
import { lv } from './lv.ts';
import { lvAntispoof } from './lv-antispoof.ts';
import { rt } from './rt.ts';
import { tl } from './tl.ts';
import { pp } from './pp.ts';
import { tc } from './tc.ts';
import { tcListeners } from './tc-listeners.ts';
import { ro } from './ro.ts';
import { roReloads } from './ro-reloads.ts';
import { roRules } from './ro-rules.ts';
import { roTimeouts } from './ro-timeouts.ts';
import { vr } from './vr.ts';
import type { Entry } from './entry.ts';

/** Everything the doctor can say, one family for each layer. docs/findings/ is made from it. */
export const catalogue = { ...l2, ...ct, ...vr, ...lv, ...lvAntispoof, ...fw, ...rt, ...dns, ...ep, ...tl, ...af, ...pp, ...tc, ...tcListeners, ...ro, ...roReloads, ...roTimeouts, ...roRules } as const satisfies Readonly<Record<string, Entry>>;

export type FindingCode = keyof typeof catalogue;

export function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(catalogue, text);
}

/** Layers in the order of the report, from the cable up. */
export const families = [
  ['DNS', 'Names'], ['L2', 'Neighbours and addresses'], ['VR', 'VRRP'], ['LV', 'LVS'], ['RT', 'Routing'], ['FW', 'Packet filter'], ['CT', 'Connection tracking'],
  ['TC', 'TCP, sizes, listeners'], ['TL', 'TLS and HTTP/2'], ['PP', 'PROXY protocol'], ['AF', 'Affinity'], ['RO', 'Router'], ['EP', 'Endpoints'], ['MG', 'Migration'],
] as const;
