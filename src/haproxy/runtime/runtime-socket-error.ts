/**
 * connect   nobody listens on the socket (or it cannot be opened)
 * closed    the connection ended while answers were due
 * timeout   HAProxy said nothing for too long while answers were due
 * protocol  HAProxy said something that belongs to no command
 * too-long  the command does not fit HAProxy's buffer; nothing was sent
 * unsafe    the command holds bytes that would be read as another command; nothing was sent
 */
export type RuntimeSocketErrorCode = 'connect' | 'closed' | 'timeout' | 'protocol' | 'too-long' | 'unsafe';

/** A transport failure of the runtime socket. What HAProxy answers, refusals included, is never an error but data. */
export class RuntimeSocketError extends Error {
  override readonly name = 'RuntimeSocketError';
  readonly code: RuntimeSocketErrorCode;
  /** The first command without an answer; never its payload, which may be a private key. */
  readonly command: string;
  /** How many commands of the same `send` had been answered before. */
  readonly answered: number;
  constructor(code: RuntimeSocketErrorCode, command: string, message: string, answered = 0) {
    super(message);
    this.code = code;
    this.command = command;
    this.answered = answered;
  }
}
