/** How every command ends, in every output format. docs/commands.md is checked against this list. */
export const exitCodes = {
  /** Done, and nothing to complain about. */
  fine: 0,
  /** Done, and something was found or refused. */
  findings: 1,
  /** The command line, a variable or the configuration file says something that cannot be. */
  usage: 2,
  /** What the answer would rest on is not there: no such directory, no router running. */
  missing: 3,
  /** It is there and cannot be read. */
  unreadable: 4,
  /** Fairway's own fault, or the system refused something. */
  internal: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command: told on standard error as sentences. */
export class CommandFailure extends Error {
  readonly code: ExitCode;
  /** What to do about it, if anything. */
  readonly hint: string | null;

  constructor(code: ExitCode, message: string, hint: string | null = null) {
    super(message);
    this.name = 'CommandFailure';
    this.code = code;
    this.hint = hint;
  }
}
