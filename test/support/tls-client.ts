import { connect } from 'node:tls';
import type { ConnectionOptions, PeerCertificate } from 'node:tls';

export interface TlsLook {
  readonly fingerprint: string;
  readonly certificate: PeerCertificate;
  /** What ALPN chose, or null. */
  readonly alpn: string | null;
  readonly protocol: string;
  readonly cipher: string;
}

/** A TLS handshake with the router and what it showed. Rejects when the handshake fails. */
export function lookAtTls(wish: { port: number; address?: string; sni: string | null; alpn?: readonly string[] } & Pick<ConnectionOptions, 'minVersion' | 'maxVersion' | 'ciphers' | 'ca'>): Promise<TlsLook> {
  const { port, address = '127.0.0.1', sni, alpn = ['h2', 'http/1.1'], ...rest } = wish;
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port,
      ...(sni === null ? {} : { servername: sni }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      rejectUnauthorized: rest.ca !== undefined,
      timeout: 10_000,
      ...rest,
    });
    socket.once('timeout', () => socket.destroy(new Error('the handshake took more than 10 s')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate();
      resolve({
        fingerprint: certificate.fingerprint256,
        certificate,
        alpn: socket.alpnProtocol === false ? null : socket.alpnProtocol,
        protocol: socket.getProtocol() ?? '',
        cipher: socket.getCipher().name,
      });
      socket.destroy();
    });
  });
}
