import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { frameMessage, readMessages } from './grpc-frames.ts';

export function isGrpc(request: IncomingMessage | Http2ServerRequest): boolean {
  return request.httpVersionMajor === 2 && (request.headers['content-type'] ?? '').startsWith('application/grpc');
}

/**
 * Answers a gRPC call (gRPC over HTTP/2, PROTOCOL-HTTP2.md of the gRPC project). `/test.Echo/Unary` gives the message back,
 * `/test.Echo/Bidi` each message as it comes, `/test.Echo/Fail` status 5 in trailers only.
 */
export async function answerGrpc(name: string, request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/grpc');
  response.setHeader('x-member', name);
  if (request.url === '/test.Echo/Fail') {
    response.setHeader('grpc-status', '5');
    response.setHeader('grpc-message', 'no such thing');
    response.end();
    return;
  }
  response.addTrailers({ 'grpc-status': '0', 'x-member-trailer': name });
  response.writeHead(200);
  for await (const message of readMessages(request)) response.write(frameMessage(message));
  response.end();
}
