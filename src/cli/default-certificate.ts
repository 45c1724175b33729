import { createPrivateKey, X509Certificate } from 'node:crypto';
import { statSync, unwatchFile, watchFile } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { makeSelfSigned } from '../net/self-signed.ts';

/** The certificate for clients whose SNI fits no other. */
export interface DefaultCertificate {
  /** Resolves when there is one: a new self-signed one is made in the background. Rejects when it cannot be. */
  ready(): Promise<void>;
  /** PEM: key, then certificate and chain. Not before `ready`. */
  current(): string;
  stop(): void;
}

const year = 365 * 24 * 3_600_000;

/**
 * Reads it from the file or directory (`tls.crt`, `tls.key`) that the settings name and follows its changes; without a name, makes
 * a self-signed one once and keeps it in the state directory, so that a restart presents the same.
 * Rejects with a sentence when the named file cannot be used at start; a later broken one is reported and the last good one stays.
 */
export const openDefaultCertificate = async (config: Config, clock: Clock, log: Logger, changed: () => void): Promise<DefaultCertificate> => {
  const source = config.tls.defaultCertificate;
  if (source === null) {
    const file = join(config.stateDir, 'default-certificate.pem');
    const name = config.tls.domain === '' ? 'localhost' : `*.${config.tls.domain}`;
    const kept = await keptSelfSigned(file, name, clock);
    let pem = kept ?? '';
    const made = kept === null ? newSelfSigned(file, name, clock).then((text) => { pem = text; }) : Promise.resolve();
    // Whoever waits for it hears of it; until somebody does, it is no accident.
    made.catch(() => undefined);
    return { ready: () => made, current: () => pem, stop: () => undefined };
  }
  const files = statSync(source, { throwIfNoEntry: false })?.isDirectory() === true ? [join(source, 'tls.crt'), join(source, 'tls.key')] : [source];
  let pem = await readPair(files);
  const reread = (): void => {
    readPair(files).then((next) => {
      if (next === pem) return;
      pem = next;
      log.info('The default certificate was rotated', { file: source });
      changed();
    }).catch((error: unknown) => {
      log.error('The default certificate cannot be used; the last good one stays', { file: source, because: error instanceof Error ? error.message : String(error) });
    });
  };
  // Polled: a mounted Secret changes by a symbolic link two directories up, which no watch of the file itself would notice.
  for (const file of files) watchFile(file, { interval: 1000, persistent: false }, reread);
  return { ready: () => Promise.resolve(), current: () => pem, stop: () => { for (const file of files) unwatchFile(file, reread); } };
};

const readPair = async (files: readonly string[]): Promise<string> => {
  const [first = '', second] = files;
  const text = await readText(first);
  const key = text.includes('PRIVATE KEY') || second === undefined ? '' : await readText(second);
  const pem = `${key.trim()}\n${text.trim()}\n`.trimStart();
  const certificate = parse(() => new X509Certificate(firstBlock(pem, 'CERTIFICATE')), `there is no readable default certificate in ${first}`);
  const own = parse(() => createPrivateKey(firstBlock(pem, '[A-Z ]*PRIVATE KEY')), `there is no readable key in ${second ?? first} for the default certificate`);
  if (!certificate.checkPrivateKey(own)) throw new Error(`the key in ${second ?? first} does not belong to the certificate in ${first}`);
  return pem;
};

const readText = (file: string): Promise<string> => readFile(file, 'utf8').catch((error: unknown) => {
  throw new Error(`the default certificate in ${file} cannot be read: ${error instanceof Error ? error.message.split(',')[0] ?? '' : String(error)}`);
});

/** OpenSSL's own words ("PEM routines::no start line") name neither file nor remedy. */
const parse = <T>(read: () => T, otherwise: string): T => {
  try {
    return read();
  } catch {
    throw new Error(otherwise);
  }
};

const firstBlock = (pem: string, label: string): string => new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`).exec(pem)?.[0] ?? '';

/** Kept as long as it is whole, valid and for the domain that is set; else null. */
const keptSelfSigned = async (file: string, name: string, clock: Clock): Promise<string | null> => {
  const kept = await readPair([file]).catch(() => null);
  if (kept === null) return null;
  const certificate = new X509Certificate(firstBlock(kept, 'CERTIFICATE'));
  return certificate.subjectAltName === `DNS:${name}` && Date.parse(certificate.validTo) > clock.now() ? kept : null;
};

const newSelfSigned = async (file: string, name: string, clock: Clock): Promise<string> => {
  const pem = await makeSelfSigned({ commonName: 'fairway', names: [name], notBefore: clock.now() - 3_600_000, notAfter: clock.now() + 10 * year });
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, pem, { mode: 0o600 });
  return pem;
};
