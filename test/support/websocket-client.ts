import { WebSocket } from 'ws';
import type { RawData } from 'ws';

export interface WebSocketWish {
  readonly port: number;
  readonly address?: string;
  readonly host: string;
  readonly path?: string;
  readonly tls?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WebSocketClient {
  /** The member's first message: who it is and what it saw. */
  readonly hello: { readonly member: string; readonly path: string; readonly headers: Readonly<Record<string, string>> };
  /** Sends and waits for the echo. */
  echo(text: string, within?: number): Promise<string>;
  isOpen(): boolean;
  close(): void;
}

/** Opens a WebSocket through the router. Rejects with the status when the handshake is answered otherwise than with 101. */
export async function openWebSocket(wish: WebSocketWish): Promise<WebSocketClient> {
  const socket = new WebSocket(`${wish.tls === true ? 'wss' : 'ws'}://${wish.address ?? '127.0.0.1'}:${wish.port}${wish.path ?? '/'}`, {
    headers: { host: wish.host, ...wish.headers },
    perMessageDeflate: false,
    handshakeTimeout: 10_000,
    rejectUnauthorized: false,
    ...(wish.tls === true ? { servername: wish.host } : {}),
  });
  const waiting: ((text: string) => void)[] = [];
  const early: string[] = [];
  socket.on('message', (data: RawData) => {
    const text = (data as Buffer).toString('utf8');
    const next = waiting.shift();
    if (next) next(text);
    else early.push(text);
  });
  const receive = (within: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const ready = early.shift();
      if (ready !== undefined) {
        resolve(ready);
        return;
      }
      const timer = setTimeout(() => reject(new Error(`no message within ${within} ms`)), within);
      waiting.push((text) => { clearTimeout(timer); resolve(text); });
    });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => resolve());
  });
  socket.on('error', () => undefined);
  return {
    hello: JSON.parse(await receive(5_000)) as WebSocketClient['hello'],
    echo: async (text, within = 5_000) => {
      socket.send(text);
      return receive(within);
    },
    isOpen: () => socket.readyState === WebSocket.OPEN,
    close: () => socket.terminate(),
  };
}
