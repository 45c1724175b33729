import type { Route } from '../../resources/route.ts';
import { compareText } from '../../resources/order.ts';
import { refuse } from '../note.ts';
import type { RefusalNote } from '../note.ts';

/** A Route that asks for a host, whatever else may be wrong with it: one that is refused later still holds its host. */
export interface Candidate {
  readonly route: Route;
  /** The host as asked for; also for a wildcard, which stands for `*.<domain>`. */
  readonly host: string;
  readonly domain: string;
  readonly wildcard: boolean;
  readonly path: string;
  readonly tls: 'none' | 'terminated' | 'passthrough';
}

/** Why a candidate does not have what it asks for. */
export interface Loss {
  readonly code: 'host-claimed' | 'path-claimed' | 'passthrough-conflict' | 'wildcard-claimed';
  readonly winner: Route;
}

/** Older first: creationTimestamp, then uid, then namespace and name. */
export const compareCandidates = (a: Candidate, b: Candidate): number => {
  const [left, right] = [a.route.metadata, b.route.metadata];
  return left.creationTimestamp - right.creationTimestamp || compareText(left.uid, right.uid) ||
    compareText(left.namespace, right.namespace) || compareText(left.name, right.name);
};

/**
 * Who has what? Candidates are replayed oldest first; each is admitted unless one admitted before it stands in its way:
 * - same host: another namespace (unless the check is off), the same literal path, or passthrough beside other TLS;
 * - two wildcards of one parent domain: the same three;
 * - a wildcard and a host below it: another namespace (unless the check is off).
 * So the answer depends on who is there and how old they are, never on who came first to this process, and a loser is
 * admitted by itself once its winner is gone.
 * @param candidates sorted by `compareCandidates`, all that can meet each other
 * @returns in the same order; null: admitted
 */
export const replayClaims = (candidates: readonly Candidate[], ownership: boolean): readonly (Loss | null)[] => {
  const hosts = new Map<string, Ledger>();
  const domains = new Map<string, { readonly exact: Owners; readonly wildcards: Ledger }>();
  return candidates.map((candidate) => {
    const host = hosts.get(candidate.host);
    const domain = entry(domains, candidate.domain, () => ({ exact: newOwners(), wildcards: newLedger() }));
    const across = candidate.wildcard ? domain.exact : domain.wildcards;
    const stranger = ownership ? otherOwner(across, candidate) : null;
    const loss = (host === undefined ? null : conflict(host, candidate, ownership, 'host-claimed')) ??
      (candidate.wildcard ? conflict(domain.wildcards, candidate, ownership, 'wildcard-claimed') : null) ??
      (stranger === null ? null : { code: 'wildcard-claimed' as const, winner: stranger.route });
    if (loss !== null) return loss;
    enter(entry(hosts, candidate.host, newLedger), candidate);
    if (candidate.wildcard) enter(domain.wildcards, candidate);
    else own(domain.exact, candidate);
    return null;
  });
};

/** The oldest admitted candidate, and the oldest of another namespace than that one's. */
interface Owners { first: Candidate | null; other: Candidate | null }

/** The admitted candidates of one name. */
interface Ledger extends Owners {
  /** All but the first by path; most names have one candidate and need no map. */
  laterByPath: Map<string, Candidate> | null;
  terminated: Candidate | null;
  passthrough: Candidate | null;
}

const newOwners = (): Owners => ({ first: null, other: null });
const newLedger = (): Ledger => ({ first: null, other: null, laterByPath: null, terminated: null, passthrough: null });
const namespaceOf = (candidate: Candidate): string => candidate.route.metadata.namespace;

const entry = <T>(map: Map<string, T>, key: string, make: () => T): T => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};

const otherOwner = ({ first, other }: Owners, candidate: Candidate): Candidate | null =>
  first !== null && namespaceOf(first) !== namespaceOf(candidate) ? first : other;

const conflict = (ledger: Ledger, candidate: Candidate, ownership: boolean, foreign: Loss['code']): Loss | null => {
  const stranger = ownership ? otherOwner(ledger, candidate) : null;
  if (stranger !== null) return { code: foreign, winner: stranger.route };
  const samePath = ledger.first?.path === candidate.path ? ledger.first : ledger.laterByPath?.get(candidate.path);
  if (samePath !== undefined) return { code: 'path-claimed', winner: samePath.route };
  if (candidate.tls === 'none') return null;
  const inTheWay = ledger.passthrough ?? (candidate.tls === 'passthrough' ? ledger.terminated : null);
  return inTheWay === null ? null : { code: 'passthrough-conflict', winner: inTheWay.route };
};

const own = (owners: Owners, candidate: Candidate): void => {
  if (owners.first === null) owners.first = candidate;
  else if (owners.other === null && namespaceOf(owners.first) !== namespaceOf(candidate)) owners.other = candidate;
};

const enter = (ledger: Ledger, candidate: Candidate): void => {
  if (ledger.first !== null) (ledger.laterByPath ??= new Map<string, Candidate>()).set(candidate.path, candidate);
  own(ledger, candidate);
  if (candidate.tls === 'passthrough') ledger.passthrough ??= candidate;
  if (candidate.tls === 'terminated') ledger.terminated ??= candidate;
};

/** What the loser is told. The winner is named only to its own namespace; `winner` tells the operator. */
export const refuseClaim = (candidate: Candidate, { code, winner }: Loss): RefusalNote => {
  const { namespace } = candidate.route.metadata;
  const who = winner.metadata.namespace === namespace ? `the older route ${winner.metadata.name}` : 'an older route in another namespace';
  const name = candidate.wildcard ? `*.${candidate.domain}` : candidate.host;
  const message = {
    'host-claimed': `${candidate.host} belongs to ${who}.`,
    'path-claimed': `${name} with the path "${candidate.path}" is held by ${who}.`,
    'passthrough-conflict': `${name} is held by ${who}, and passthrough cannot share a host with other TLS routes.`,
    'wildcard-claimed': `${name} overlaps with ${who}.`,
  }[code];
  return { ...refuse(code, code === 'path-claimed' && candidate.path !== '' ? 'spec.path' : 'spec.host', message), winner };
};
