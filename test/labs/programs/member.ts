import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { hostname } from 'node:os';

/**
 * A member with bad habits: `node member.ts PORT HABIT [NUMBER]`. It says its host's name, and besides
 * `slow` takes NUMBER milliseconds for each answer, `closes` hangs up without an answer, `headers` sends NUMBER bytes of headers,
 * `tunnel` opens WebSockets and says nothing in them, `moody` fails `/ready` for NUMBER milliseconds, and then is well as long.
 */
const [port = '80', habit = '', number = '0'] = process.argv.slice(2);
if (habit === 'closes') {
  createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => { socket.end(); });
  }).listen(Number(port));
} else if (habit === 'connect') {
  // A tunnel through a proxy that does not reach NUMBER: everything else it connects.
  createServer().on('connect', (request, socket) => {
    const [host = '', to = '443'] = (request.url ?? '').split(':');
    socket.on('error', () => undefined);
    if (host === number) { socket.end('HTTP/1.1 503 Service Unavailable\r\n\r\n'); return; }
    const other = connect(Number(to), host, () => { socket.write('HTTP/1.1 200 Connection established\r\n\r\n'); });
    other.on('error', () => { socket.destroy(); });
    socket.pipe(other).pipe(socket);
  }).listen(Number(port));
} else {
  const began = performance.now();
  const server = createServer((request, response) => {
    response.setHeader('connection', 'close');
    if (habit === 'headers') response.setHeader('x-much', 'x'.repeat(Number(number)));
    if (habit === 'moody' && request.url === '/ready' && Math.floor((performance.now() - began) / Number(number)) % 2 === 0) response.statusCode = 500;
    const answer = (): void => { response.end(`${hostname()} ${request.url ?? ''} ${String(request.headers['x-forwarded-for'] ?? '')}\n`); };
    if (habit === 'slow' && request.url !== '/quick') setTimeout(answer, Number(number));
    else answer();
  });
  server.on('upgrade', (request, socket) => {
    socket.on('error', () => undefined);
    socket.on('end', () => { socket.end(); });
    socket.resume();
    // RFC 6455, 4.2.2: HAProxy looks whether the answer belongs to the key.
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  });
  server.listen(Number(port));
}
