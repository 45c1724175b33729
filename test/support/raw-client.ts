import { connect as tcpConnect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';

export interface RawWish {
  readonly port: number;
  readonly address?: string;
  readonly from?: string;
  /** TLS with this server name. */
  readonly sni?: string;
  readonly alpn?: readonly string[];
}

/** A connection that sends exactly what it is told: for what no HTTP library would send, and for what must stay open. */
export interface RawConnection {
  send(data: string | Buffer): void;
  /** All text so far. */
  received(): string;
  /** Resolves with all text so far once `pattern` is in it. */
  until(pattern: RegExp, within?: number): Promise<string>;
  /** Resolves with all text when the other side has closed (or broken) the connection. */
  closed(within?: number): Promise<string>;
  isOpen(): boolean;
  /** The file descriptor's other end as the client sees it. */
  readonly localPort: number;
  close(): void;
}

export async function openRaw(wish: RawWish): Promise<RawConnection> {
  const options = { host: wish.address ?? '127.0.0.1', port: wish.port, ...(wish.from === undefined ? {} : { localAddress: wish.from }) };
  const socket: Socket = wish.sni === undefined
    ? tcpConnect(options)
    : tlsConnect({ ...options, servername: wish.sni, rejectUnauthorized: false, ...(wish.alpn === undefined ? {} : { ALPNProtocols: [...wish.alpn] }) });
  let text = '';
  let open = true;
  const watchers = new Set<() => void>();
  const notify = (): void => { for (const watcher of watchers) watcher(); };
  socket.on('data', (chunk: Buffer) => { text += chunk.toString('latin1'); notify(); });
  socket.on('close', () => { open = false; notify(); });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once(wish.sni === undefined ? 'connect' : 'secureConnect', () => resolve());
  });
  // From here on a reset is an answer ("closed"), not a failure of the test.
  socket.on('error', () => undefined);
  const localPort = socket.localPort ?? 0;

  const wait = (ready: () => boolean, what: string, within: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        watchers.delete(look);
        finish();
      };
      const timer = setTimeout(() => settle(() => reject(new Error(`${what} did not come within ${within} ms; so far: ${JSON.stringify(text.slice(-400))}`))), within);
      const look = (): void => {
        if (ready()) settle(() => resolve(text));
        else if (!open) settle(() => reject(new Error(`closed before ${what}; got ${JSON.stringify(text.slice(-400))}`)));
      };
      watchers.add(look);
      look();
    });
  return {
    send: (data) => { socket.write(data); },
    received: () => text,
    until: (pattern, within = 5_000) => wait(() => pattern.test(text), String(pattern), within),
    closed: (within = 5_000) => wait(() => !open, 'the end of the connection', within),
    isOpen: () => open,
    localPort,
    close: () => { socket.destroy(); },
  };
}

/** Sends `text` and gives everything that came until the connection closed, or until `within` milliseconds were over. */
export async function rawExchange(wish: RawWish & { readonly text: string | Buffer; readonly within?: number }): Promise<string> {
  const connection = await openRaw(wish);
  try {
    connection.send(wish.text);
    return await connection.closed(wish.within ?? 5_000);
  } finally {
    connection.close();
  }
}
