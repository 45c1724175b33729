import { createHash } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** A small web server on a free loopback port, for `npm start`. */
export interface DemoMember {
  readonly port: number;
  close(): Promise<void>;
}

/** Tells who answered and how the request arrived. `pem`: key and certificate, for TLS. WebSocket connections are echoed. */
export async function startDemoMember(name: string, pem: string | null): Promise<DemoMember> {
  const answer: RequestListener = (request, response) => {
    const { 'x-forwarded-for': client, 'x-forwarded-proto': scheme } = request.headers;
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`Hello from ${name}: ${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}${scheme === undefined ? '' : `, asked over ${String(scheme)} by ${String(client)}`}\n`);
  };
  const server: Server = pem === null ? createHttpServer(answer) : createHttpsServer({ key: pem, cert: pem }, answer);
  server.on('upgrade', (request, socket) => { echo(request, socket); });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (_, socket) => { upgraded.add(socket); });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
    }),
  };
}

/** RFC 6455: the handshake, then every frame of up to 125 bytes back, unmasked. */
function echo(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on('error', () => { socket.destroy(); });
  let waiting = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 6) {
      const length = (waiting[1] ?? 0) & 0x7f;
      if (length > 125) {
        // 1009: message too big.
        socket.end(Buffer.from([0x88, 0x02, 0x03, 0xf1]));
        return;
      }
      if (waiting.length < 6 + length) return;
      const mask = waiting.subarray(2, 6);
      const payload = Buffer.from(waiting.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
      const opcode = (waiting[0] ?? 0) & 0x0f;
      waiting = waiting.subarray(6 + length);
      // A ping (9) is answered by a pong (10), a close (8) by a close.
      socket.write(Buffer.concat([Buffer.from([0x80 | (opcode === 9 ? 10 : opcode), length]), payload]));
      if (opcode === 8) socket.end();
    }
  });
}
