import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SignedWish {
  readonly key: KeyObject;
  /** `/CN=...` */
  readonly subject: string;
  /** Who signs; without one the certificate signs itself. */
  readonly issuer?: SignedCertificate;
  readonly digest?: 'sha256' | 'sha1' | 'md5';
  /** Lines of an openssl extension section; default: an end entity with key identifiers. */
  readonly extensions?: readonly string[];
  readonly days?: number;
}

export interface SignedCertificate {
  readonly pem: string;
  readonly key: KeyObject;
}

export const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
export const caExtensions = ['basicConstraints=critical,CA:TRUE', 'subjectKeyIdentifier=hash', 'keyUsage=critical,keyCertSign,cRLSign'];

let serial = 1;

/** A certificate exactly as wished, right or wrong, made with the openssl program. */
export const signCertificate = ({ key, subject, issuer, digest = 'sha256', extensions, days = 3650 }: SignedWish): SignedCertificate => {
  const directory = mkdtempSync(join(tmpdir(), 'fairway-signed-'));
  const at = (file: string): string => join(directory, file);
  const openssl = (...args: readonly string[]): void => { execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'ignore'] }); };
  try {
    writeFileSync(at('key'), pkcs8(key));
    writeFileSync(at('extensions'), `${(extensions ?? ['basicConstraints=CA:FALSE', 'subjectKeyIdentifier=hash', 'authorityKeyIdentifier=keyid']).join('\n')}\n`);
    openssl('req', '-new', '-key', at('key'), '-subj', subject, '-out', at('request'));
    if (issuer !== undefined) {
      writeFileSync(at('ca'), issuer.pem);
      writeFileSync(at('ca.key'), pkcs8(issuer.key));
    }
    const signer = issuer === undefined ? ['-key', at('key')] : ['-CA', at('ca'), '-CAkey', at('ca.key')];
    openssl('x509', '-req', '-in', at('request'), ...signer, '-set_serial', String((serial += 1)), '-days', String(days), `-${digest}`, '-extfile', at('extensions'), '-out', at('certificate'));
    return { pem: readFileSync(at('certificate'), 'utf8'), key };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};
