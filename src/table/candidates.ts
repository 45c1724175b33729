import type { HostGroup } from './host-group.ts';
import { parentDomain, pathEnd, pathKeys } from './host-group.ts';
import { covers, type Found } from './lookup.ts';
import { isRootPath } from './order.ts';
import type { Rule } from './routing-table.ts';

/** One rule that could have been meant, in the order in which they are asked. */
export interface Candidate {
  readonly rule: Rule;
  readonly won: boolean;
  /** One sentence. */
  readonly why: string;
}

/** What the reasons depend on besides the rule itself. */
interface Asked {
  readonly text: string;
  readonly scheme: 'http' | 'https';
  /** SNI of a connection that is passed through, else null. */
  readonly passedBy: string | null;
  readonly misdirected: boolean;
}

/** Every rule of the host and of the wildcard above it, in the order in which they are asked; where the SNI decided, those of its name first. */
export const candidates = (groups: readonly (HostGroup | null)[], asked: Asked, found: Found | null): readonly Candidate[] => {
  const winner = found?.answer.rule ?? null;
  const rules = groups.flatMap((group) => group?.rules ?? []);
  const first = rules.find((rule) => covers(rule.path, asked.text)) ?? null;
  return rules.map((rule): Candidate => {
    const won = rule === winner && !asked.misdirected;
    return { rule, won, why: won ? whyWon(rule, found) : whyLost(rule, winner, first, asked) };
  });
};

const whyWon = (rule: Rule, found: Found | null): string => {
  const place = rule.wildcard ? 'no rule of the exact host answers here, and this wildcard covers it' : 'exact host';
  const path = isRootPath(rule.path) ? 'the root covers every path' : `longest path that covers the request (${rule.path})`;
  switch (found?.answer.does) {
    case 'redirect': return `${place}; ${path}; its insecure policy is Redirect`;
    case 'close':
    case 'ask-wildcard': return `${place}; ${path}; but it is for TLS only, and nothing less specific serves clear text`;
    case 'misdirected': return `${place}; but it is passed through, so a connection whose TLS was terminated here must not serve it`;
    default: return rule.termination === 'passthrough' ? `${place}; the SNI decides before any path is seen` : `${place}; ${path}`;
  }
};

/** `first`: the most specific rule that covers the request, whether or not it serves on this listener. */
const whyLost = (rule: Rule, winner: Rule | null, first: Rule | null, asked: Asked): string => {
  const { text, scheme, passedBy } = asked;
  if (asked.misdirected) return 'the connection was opened for another host with another certificate';
  if (passedBy !== null && winner !== null && (rule.termination !== 'passthrough' || !namesSni(rule, passedBy))) {
    return `the SNI ${passedBy} sends the connection to ${winner.id} before any Host or path is read`;
  }
  if (rule.termination !== 'passthrough' && !covers(rule.path, text)) {
    if (pathKeys(rule.path).length === 0) return `no request can have the path ${rule.path}`;
    return rule.path.endsWith('/') && `${rule.path.slice(0, -1)}${pathEnd}` === text
      ? `its path ${rule.path} ends in a slash and does not answer without it`
      : `its path ${rule.path} does not cover the request (paths match whole segments, case counts)`;
  }
  if (scheme === 'http' && rule.termination === 'passthrough' && rule.insecure !== 'redirect') return 'it is passed through by SNI, port 80 has nothing for it';
  if (scheme === 'http' && rule.termination !== 'none' && rule.insecure === 'none') return 'it is for TLS only (insecureEdgeTerminationPolicy None)';
  if (scheme === 'https' && rule.termination === 'none') return 'it is for clear text only: it has no tls section';
  if (winner === null) return 'it does not answer on this listener';
  if (rule.wildcard && !winner.wildcard) return `an exact host goes before a wildcard (${winner.id})`;
  if (scheme === 'http' && rule.insecure === 'redirect' && first !== null) return `only the most specific rule redirects, and that is ${first.id}`;
  if (isRootPath(rule.path) ? !isRootPath(winner.path) : rule.path.length < winner.path.length) return `a longer path goes first (${winner.id}: ${winner.path})`;
  return `the older object goes first (${winner.id})`;
};

const namesSni = (rule: Rule, sni: string): boolean => rule.host === (rule.wildcard ? parentDomain(sni) : sni);
