import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { H2Connection } from './h2-client.ts';
import { frameMessage, readMessages } from './grpc-frames.ts';

export interface GrpcAnswer {
  readonly httpStatus: number;
  /** From the trailers, or from the headers of an answer without a body. */
  readonly grpcStatus: string | null;
  readonly messages: readonly string[];
  readonly trailers: IncomingHttpHeaders;
}

/** One gRPC call. In `bidi` fashion each message waits for its echo before the next is sent. */
export async function callGrpc(
  connection: H2Connection,
  call: { authority?: string; method: '/test.Echo/Unary' | '/test.Echo/Bidi' | '/test.Echo/Fail'; messages: readonly string[] },
): Promise<GrpcAnswer> {
  const stream = connection.session.request({
    ':method': 'POST',
    ':path': call.method,
    ':scheme': 'https',
    ...(call.authority === undefined ? {} : { ':authority': call.authority }),
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.setTimeout(10_000, () => stream.destroy(new Error('the gRPC call took more than 10 s')));
  let headers: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
  let trailers: IncomingHttpHeaders = {};
  stream.once('response', (received) => { headers = received; });
  stream.once('trailers', (received: IncomingHttpHeaders) => { trailers = received; });
  const messages: string[] = [];
  const pending = [...call.messages];
  const sendNext = (): void => {
    const next = pending.shift();
    if (next === undefined) stream.end();
    else stream.write(frameMessage(Buffer.from(next)));
  };
  sendNext();
  if (call.method !== '/test.Echo/Bidi') while (!stream.writableEnded) sendNext();
  for await (const message of readMessages(stream)) {
    messages.push(message.toString('utf8'));
    if (call.method === '/test.Echo/Bidi') sendNext();
  }
  const status = trailers['grpc-status'] ?? headers['grpc-status'];
  return { httpStatus: Number(headers[':status']), grpcStatus: typeof status === 'string' ? status : null, messages, trailers };
}
