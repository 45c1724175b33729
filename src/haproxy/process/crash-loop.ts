export interface PastExit { /** Milliseconds since the epoch. */ readonly at: number; /** Milliseconds it had run. */ readonly ran: number; readonly how: string }
export function decideRestart(_exits: readonly PastExit[], _now: number): { readonly delay: number; readonly reason: string } { throw new Error('not written yet'); }
