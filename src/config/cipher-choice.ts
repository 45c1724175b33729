import type { Config } from '../config.ts';
import { http2ForbiddenCiphers } from '../net/http2-forbidden-ciphers.ts';
import { tlsProfiles, tlsVersions } from '../net/tls-profiles.ts';
import type { TlsProfileName } from '../net/tls-profiles.ts';
import type { Values } from './settings.ts';

type TlsChoice = Pick<Config['tls'], 'profile' | 'ciphers' | 'cipherSuites' | 'curves' | 'minVersion' | 'maxVersion' | 'http2'>;

/** Entries that name no suite but take suites away or order them: they cannot bring a forbidden one in. */
const harmless = /^([!-].*|@SECLEVEL=[0-5]|@STRENGTH)$/;
/** A suite's own name, against a class such as HIGH, kEECDH+AESGCM, ALL. Every suite has at least two parts. */
const suiteName = /^[A-Z0-9]+(-[A-Z0-9]+)+$/;

/**
 * Decides profile, suites, versions and HTTP/2 together.
 *
 * HTTP/2 and suites that RFC 9113 forbids do not go together: a client may end such a connection, and which one is met depends on the
 * client's own order. A list that holds one while HTTP/2 is on is refused. The profile `old` holds many; asking for it says
 * that old clients matter more, so it turns HTTP/2 off unless that was asked for by name, and then it is refused as well.
 */
export function chooseTls(values: Values): { readonly tls: TlsChoice; readonly problems: readonly string[]; readonly notices: readonly string[] } {
  const given = values['tls.ciphers'];
  const name = given.length === 1 ? profileNamed(given[0]) : null;
  const profile = tlsProfiles[name ?? 'intermediate'];
  const minVersion = values['tls.minVersion'] ?? profile.minVersion;
  const maxVersion = values['tls.maxVersion'];
  const ciphers = name === null ? given : profile.ciphers;
  const http2 = values['tls.http2'] ?? name !== 'old';
  const problems: string[] = [];
  const notices: string[] = [];

  if (name === 'old' && values['tls.http2'] === null) notices.push('HTTP/2 is off: the cipher profile "old" holds suites that it forbids.');
  if (name === null) problems.push(...misplaced(given));
  const offersTls12 = minVersion !== 'TLSv1.3';
  if (offersTls12 && ciphers.length === 0) {
    problems.push('The cipher profile "modern" is for TLS 1.3 alone, but --tls-min-version asks for an older version; write --ciphers intermediate, or leave the version away.');
  }
  if (http2 && offersTls12) problems.push(...forbidden(ciphers, name));
  if (maxVersion !== null && tlsVersions.indexOf(maxVersion) < tlsVersions.indexOf(minVersion)) {
    problems.push(`--tls-max-version ${maxVersion} is below the oldest version offered, ${minVersion}; write a version between them.`);
  }
  return {
    tls: {
      profile: name ?? 'custom', ciphers, minVersion, maxVersion, http2,
      cipherSuites: values['tls.cipherSuites'] ?? profile.cipherSuites,
      curves: values['tls.curves'] ?? profile.curves,
    },
    problems,
    notices,
  };
}

function profileNamed(text: string | undefined): TlsProfileName | null {
  return text === 'modern' || text === 'intermediate' || text === 'old' ? text : null;
}

function misplaced(ciphers: readonly string[]): string[] {
  const problems: string[] = [];
  const named = ciphers.filter((cipher) => profileNamed(cipher) !== null);
  if (ciphers.length === 0) problems.push('--ciphers names no suite; write modern, intermediate, old or a list.');
  if (named.length > 0) problems.push(`--ciphers mixes the profile ${named.join(', ')} with suites; write one profile or a list of suites.`);
  const tls13 = ciphers.filter((cipher) => cipher.startsWith('TLS_'));
  if (tls13.length > 0) problems.push(`--ciphers holds TLS 1.3 suites (${tls13.join(', ')}); they belong to --cipher-suites.`);
  return problems;
}

function forbidden(ciphers: readonly string[], profile: TlsProfileName | null): string[] {
  const bad = ciphers.filter((cipher) => http2ForbiddenCiphers.has(cipher));
  const ways = 'turn HTTP/2 off with --no-http2';
  const problems: string[] = [];
  if (bad.length > 0) {
    const list = profile === null ? 'The cipher list' : `The cipher profile "${profile}"`;
    const others = profile === null ? 'take them out of --ciphers' : 'choose --ciphers intermediate';
    problems.push(`${list} holds suites that HTTP/2 forbids (RFC 9113 appendix A): ${bad.join(', ')}; ${others}, or ${ways}.`);
  }
  if (profile === null) {
    const classes = ciphers.filter((cipher) => !harmless.test(cipher) && !suiteName.test(cipher) && !cipher.startsWith('TLS_'));
    if (classes.length > 0) {
      problems.push(`The cipher list holds classes (${classes.join(', ')}), of which nobody can tell whether HTTP/2 forbids a suite of them; write suites by name, as \`openssl ciphers '${classes.join(':')}'\` prints them, or ${ways}.`);
    }
  }
  return problems;
}
