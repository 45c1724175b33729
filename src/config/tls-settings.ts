import { choice, domain, flag, list, optional, pattern, text } from './value-kinds.ts';
import type { ValueKind } from './value-kinds.ts';
import { inverted, setting } from './setting.ts';

const version = choice(['TLSv1.0', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']);
/** One entry of an OpenSSL cipher list: a suite, a class, an exclusion (`!DSS`), an order (`+RC4`, `@STRENGTH`). */
const cipher = pattern(/^[!+-]?@?[A-Za-z0-9][A-Za-z0-9_+.=-]*$/, 'a name as `openssl ciphers` prints it', '<name>');
const names = (placeholder: string): ValueKind<readonly string[] | null> => optional(list(cipher, placeholder, /[:,\s]/));

export const tlsSettings = {
  'tls.ciphers': setting({
    group: 'TLS', flag: 'ciphers', kind: list(cipher, '<modern|intermediate|old|list>', /[:,\s]/), fallback: ['intermediate'],
    help: "Mozilla's profile (version 5.7) or OpenSSL names separated by colons, for TLS 1.2 and older. old turns HTTP/2 off unless --http2 asks for it",
    openshift: [{ name: 'ROUTER_CIPHERS' }],
  }),
  'tls.cipherSuites': setting({
    group: 'TLS', flag: 'cipher-suites', kind: names('<names>'), fallback: null, fallbackText: "the profile's",
    help: 'TLS 1.3 suites, separated by colons', openshift: [{ name: 'ROUTER_CIPHERSUITES' }],
  }),
  'tls.curves': setting({
    group: 'TLS', flag: 'curves', kind: names('<names>'), fallback: null, fallbackText: "the profile's",
    help: 'groups for key exchange, separated by colons', openshift: [{ name: 'ROUTER_CURVES' }],
  }),
  'tls.minVersion': setting({
    group: 'TLS', flag: 'tls-min-version', kind: optional(version), fallback: null, fallbackText: "the profile's",
    help: 'oldest version offered', openshift: [{ name: 'SSL_MIN_VERSION' }],
  }),
  'tls.maxVersion': setting({
    group: 'TLS', flag: 'tls-max-version', kind: optional(version), fallback: null, fallbackText: 'newest known',
    help: 'newest version offered', openshift: [{ name: 'SSL_MAX_VERSION' }],
  }),
  'tls.http2': setting({
    group: 'TLS', flag: 'http2', kind: optional(flag), fallback: null, fallbackText: 'on, off with --ciphers old',
    help: 'offer HTTP/2 to clients and to members over TLS', openshift: [{ name: 'ROUTER_DISABLE_HTTP2', translate: inverted }],
  }),
  'tls.strictSni': setting({
    group: 'TLS', flag: 'strict-sni', kind: flag, fallback: false,
    help: 'end handshakes whose server name has no certificate instead of presenting the default one', openshift: [{ name: 'ROUTER_STRICT_SNI' }],
  }),
  'tls.defaultCertificate': setting({
    group: 'TLS', flag: 'default-certificate', kind: optional(text('<path>')), fallback: null, fallbackText: 'a self-signed one, kept in the state directory',
    help: 'PEM file with certificate and key, or a directory with tls.crt and tls.key',
    openshift: [{ name: 'DEFAULT_CERTIFICATE_PATH' }, { name: 'DEFAULT_CERTIFICATE_DIR' }],
  }),
  'tls.defaultDestinationCa': setting({
    group: 'TLS', flag: 'default-destination-ca', kind: optional(text('<file>')), fallback: null, fallbackText: 'none',
    help: 'PEM file of the CA for re-encrypt routes that bring none', openshift: [{ name: 'DEFAULT_DESTINATION_CA_PATH' }],
  }),
  'tls.domain': setting({
    group: 'TLS', flag: 'domain', kind: optional(domain), fallback: null, fallbackText: 'none', judges: true,
    help: "domain under which spec.subdomain is served, and of the self-signed default certificate's wildcard", openshift: [{ name: 'ROUTER_DOMAIN' }],
  }),
} as const;
