import { CommandFailure, exitCodes } from './exit-codes.ts';

/** A port that cannot be had, as a sentence that says what to do. */
export function portFailure(error: unknown, what: string, address: string, port: number, flag: string): CommandFailure {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'EADDRINUSE') {
    return new CommandFailure(exitCodes.internal, `The ${what} port ${address}:${port} is taken by another program.`, `Choose another with ${flag}; \`ss -ltnp 'sport = :${port}'\` shows who has it.`);
  }
  if (code === 'EACCES') {
    return new CommandFailure(exitCodes.internal, `The ${what} port ${address}:${port} may not be opened by this user.`, `Choose one above 1023 with ${flag}, or give the capability CAP_NET_BIND_SERVICE.`);
  }
  return new CommandFailure(exitCodes.internal, `The ${what} port ${address}:${port} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`);
}
