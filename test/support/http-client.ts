import { request as httpRequest } from 'node:http';
import type { Agent, IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Seen } from './member.ts';

export interface TlsWish {
  /** Server name to send; default: the host. null: none. */
  readonly sni?: string | null;
  /** PEM of a CA: the router's certificate is then verified against it and the host. */
  readonly ca?: string;
}

export interface RequestWish {
  readonly port: number;
  /** Where the router listens. */
  readonly address?: string;
  /** `Host` header. */
  readonly host: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly tls?: boolean | TlsWish;
  /** Source address of the connection. */
  readonly from?: string;
  /** Default: a connection of its own for every request. */
  readonly agent?: Agent;
  readonly timeout?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Which member answered, or null when the router did. */
  readonly member: string | null;
  /** Why, when the router itself answered: the code, without what `x-fairway-reason` says after it. */
  readonly reason: string | null;
  /** The cookies set: name to the whole `Set-Cookie` text. */
  readonly cookies: ReadonlyMap<string, string>;
  /** What the member saw. Throws when no member answered. */
  seen(): Seen;
}

/** One HTTP/1.1 request to the router. Rejects when the connection breaks before the answer is whole. */
export function send(wish: RequestWish): Promise<Answer> {
  const tls = wish.tls === undefined || wish.tls === false ? null : wish.tls === true ? {} : wish.tls;
  const common: RequestOptions & { timeout: number } = {
    host: wish.address ?? '127.0.0.1',
    port: wish.port,
    method: wish.method ?? 'GET',
    path: wish.path ?? '/',
    headers: { host: wish.host, ...wish.headers },
    agent: wish.agent ?? false,
    setHost: false,
    timeout: wish.timeout ?? 10_000,
    ...(wish.from === undefined ? {} : { localAddress: wish.from }),
  };
  const name = (tls?.sni === undefined ? wish.host : (tls.sni ?? '')).replace(/:\d+$/, '');
  return new Promise((resolve, reject) => {
    const request = tls
      ? httpsRequest({ ...common, ...tlsOptions(name, tls.ca) })
      : httpRequest(common);
    request.once('timeout', () => request.destroy(new Error(`no answer from ${wish.host}${wish.path ?? '/'} within ${common.timeout} ms`)));
    request.once('error', reject);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve(answerOf(response.statusCode ?? 0, response.headers, response.rawHeaders, Buffer.concat(chunks).toString('utf8')));
      });
    });
    request.end(wish.body);
  });
}

function tlsOptions(servername: string, ca: string | undefined): Pick<ConnectionOptions, 'servername' | 'rejectUnauthorized' | 'ca' | 'ALPNProtocols'> {
  return { servername, rejectUnauthorized: ca !== undefined, ...(ca === undefined ? {} : { ca }), ALPNProtocols: ['http/1.1'] };
}

/** An answer from its parts; HTTP/2 clients use it too. */
export function answerOf(status: number, headers: IncomingHttpHeaders, rawHeaders: readonly string[], body: string): Answer {
  const single = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    status,
    headers,
    rawHeaders,
    body,
    member: single('x-member'),
    reason: single('x-fairway-reason')?.split(';')[0] ?? null,
    cookies: new Map((headers['set-cookie'] ?? []).map((text) => [text.split('=')[0]!, text])),
    seen: () => {
      if (single('x-member') === null) throw new Error(`no member answered: ${status} ${single('x-fairway-reason') ?? ''} ${body.slice(0, 200)}`);
      return JSON.parse(body) as Seen;
    },
  };
}
