import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface CertificateWish {
  /** DNS names for the subject alternative names; the first is the common name too. */
  readonly hosts: readonly string[];
  /** Signs it; without one the certificate signs itself. */
  readonly ca?: MadeCertificate;
  /** Makes it a CA. */
  readonly isCa?: boolean;
  readonly key?: 'ec' | 'rsa' | 'rsa1024' | 'ed25519';
  readonly digest?: 'sha256' | 'sha1';
  /** Validity from now; negative: expired that many days ago. */
  readonly days?: number;
  /** Two certificates with equal wishes are the same one unless their serials differ. */
  readonly serial?: number;
}

export interface MadeCertificate {
  readonly cert: string;
  readonly key: string;
  /** Certificate, then key. */
  readonly pem: string;
  /** As `tls.TLSSocket.getPeerCertificate().fingerprint256` prints it. */
  readonly fingerprint: string;
}

const made = new Map<string, Promise<MadeCertificate>>();
let serials = 1000;

/** Makes a certificate with the openssl program, at most once in a test process for equal wishes (about 15 ms each). */
export function makeCertificate(wish: CertificateWish): Promise<MadeCertificate> {
  const name = JSON.stringify({ ...wish, ca: wish.ca?.fingerprint });
  const known = made.get(name);
  if (known) return known;
  const fresh = make(wish);
  made.set(name, fresh);
  return fresh;
}

const keyArguments = {
  ec: ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  rsa: ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  rsa1024: ['genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
  ed25519: ['genpkey', '-algorithm', 'ED25519'],
} as const;

async function make(wish: CertificateWish): Promise<MadeCertificate> {
  const directory = await mkdtemp(join(tmpdir(), 'fairway-cert-'));
  const at = (file: string): string => join(directory, file);
  try {
    await run('openssl', [...keyArguments[wish.key ?? 'ec'], '-out', at('key.pem')]);
    const commonName = wish.hosts[0] ?? 'nobody';
    const kind = wish.key ?? 'ec';
    await run('openssl', [
      'req', '-new', '-key', at('key.pem'), '-subj', `/CN=${commonName.slice(0, 64)}`, '-out', at('request.pem'),
    ]);
    const extensions = [
      `basicConstraints=critical,CA:${wish.isCa === true ? 'TRUE' : 'FALSE'}`,
      'subjectKeyIdentifier=hash',
      wish.isCa === true ? 'keyUsage=critical,keyCertSign,cRLSign' : 'extendedKeyUsage=serverAuth',
      ...(wish.hosts.length > 0 ? [`subjectAltName=${wish.hosts.map((host) => `DNS:${host}`).join(',')}`] : []),
    ];
    await writeFile(at('extensions'), extensions.join('\n') + '\n');
    serials += 1;
    const signer = wish.ca
      ? ['-CA', at('ca.pem'), '-CAkey', at('ca.key')]
      : ['-key', at('key.pem')];
    if (wish.ca) {
      await writeFile(at('ca.pem'), wish.ca.cert);
      await writeFile(at('ca.key'), wish.ca.key);
    }
    await run('openssl', [
      'x509', '-req', '-in', at('request.pem'), ...signer, '-set_serial', String(wish.serial ?? serials),
      '-days', String(wish.days ?? 30), '-extfile', at('extensions'), '-out', at('cert.pem'),
      ...(kind === 'ed25519' ? [] : [`-${wish.digest ?? 'sha256'}`]),
    ]);
    const cert = await readFile(at('cert.pem'), 'utf8');
    const key = await readFile(at('key.pem'), 'utf8');
    return { cert, key, pem: cert + key, fingerprint: new X509Certificate(cert).fingerprint256 };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** The CA that every certificate of a test may come from. */
export function testCa(): Promise<MadeCertificate> {
  return makeCertificate({ hosts: ['Fairway test CA'.replaceAll(' ', '-')], isCa: true, days: 365 });
}
