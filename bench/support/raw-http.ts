import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/**
 * One HTTP/1.1 connection that is kept, one request at a time. Much lighter than node:http: the client must not be what is
 * measured. Understands Content-Length only, which is all that members and HAProxy's own answers send.
 */
export class RawConnection {
  readonly #port: number;
  #socket: Socket | null = null;
  #text = '';
  #waiting: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** Rejects when the connection breaks before the answer is complete. */
  request(host: string, path = '/'): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== null) throw new Error('one request at a time');
      this.#waiting = { resolve, reject };
      this.#connection().write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #connection(): Socket {
    if (this.#socket !== null && !this.#socket.destroyed && this.#socket.writable) return this.#socket;
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = socket;
    this.#text = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => { this.#read(chunk); });
    const lost = (error: Error): void => {
      if (this.#socket === socket) this.#socket = null;
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.reject(error);
    };
    socket.on('error', lost);
    socket.on('close', () => { lost(new Error('connection closed before the answer was complete')); });
    return socket;
  }

  #read(chunk: string): void {
    this.#text = this.#text === '' ? chunk : this.#text + chunk;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#text.slice(0, end);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#text.length < end + 4 + length) return;
    const body = this.#text.slice(end + 4, end + 4 + length);
    this.#text = '';
    const waiting = this.#waiting;
    this.#waiting = null;
    // The connection is free again only now: an answer that closes it must not be met by the next request.
    if (/\r\nconnection: *close/i.test(head)) this.close();
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body });
  }
}

/** One request on a connection of its own; chunked bodies are put together. */
export const requestOnce = (port: number, host: string, path: string): Promise<RawAnswer> => new Promise((resolve, reject) => {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
  socket.setEncoding('utf8');
  socket.on('error', reject);
  socket.on('data', (chunk: string) => { text += chunk; });
  socket.on('close', () => {
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) { reject(new Error('no answer')); return; }
    resolve({ status: Number(text.slice(9, 12)), head: text.slice(0, end), body: text.slice(end + 4) });
  });
  // HTTP/1.0: answers are neither chunked nor kept open.
  socket.write(`GET ${path} HTTP/1.0\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
});
