import type { Config } from '../../config.ts';
import { digestOf } from '../naming.ts';

/** All that the static part of HAProxy's configuration depends on. What is not in here never costs a reload. */
export interface HaproxySettings {
  readonly listen: Config['listen'];
  readonly tls: Pick<Config['tls'], 'ciphers' | 'cipherSuites' | 'curves' | 'minVersion' | 'maxVersion' | 'http2' | 'strictSni' | 'profile'>;
  readonly timeouts: Config['timeouts'];
  readonly defaults: Config['defaults'];
  readonly unknownHost: Config['unknownHost'];
  readonly accessLog: Config['accessLog'];
  readonly threads: number | null;
  readonly maxConnections: number;
  readonly hardStopAfter: number;
  /** Account that HAProxy drops its privileges to; null = it keeps those it was started with. */
  readonly user: string | null;
  readonly paths: Paths;
}

/** Absolute paths, as HAProxy names its maps, certificates and sockets. */
export interface Paths {
  readonly config: string;
  readonly socket: string;
  /** Unix socket between the SNI listener and the TLS listener. */
  readonly tlsSocket: string;
  readonly maps: string;
  readonly certs: string;
  readonly pages: string;
  readonly lua: string;
  readonly defaultCertificate: string;
  readonly certificateList: string;
}

/** Changes exactly when the static configuration does; the running HAProxy carries it in its environment. */
export const settingsDigest = (settings: HaproxySettings, program: string): string => digestOf(JSON.stringify([settings, program]));
