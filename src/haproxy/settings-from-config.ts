import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { HaproxySettings, Paths } from './config/haproxy-settings.ts';
import { certificateDirectory } from './process/certificate-file.ts';

/** Where HAProxy's files of a state directory are. */
export const pathsOf = (stateDir: string): Paths => ({
  config: join(stateDir, 'haproxy.cfg'),
  socket: join(stateDir, 'run/haproxy.sock'),
  tlsSocket: join(stateDir, 'run/tls.sock'),
  maps: join(stateDir, 'maps'),
  certs: certificateDirectory(stateDir),
  pages: join(stateDir, 'pages'),
  lua: join(stateDir, 'lua'),
  defaultCertificate: join(certificateDirectory(stateDir), 'default.pem'),
  certificateList: join(certificateDirectory(stateDir), 'list'),
});

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Entry of /etc/passwd, or null. */
const accountNamed = (name: string, passwd: string): Account | null => {
  for (const line of passwd.split('\n')) {
    const [account, , uid, gid] = line.split(':');
    if (account === name && uid !== undefined && gid !== undefined) return { name, uid: Number(uid), gid: Number(gid) };
  }
  return null;
};

/** Whether everybody may pass through every directory above `path`. */
const isReachable = (path: string): boolean => {
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
};

/**
 * Account for HAProxy to drop root's rights to: the one that is asked for, else `haproxy` (Debian's package makes it) where it can
 * reach the state directory. null when there is nothing to drop or nowhere to go.
 */
export const accountFor = (config: Config, uid: number, stateDir: string): Account | null => {
  if (uid !== 0) return null;
  const passwd = readFileSync('/etc/passwd', 'utf8');
  if (config.haproxy.user !== null) return accountNamed(config.haproxy.user, passwd);
  return isReachable(stateDir) ? accountNamed('haproxy', passwd) : null;
};

/** The part of the configuration that HAProxy's static text depends on. */
export const settingsFromConfig = (config: Config, maxConnections: number, user: string | null, stateDir: string): HaproxySettings => {
  const { ciphers, cipherSuites, curves, minVersion, maxVersion, http2, strictSni, profile } = config.tls;
  return {
    listen: config.listen,
    tls: { ciphers, cipherSuites, curves, minVersion, maxVersion, http2, strictSni, profile },
    timeouts: config.timeouts,
    defaults: config.defaults,
    unknownHost: config.unknownHost,
    accessLog: config.accessLog,
    threads: config.haproxy.threads,
    maxConnections,
    hardStopAfter: config.haproxy.hardStopAfter,
    user,
    paths: pathsOf(stateDir),
  };
};
