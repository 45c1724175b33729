/**
 * HAProxy counts for a backend from its start on. Here backends are taken over by other rules while HAProxy runs, so a rule's figures
 * are the backend's less what it had counted for those before. The moment of the hand-over is not seen; what was counted
 * at the last look before it is subtracted.
 */
export interface Baselines {
  /** Call once before each look. A new worker begins to count from zero: nothing is subtracted any more. */
  begin(worker: string): void;
  /** What to subtract from the counters of a backend, in the order of `counters`; null: nothing. Remembers `counters`. */
  of(backend: string, owner: string, counters: () => readonly number[]): readonly number[] | null;
}

interface Entry {
  owner: string;
  base: readonly number[] | null;
  last: readonly number[];
}

export function createBaselines(): Baselines {
  const entries = new Map<string, Entry>();
  let current = '';
  return {
    begin(worker) {
      if (worker === current) return;
      current = worker;
      entries.clear();
    },
    of(backend, owner, counters) {
      const now = counters();
      const entry = entries.get(backend);
      if (!entry) {
        entries.set(backend, { owner, base: null, last: now });
        return null;
      }
      if (entry.owner !== owner) {
        entry.base = entry.last.some((value) => value > 0) ? entry.last : null;
        entry.owner = owner;
      }
      entry.last = now;
      return entry.base;
    },
  };
}
