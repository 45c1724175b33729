import type { Route } from '../resources/route.ts';
import { compareCandidates, replayClaims } from './rules/claims.ts';
import type { Candidate, Loss } from './rules/claims.ts';

/**
 * All candidates with what became of them. Only the hosts that a change touches are replayed; with wildcards among them,
 * the parent domain, because a wildcard and the hosts below it can meet.
 */
export interface ClaimBook {
  add(candidate: Candidate): void;
  remove(candidate: Candidate): void;
  /** Decides anew where something changed; returns the routes for which the answer is another one than before. */
  settle(): readonly Route[];
  lossOf(candidate: Candidate): Loss | null;
}

export const createClaimBook = (options: { readonly ownership: boolean; readonly wildcards: boolean }): ClaimBook => {
  /** Oldest first in each. `domains` is kept only where wildcards exist at all. */
  const hosts = new Map<string, Candidate[]>();
  const domains = new Map<string, Candidate[]>();
  const wildcardsIn = new Map<string, number>();
  const losses = new Map<Candidate, Loss>();
  const dirtyHosts = new Set<string>();
  const dirtyDomains = new Set<string>();

  const touch = (candidate: Candidate): void => {
    // A domain that loses its last wildcard is replayed once more as a whole: its hosts may be freed by that.
    if (candidate.wildcard || wildcardsIn.has(candidate.domain)) dirtyDomains.add(candidate.domain);
    else dirtyHosts.add(candidate.host);
  };
  const countWildcard = ({ wildcard, domain }: Candidate, by: 1 | -1): void => {
    if (!wildcard) return;
    const count = (wildcardsIn.get(domain) ?? 0) + by;
    if (count === 0) wildcardsIn.delete(domain);
    else wildcardsIn.set(domain, count);
  };

  return {
    add(candidate) {
      insert(hosts, candidate.host, candidate);
      if (options.wildcards) insert(domains, candidate.domain, candidate);
      countWildcard(candidate, 1);
      touch(candidate);
    },
    remove(candidate) {
      withdraw(hosts, candidate.host, candidate);
      if (options.wildcards) withdraw(domains, candidate.domain, candidate);
      touch(candidate);
      countWildcard(candidate, -1);
      losses.delete(candidate);
    },
    settle() {
      const changed: Route[] = [];
      const decide = (candidates: readonly Candidate[]): void => {
        const lost = replayClaims(candidates, options.ownership);
        for (const candidate of candidates) {
          const [before, after] = [losses.get(candidate), lost.get(candidate)];
          if (before?.code === after?.code && before?.winner === after?.winner) continue;
          changed.push(candidate.route);
          if (after === undefined) losses.delete(candidate);
          else losses.set(candidate, after);
        }
      };
      for (const domain of dirtyDomains) decide(domains.get(domain) ?? []);
      for (const host of dirtyHosts) {
        const candidates = hosts.get(host) ?? [];
        if (candidates[0] === undefined || !dirtyDomains.has(candidates[0].domain)) decide(candidates);
      }
      dirtyDomains.clear();
      dirtyHosts.clear();
      return changed;
    },
    lossOf: (candidate) => losses.get(candidate) ?? null,
  };
};

/** Place of `candidate` in a list that is sorted oldest first. */
const placeIn = (list: readonly Candidate[], candidate: Candidate): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && compareCandidates(other, candidate) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const insert = (lists: Map<string, Candidate[]>, key: string, candidate: Candidate): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [candidate]);
  else list.splice(placeIn(list, candidate), 0, candidate);
};

const withdraw = (lists: Map<string, Candidate[]>, key: string, candidate: Candidate): void => {
  const list = lists.get(key) ?? [];
  const place = list.indexOf(candidate, placeIn(list, candidate));
  if (place < 0) return;
  if (list.length === 1) lists.delete(key);
  else list.splice(place, 1);
};
