import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

export interface StreamingClient {
  readonly member: string;
  /** Bytes of body so far. */
  bytes(): number;
  isOpen(): boolean;
  close(): void;
}

/** A client that keeps reading one answer that does not end (see `?stream=` of a member). */
export async function openStream(wish: { port: number; host: string; every?: number; headers?: Readonly<Record<string, string>> }): Promise<StreamingClient> {
  const sent = request({
    host: '127.0.0.1', port: wish.port, path: `/?stream=${wish.every ?? 50}`, agent: false,
    headers: { host: wish.host, ...wish.headers },
  });
  sent.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', resolve);
  });
  let bytes = 0;
  let open = true;
  sent.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => { bytes += chunk.length; });
  response.on('error', () => undefined);
  response.on('close', () => { open = false; });
  return {
    member: String(response.headers['x-member']),
    bytes: () => bytes,
    isOpen: () => open,
    close: () => sent.destroy(),
  };
}
