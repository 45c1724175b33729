/** One end of a worker that nobody had asked for. */
export interface PastExit {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Milliseconds it had run. */
  readonly ran: number;
  readonly how: string;
}

/** Exits older than this are forgiven. */
const memory = 600_000;
/** A worker that ran this long was no failed start. */
const healthyRun = 60_000;
const freeRestarts = 2;
const longestDelay = 30_000;

/**
 * How long to wait before starting HAProxy again, after the exits so far (oldest first, the last being the one to answer): not at
 * all for the first ones, so that a crash costs less than a second; 1 s doubling to 30 s when it keeps ending soon after its start.
 */
export function decideRestart(exits: readonly PastExit[], now: number): { readonly delay: number; readonly reason: string } {
  const how = exits.at(-1)?.how ?? 'ended';
  let soon = 0;
  // Counted back to the last one that had run well.
  for (let index = exits.length - 1; index >= 0; index -= 1) {
    const exit = exits[index] as PastExit;
    if (now - exit.at > memory || exit.ran >= healthyRun) break;
    soon += 1;
  }
  if (soon === 0) return { delay: 0, reason: `HAProxy ${how} after running well; it is started again at once` };
  if (soon <= freeRestarts) return { delay: 0, reason: `HAProxy ${how} soon after its start (${soon} in a row); it is started again at once` };
  const delay = Math.min(longestDelay, 1000 * 2 ** Math.min(soon - freeRestarts - 1, 10));
  return { delay, reason: `HAProxy ${how} soon after its start (${soon} in a row); the next start waits ${delay / 1000} s` };
}
