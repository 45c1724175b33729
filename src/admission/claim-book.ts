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

/** A candidate and what became of it; the lists hold these, so that deciding a long list anew looks nothing up. */
interface Entry { readonly candidate: Candidate; loss: Loss | null }

export const createClaimBook = (options: { readonly ownership: boolean; readonly wildcards: boolean }): ClaimBook => {
  /** Oldest first in each. `domains` is kept only where wildcards exist at all. */
  const hosts = new Map<string, Entry[]>();
  const domains = new Map<string, Entry[]>();
  const wildcardsIn = new Map<string, number>();
  const entries = new Map<Candidate, Entry>();
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
  const decide = (list: readonly Entry[], changed: Route[]): void => {
    const losses = replayClaims(list.map(({ candidate }) => candidate), options.ownership);
    list.forEach((entry, index) => {
      const loss = losses[index] ?? null;
      if (entry.loss?.code === loss?.code && entry.loss?.winner === loss?.winner) return;
      entry.loss = loss;
      changed.push(entry.candidate.route);
    });
  };

  return {
    add(candidate) {
      const entry: Entry = { candidate, loss: null };
      entries.set(candidate, entry);
      insert(hosts, candidate.host, entry);
      if (options.wildcards) insert(domains, candidate.domain, entry);
      countWildcard(candidate, 1);
      touch(candidate);
    },
    remove(candidate) {
      withdraw(hosts, candidate.host, candidate);
      if (options.wildcards) withdraw(domains, candidate.domain, candidate);
      touch(candidate);
      countWildcard(candidate, -1);
      entries.delete(candidate);
    },
    settle() {
      const changed: Route[] = [];
      for (const domain of dirtyDomains) decide(domains.get(domain) ?? [], changed);
      for (const host of dirtyHosts) {
        const list = hosts.get(host) ?? [];
        if (list[0] === undefined || !dirtyDomains.has(list[0].candidate.domain)) decide(list, changed);
      }
      dirtyDomains.clear();
      dirtyHosts.clear();
      return changed;
    },
    lossOf: (candidate) => entries.get(candidate)?.loss ?? null,
  };
};

/** Place of `candidate` in a list that is sorted oldest first. */
const placeIn = (list: readonly Entry[], candidate: Candidate): number => {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = list[middle];
    if (other !== undefined && compareCandidates(other.candidate, candidate) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const insert = (lists: Map<string, Entry[]>, key: string, entry: Entry): void => {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [entry]);
  else list.splice(placeIn(list, entry.candidate), 0, entry);
};

const withdraw = (lists: Map<string, Entry[]>, key: string, candidate: Candidate): void => {
  const list = lists.get(key) ?? [];
  // The same route may come again before it goes (a changed object): the age is equal, the candidate is not.
  let place = placeIn(list, candidate);
  while (place < list.length && list[place]?.candidate !== candidate) place += 1;
  if (place === list.length) return;
  if (list.length === 1) lists.delete(key);
  else list.splice(place, 1);
};
