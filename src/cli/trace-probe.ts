import { lookup } from 'node:dns/promises';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { checkServerIdentity, connect as tlsConnect } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

/** Milliseconds for each probe: longer than a lost SYN's first repetition, short enough to be waited for. */
export const probeTimeout = 4_000;

export type TcpAnswer =
  | { readonly kind: 'connected'; readonly milliseconds: number }
  | { readonly kind: 'refused' | 'timeout' | 'unreachable'; readonly message: string };

/** Opens a connection and closes it again. */
export function probeTcp(address: string, port: number): Promise<TcpAnswer> {
  const started = performance.now();
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: TcpAnswer): void => { socket.destroy(); resolve(answer); };
    socket.setTimeout(probeTimeout, () => { end({ kind: 'timeout', message: `no answer within ${String(probeTimeout / 1000)} s` }); });
    socket.once('connect', () => { end({ kind: 'connected', milliseconds: Math.round(performance.now() - started) }); });
    socket.once('error', (error) => { end(failure(error)); });
  });
}

function failure(error: NodeJS.ErrnoException): Exclude<TcpAnswer, { kind: 'connected' }> {
  if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') return { kind: 'refused', message: error.code === 'ECONNREFUSED' ? 'connection refused' : 'connection reset' };
  return { kind: error.code === 'ETIMEDOUT' ? 'timeout' : 'unreachable', message: error.message };
}

export type TlsAnswer =
  | { readonly kind: 'done'; readonly protocol: string; readonly cipher: string; readonly subject: string; readonly notAfter: string; readonly expired: boolean; readonly namesHost: boolean; readonly trusted: string | null }
  | { readonly kind: 'failed'; readonly message: string };

/** A handshake as a browser would make it. `trusted`: null when this host trusts the chain, else why not. `now`: milliseconds. */
export function probeTls(address: string, port: number, servername: string | null, now: number): Promise<TlsAnswer> {
  return new Promise((resolve) => {
    const socket = tlsConnect({ host: address, port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...(servername === null ? {} : { servername }) });
    const end = (answer: TlsAnswer): void => { socket.destroy(); resolve(answer); };
    socket.setTimeout(probeTimeout, () => { end({ kind: 'failed', message: `no answer within ${String(probeTimeout / 1000)} s` }); });
    socket.once('error', (error: Error) => { end({ kind: 'failed', message: error.message }); });
    socket.once('secureConnect', () => {
      const certificate: PeerCertificate = socket.getPeerCertificate();
      const dates = Date.parse(certificate.valid_to);
      end({
        kind: 'done', protocol: socket.getProtocol() ?? '?', cipher: socket.getCipher().name, subject: nameOf(certificate), notAfter: certificate.valid_to,
        expired: Number.isFinite(dates) && dates < now, namesHost: servername === null || checkServerIdentity(servername, certificate) === undefined,
        trusted: socket.authorized ? null : distrust(socket.authorizationError),
      });
    });
  });
}

/** Node gives a code as text or an Error, whatever its types say. */
function distrust(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

function nameOf(certificate: PeerCertificate): string {
  const common = (certificate.subject as Partial<PeerCertificate['subject']> | undefined)?.CN;
  return certificate.subjectaltname?.replace(/DNS:/g, '') ?? (Array.isArray(common) ? common.join(', ') : common) ?? 'no name';
}

export type HttpAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string | null; readonly location: string | null }
  | { readonly kind: 'failed'; readonly message: string };

export interface HttpWish {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly host: string;
  readonly servername: string | null;
  readonly path: string;
}

/** A GET to one address, whatever the name in its Host header. Its body is not read. */
export function probeHttp({ address, port, tls, host, servername, path }: HttpWish): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const answered = (response: IncomingMessage): void => {
      const reason = response.headers['x-fairway-reason'];
      resolve({ kind: 'answer', status: response.statusCode ?? 0, reason: typeof reason === 'string' ? reason : null, location: response.headers.location ?? null });
      response.destroy();
    };
    const common = { host: address, port, path, method: 'GET', headers: { host, 'user-agent': 'fairway-trace', accept: '*/*' }, agent: false, timeout: probeTimeout } as const;
    let sent: ClientRequest;
    try {
      sent = tls ? httpsRequest({ ...common, rejectUnauthorized: false, ...(servername === null ? {} : { servername }) }, answered) : httpRequest(common, answered);
    } catch (error) {
      // A path that Node refuses to send (control characters).
      resolve({ kind: 'failed', message: error instanceof Error ? error.message : 'the request cannot be sent' });
      return;
    }
    sent.once('timeout', () => { sent.destroy(new Error(`no answer within ${String(probeTimeout / 1000)} s`)); });
    sent.once('error', (error) => { resolve({ kind: 'failed', message: error.message }); });
    sent.end();
  });
}

export type DnsAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }
  | { readonly kind: 'nothing' | 'failed'; readonly message: string };

/** As this host's programs resolve names: /etc/hosts first, then its name servers. */
export async function resolveName(name: string): Promise<DnsAnswer> {
  try {
    const found = await lookup(name, { all: true });
    return { kind: 'addresses', addresses: [...new Set(found.map((each) => each.address))] };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { kind: code === 'ENOTFOUND' ? 'nothing' : 'failed', message: code === 'ENOTFOUND' ? 'no such name' : code };
  }
}
