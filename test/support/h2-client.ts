import { connect } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders as H2Headers } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { answerOf } from './http-client.ts';
import type { Answer } from './http-client.ts';

export interface H2Wish {
  readonly port: number;
  readonly address?: string;
  /** TLS server name; the certificate served is judged against it when `ca` is given. */
  readonly sni: string;
  readonly ca?: string;
}

export interface H2Request {
  /** `:authority`; default: the connection's server name. */
  readonly authority?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One HTTP/2 connection over TLS. Several hosts may be asked over it: that is what 421 is about. */
export interface H2Connection {
  readonly session: ClientHttp2Session;
  readonly fingerprint: string;
  send(request: H2Request): Promise<Answer>;
  isOpen(): boolean;
  close(): Promise<void>;
}

/** Rejects when the server does not choose `h2`. */
export async function openH2(wish: H2Wish): Promise<H2Connection> {
  const session = connect(`https://${wish.sni}`, {
    host: wish.address ?? '127.0.0.1',
    port: wish.port,
    servername: wish.sni,
    ...(wish.ca === undefined ? { rejectUnauthorized: false } : { ca: wish.ca }),
  });
  await new Promise<void>((resolve, reject) => {
    session.once('error', reject);
    session.once('connect', () => resolve());
  });
  session.on('error', () => undefined);
  const tls = session.socket as unknown as TLSSocket;
  return {
    session,
    fingerprint: tls.getPeerCertificate().fingerprint256,
    send: (request) =>
      collect(
        session.request({
          ':method': request.method ?? 'GET',
          ':path': request.path ?? '/',
          ':authority': request.authority ?? wish.sni,
          ':scheme': 'https',
          ...request.headers,
        }, { endStream: request.body === undefined }),
        request.body,
      ),
    isOpen: () => !session.closed && !session.destroyed,
    close: () =>
      new Promise((resolve) => {
        if (session.destroyed) resolve();
        else {
          session.once('close', () => resolve());
          session.destroy();
        }
      }),
  };
}

function collect(stream: ClientHttp2Stream, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let headers: H2Headers = {};
    const timer = setTimeout(() => stream.destroy(new Error('no answer within 10 s')), 10_000);
    stream.once('response', (received) => { headers = received; });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('error', (failure: Error) => { clearTimeout(timer); reject(failure); });
    stream.once('end', () => {
      clearTimeout(timer);
      resolve(answerOf(Number(headers[':status']), headers, Object.entries(headers).flatMap(([name, value]) => [name, String(value)]), Buffer.concat(chunks).toString('utf8')));
    });
    if (body !== undefined) stream.end(body);
  });
}
