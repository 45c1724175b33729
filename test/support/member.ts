import { createServer as createHttpServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, createServer as createH2cServer } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { Server as TcpServer, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket, createServer as createTlsServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import { nextLoopbackAddress } from './addresses.ts';
import type { MadeCertificate } from './certificates.ts';
import { atEnd } from './cleanup.ts';
import { answerGrpc, isGrpc } from './grpc-member.ts';

/**
 * `http`: HTTP/1.1 and WebSocket. `https`: the same over TLS. `h2c`: HTTP/2 in clear text with prior knowledge. `h2`: HTTP/2
 * or HTTP/1.1 over TLS, as negotiated. Both HTTP/2 kinds answer gRPC too. `tcp`: says its name, then echoes. `tls`: the same over TLS.
 */
export type MemberProtocol = 'http' | 'https' | 'h2c' | 'h2' | 'tcp' | 'tls';

export interface MemberWish {
  readonly name?: string;
  readonly protocol?: MemberProtocol;
  /** Default: a loopback address of its own. */
  readonly address?: string;
  readonly port?: number;
  /** Needed for the TLS kinds. */
  readonly certificate?: MadeCertificate;
  /** Case of response header names is kept (HTTP/1). */
  readonly responseHeaders?: Readonly<Record<string, string | string[]>>;
}

/** What a member saw of a request; its answer's body is this as JSON. */
export interface Seen {
  readonly member: string;
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Where the connection came from. */
  readonly peer: string;
  readonly alpn: string | null;
  readonly sni: string | null;
  readonly bodyBytes: number;
}

export interface Member {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: MemberProtocol;
  /** Requests so far, oldest first. */
  readonly requests: readonly Seen[];
  connections(): number;
  /** Every answer waits so long. */
  delay(milliseconds: number): void;
  /** Every answer has this status. */
  answer(status: number): void;
  /** Stops listening and breaks what is open: connections are refused until `accept`. */
  refuse(): Promise<void>;
  /** Stops listening but serves on what is open, as a well-behaved program does at its end. */
  refuseNew(): void;
  accept(): Promise<void>;
  /** Answers wait until `release`. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

let membersStarted = 0;

/**
 * Starts a member on loopback. Requests steer it too: `?delay=MS`, `?status=N`, `?size=BYTES`, and `?stream=MS` (a line of text
 * every MS milliseconds until the client goes).
 */
export async function startMember(wish: MemberWish = {}): Promise<Member> {
  membersStarted += 1;
  const name = wish.name ?? `member-${membersStarted}`;
  const protocol = wish.protocol ?? 'http';
  const address = wish.address ?? nextLoopbackAddress();
  const requests: Seen[] = [];
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let port = wish.port ?? 0;
  let pause = 0;
  let status = 200;
  let holding = false;

  const waitForTurn = async (milliseconds: number): Promise<void> => {
    if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (holding) await new Promise<void>((resolve) => held.push(resolve));
  };

  const respond = async (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): Promise<void> => {
    let bodyBytes = 0;
    const url = new URL(request.url ?? '/', 'http://member');
    const seen = (): Seen => describeRequest(name, request, bodyBytes);
    if (isGrpc(request)) {
      requests.push(seen());
      await waitForTurn(pause);
      await answerGrpc(name, request as Http2ServerRequest, response as Http2ServerResponse);
      return;
    }
    for await (const chunk of request) bodyBytes += (chunk as Buffer).length;
    requests.push(seen());
    await waitForTurn(pause + Number(url.searchParams.get('delay') ?? 0));
    const headers = { 'content-type': 'application/json', 'x-member': name, ...wish.responseHeaders };
    // The two responses share these methods; their types do not say so.
    const out = response as ServerResponse;
    out.writeHead(Number(url.searchParams.get('status') ?? status), headers);
    const every = url.searchParams.get('stream');
    if (every !== null) {
      const timer = setInterval(() => out.write(`${name} still here\n`), Number(every));
      out.once('close', () => clearInterval(timer));
      out.write(`${name}\n`);
      return;
    }
    const size = url.searchParams.get('size');
    out.end(request.method === 'HEAD' ? undefined : size === null ? JSON.stringify(seen()) : 'x'.repeat(Number(size)));
  };
  const handle = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void => {
    // A client that goes away in the middle ends the reading loop with an error: that is its right.
    respond(request, response).catch(() => response.destroy());
  };

  const secure = (): { cert: string; key: string } => {
    if (!wish.certificate) throw new Error(`a member of kind ${protocol} needs a certificate`);
    return { cert: wish.certificate.cert, key: wish.certificate.key };
  };
  const echo = (socket: Socket): void => {
    socket.write(`${name}\n`);
    socket.pipe(socket);
  };
  const build = (): Server => {
    switch (protocol) {
      case 'http':
        return withWebSocket(name, createHttpServer({ keepAliveTimeout: 60_000 }, handle));
      case 'https':
        return withWebSocket(name, createHttpsServer({ ...secure(), ALPNProtocols: ['http/1.1'], keepAliveTimeout: 60_000 }, handle));
      case 'h2c':
        return createH2cServer(handle);
      case 'h2':
        return createSecureServer({ ...secure(), allowHTTP1: true }, handle);
      case 'tcp':
        return createTcpServer(echo);
      case 'tls':
        return createTlsServer(secure(), echo);
    }
  };

  let server: Server | null = null;
  const accept = async (): Promise<void> => {
    if (server) return;
    const fresh = build();
    for (const event of ['connection', 'secureConnection']) {
      fresh.on(event, (socket: Socket) => {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.once('close', () => sockets.delete(socket));
      });
    }
    // A health check that only knocks, or a client that distrusts the certificate, is no failure of the member.
    fresh.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve, reject) => {
      fresh.once('error', reject);
      fresh.listen({ host: address, port }, () => resolve());
    });
    port = (fresh.address() as AddressInfo).port;
    server = fresh;
  };
  const refuse = async (): Promise<void> => {
    const old = server;
    server = null;
    const closed = old ? new Promise<void>((resolve) => old.close(() => resolve())) : null;
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const refuseNew = (): void => {
    // Not `server.close`: that of an HTTP server closes idle connections too, and with them requests on their way.
    if (server) TcpServer.prototype.close.call(server);
    server = null;
  };
  const release = (): void => {
    holding = false;
    for (const go of held.splice(0)) go();
  };

  await accept();
  const close = async (): Promise<void> => {
    release();
    await refuse();
  };
  atEnd(close);
  return {
    name,
    address,
    port,
    protocol,
    requests,
    connections: () => [...sockets].filter((socket) => !(socket instanceof TLSSocket)).length,
    delay: (milliseconds) => { pause = milliseconds; },
    answer: (code) => { status = code; },
    refuse,
    refuseNew,
    accept,
    hold: () => { holding = true; },
    release,
    close,
  };
}

/** Starts `count` members of one kind: `web-1`, `web-2`, ... */
export function startMembers(prefix: string, count: number, wish: MemberWish = {}): Promise<Member[]> {
  return Promise.all(Array.from({ length: count }, (_, place) => startMember({ ...wish, name: `${prefix}-${place + 1}` })));
}

function describeRequest(member: string, request: IncomingMessage | Http2ServerRequest, bodyBytes: number): Seen {
  const socket: Socket | undefined = 'stream' in request ? (request.stream.session?.socket) : request.socket;
  const tls = socket instanceof TLSSocket || (socket as { encrypted?: boolean } | undefined)?.encrypted === true ? (socket as TLSSocket) : null;
  return {
    member,
    method: request.method ?? '',
    path: request.url ?? '',
    httpVersion: request.httpVersion,
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    peer: socket?.remoteAddress ?? '',
    alpn: tls ? (tls.alpnProtocol || null) : null,
    sni: tls && typeof (tls as { servername?: unknown }).servername === 'string' ? (tls as unknown as { servername: string }).servername : null,
    bodyBytes,
  };
}

function withWebSocket<S extends Server>(name: string, server: S): S {
  // Per-message compression would hide how large the frames on the wire are.
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      client.send(JSON.stringify({ member: name, path: request.url, headers: request.headers }));
      client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
    });
  });
  return server;
}
