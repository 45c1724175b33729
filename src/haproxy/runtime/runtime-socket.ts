/** One line of HAProxy's CLI. `payload`, without empty lines, is sent as `<text> <<` and the lines, ended by an empty one. */
export interface Command {
  readonly text: string;
  readonly payload?: string;
}

export type RuntimeSocketErrorCode = 'connect' | 'closed' | 'timeout' | 'protocol' | 'too-long' | 'unsafe';

export class RuntimeSocketError extends Error {
  override readonly name = 'RuntimeSocketError';
  readonly code: RuntimeSocketErrorCode;
  /** First words of the command without an answer; never a payload (it may be a private key). */
  readonly command: string;
  constructor(code: RuntimeSocketErrorCode, command: string, message: string) {
    super(message);
    this.code = code;
    this.command = command;
  }
}

/** Makes one argument of a command out of any printable text: `;`, `\` and white space are syntax. */
export function escapeArgument(_value: string): string {
  throw new Error('not written yet');
}

export interface RuntimeSocketOptions {
  /** Bytes of one line with its payload: tune.bufsize of the HAProxy at the other end. Default 32768. */
  readonly bufferSize?: number;
  /** Milliseconds without a byte from HAProxy while an answer is due. Default 10000. */
  readonly timeout?: number;
}

export class RuntimeSocket {
  constructor(_path: string, _options: RuntimeSocketOptions = {}) {
    throw new Error('not written yet');
  }
  send(_commands: readonly Command[]): Promise<readonly string[]> {
    throw new Error('not written yet');
  }
  read(_text: string): Promise<string> {
    throw new Error('not written yet');
  }
  onLost(_listener: () => void): void {
    throw new Error('not written yet');
  }
  connect(): Promise<void> {
    throw new Error('not written yet');
  }
  close(): void {
    throw new Error('not written yet');
  }
}
