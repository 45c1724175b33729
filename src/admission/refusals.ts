/** One way in which admission says no. */
export interface RefusalEntry {
  /** Reason of the `Admitted=False` condition, as the OpenShift router writes it into `status.ingress[].conditions[]`. */
  readonly reason: RefusalReason;
  readonly title: string;
  readonly meaning: string;
  /** What to write or do instead; the hint of a refusal that knows nothing better. */
  readonly fix: string;
  /** Where the rule comes from. */
  readonly source: string;
}

export type RefusalReason =
  | 'NoHostValue' | 'InvalidHost' | 'HostAlreadyClaimed' | 'RouteNotAdmitted'
  | 'ExtendedValidationFailed' | 'ExternalCertificateValidationFailed';

const hosts = 'openshift/router: host admitter and unique host plugins';
const api = 'route.openshift.io/v1 schema and API server validation (openshift/api, openshift/library-go)';
const tls = 'openshift/router: extended validation';

/**
 * Every refusal there is. Closed: a refusal without one of these codes cannot be written. Codes are never re-used.
 * docs/refusals.md is made from this list.
 */
export const refusals = {
  'invalid-object': { reason: 'ExtendedValidationFailed', title: 'A field cannot be read', source: api,
    meaning: 'A field has the wrong type or shape, or the name of the object is not one that Kubernetes allows. The object as a whole is not used; a host that it holds stays held.',
    fix: 'Correct the field; `kubectl explain` shows its type.' },
  'local-address': { reason: 'ExtendedValidationFailed', title: 'No address that may be served', source: 'openshift/router: endpoint address filter',
    meaning: 'Every address of the EndpointSlice is loopback, link-local, multicast, unspecified or a cloud metadata service. Serving one would let the author of a manifest reach what only this host should reach.',
    fix: 'Use the addresses of the pods.' },
  'host-missing': { reason: 'NoHostValue', title: 'No host', source: hosts,
    meaning: 'The route names no host, and neither `spec.subdomain` with a router domain nor a hostname template gives it one.',
    fix: 'Write `spec.host`.' },
  'host-invalid': { reason: 'InvalidHost', title: 'The host is not a DNS name', source: `${hosts}; RFC 1123`,
    meaning: 'A host is made of labels of 1 to 63 lower-case letters, digits and `-`, each beginning and ending with a letter or digit, 253 characters in all.',
    fix: 'Write the name in lower case, without port, trailing dot, `*` or `_`.' },
  'domain-denied': { reason: 'RouteNotAdmitted', title: 'The domain is denied here', source: hosts,
    meaning: 'The host, or a name that the wildcard would answer for, is in or under a domain that this router is told not to serve.',
    fix: 'Use a host outside the denied domains.' },
  'domain-not-allowed': { reason: 'RouteNotAdmitted', title: 'The domain is not among the allowed ones', source: hosts,
    meaning: 'This router serves a list of domains and the host, or what the wildcard would answer for, is in none of them.',
    fix: 'Use a host in or under an allowed domain.' },
  'wildcard-not-allowed': { reason: 'RouteNotAdmitted', title: 'Wildcard routes are not allowed here', source: hosts,
    meaning: '`wildcardPolicy: Subdomain` asks for every sibling of the host; this router does not permit it.',
    fix: 'Write `wildcardPolicy: None`, or let the operator allow wildcard routes.' },
  'wildcard-policy-unknown': { reason: 'RouteNotAdmitted', title: 'Unknown wildcard policy', source: hosts,
    meaning: '`spec.wildcardPolicy` is neither `None` nor `Subdomain`.', fix: 'Write `None` or `Subdomain`.' },
  'host-claimed': { reason: 'HostAlreadyClaimed', title: 'Another namespace owns the host', source: hosts,
    meaning: 'The oldest route of a host gives the whole host, every path, to its namespace.',
    fix: 'Use another host, or have the owner of the older route release it.' },
  'path-claimed': { reason: 'HostAlreadyClaimed', title: 'Host and path are taken', source: hosts,
    meaning: 'An older route has the same host and the same literal path.', fix: 'Use another path, or delete the older route.' },
  'passthrough-conflict': { reason: 'HostAlreadyClaimed', title: 'Passthrough and terminated TLS on one host', source: hosts,
    meaning: 'A passthrough route takes every TLS connection of its host, so no other route with TLS can share the host, whatever its path.',
    fix: 'Use another host, or the termination of the older route.' },
  'wildcard-claimed': { reason: 'HostAlreadyClaimed', title: 'A wildcard and a host of two namespaces overlap', source: hosts,
    meaning: 'A wildcard answers for every sibling of its host. Where it meets hosts of another namespace, the older route stays.',
    fix: 'Use a host under another parent domain.' },
  'subdomain-invalid': { reason: 'ExtendedValidationFailed', title: 'The subdomain is not a DNS name', source: api,
    meaning: '`spec.subdomain` is made of DNS labels, 253 characters at most.', fix: 'Write lower-case labels, e.g. `shop`.' },
  'path-invalid': { reason: 'ExtendedValidationFailed', title: 'The path cannot be served', source: api,
    meaning: 'A path begins with `/`, has at most 4096 characters and no space, `#`, quotation mark, backslash or control character.',
    fix: 'Write it as it stands in the request line, percent-encoded where needed.' },
  'path-with-passthrough': { reason: 'ExtendedValidationFailed', title: 'Passthrough has no paths', source: api,
    meaning: 'The router of a passthrough route never sees the request, so it cannot choose by path.',
    fix: 'Remove `spec.path`, or use edge or reencrypt.' },
  'backend-invalid': { reason: 'ExtendedValidationFailed', title: 'Not a Service', source: api,
    meaning: '`spec.to` and `spec.alternateBackends[]` name Services of the same namespace.', fix: 'Write `kind: Service` and the name of a Service.' },
  'weight-invalid': { reason: 'ExtendedValidationFailed', title: 'Weight out of range', source: api,
    meaning: 'Weights go from 0 to 256.', fix: 'Write a whole number from 0 to 256.' },
  'backends-too-many': { reason: 'ExtendedValidationFailed', title: 'Too many alternate backends', source: api,
    meaning: 'A route has at most three alternate backends beside `spec.to`.', fix: 'Remove some.' },
  'target-port-invalid': { reason: 'ExtendedValidationFailed', title: 'Not a port', source: api,
    meaning: '`spec.port.targetPort` is the number (1 to 65535) or the name of an endpoint port.', fix: 'Write the number that the pods listen on, or the name of the Service port.' },
  'headers-with-passthrough': { reason: 'ExtendedValidationFailed', title: 'Passthrough has no headers', source: api,
    meaning: 'The router of a passthrough route never sees the headers.', fix: 'Remove `spec.httpHeaders`, or use edge or reencrypt.' },
  'headers-too-many': { reason: 'ExtendedValidationFailed', title: 'Too many header actions', source: api,
    meaning: 'At most 20 request and 20 response actions.', fix: 'Remove some.' },
  'headers-too-large': { reason: 'ExtendedValidationFailed', title: 'Header actions too large', source: 'HAProxy configuration manual, tune.maxrewrite and tune.bufsize',
    meaning: 'The names and values of all header actions of the route have at most 8000 bytes together: what HAProxy keeps free for headers that are added.', fix: 'Shorten the values, or let the application write them.' },
  'header-name-invalid': { reason: 'ExtendedValidationFailed', title: 'Not a header name', source: `${api}; RFC 7230 section 3.2.6`,
    meaning: 'A header name has 1 to 255 token characters.', fix: 'Write letters, digits and `-`.' },
  'header-forbidden': { reason: 'ExtendedValidationFailed', title: 'This header may not be changed', source: api,
    meaning: 'Strict-Transport-Security, Proxy, Cookie and Set-Cookie carry the router\'s own decisions.', fix: 'Use the annotation for HSTS or cookies, or do it in the application.' },
  'header-duplicate': { reason: 'ExtendedValidationFailed', title: 'Two actions for one header', source: api,
    meaning: 'Each list has one action per header name.', fix: 'Remove one of the two.' },
  'header-value-invalid': { reason: 'ExtendedValidationFailed', title: 'Not a header value', source: api,
    meaning: 'A value has 1 to 16384 characters, none of them a control character; `%` is written `%%` or begins one of the permitted expressions.',
    fix: 'Permitted: `%[req.hdr(NAME)]` in requests, `%[res.hdr(NAME)]` in responses, `%[ssl_c_der]`, each with `,lower` or `,base64`.' },
  'termination-unknown': { reason: 'ExtendedValidationFailed', title: 'Unknown TLS termination', source: tls,
    meaning: '`spec.tls.termination` must say where TLS ends.', fix: 'Write `edge`, `reencrypt` or `passthrough`, in lower case.' },
  'insecure-policy-invalid': { reason: 'ExtendedValidationFailed', title: 'Unknown policy for port 80', source: tls,
    meaning: '`insecureEdgeTerminationPolicy` is `None`, `Redirect` or, with edge and reencrypt only, `Allow`.', fix: 'Write one of them, with a capital letter.' },
  'tls-field-misplaced': { reason: 'ExtendedValidationFailed', title: 'A field that this termination does not have', source: tls,
    meaning: 'Passthrough has no certificates; only reencrypt has a destination CA.', fix: 'Remove the field or change the termination.' },
  'ca-invalid': { reason: 'ExtendedValidationFailed', title: 'caCertificate cannot be used', source: tls,
    meaning: '`spec.tls.caCertificate` must be PEM with at least one certificate that parses.', fix: 'Paste the issuer\'s certificates in PEM form.' },
  'certificate-invalid': { reason: 'ExtendedValidationFailed', title: 'certificate cannot be used', source: tls,
    meaning: '`spec.tls.certificate` must be PEM with at least one certificate that parses, the server\'s own first.', fix: 'Paste the server certificate, then its chain, in PEM form.' },
  'certificate-chain': { reason: 'ExtendedValidationFailed', title: 'The certificate does not chain to caCertificate', source: tls,
    meaning: 'The first certificate must be issued, directly or through others in the field, by a CA in `caCertificate`.', fix: 'Paste the CA that issued this certificate, intermediates included (those beside the certificate do not count), or remove `caCertificate`.' },
  'signature-weak': { reason: 'ExtendedValidationFailed', title: 'SHA-1, MD5 or MD2 signature', source: tls,
    meaning: 'HAProxy refuses certificates that a CA signed with these. Self-signed ones are exempt: their signature proves nothing anyway.', fix: 'Have the certificate issued again with SHA-256.' },
  'key-invalid': { reason: 'ExtendedValidationFailed', title: 'key cannot be used', source: tls,
    meaning: '`spec.tls.key` must be an unencrypted RSA or ECDSA (P-224 to P-521) private key in PEM form.', fix: 'Paste the key as PEM; `openssl pkey -in FILE` prints it.' },
  'key-missing': { reason: 'ExtendedValidationFailed', title: 'A certificate without its key', source: tls,
    meaning: 'A certificate is given and no private key stands in `key` or beside it.', fix: 'Write `spec.tls.key`, or remove the certificate to be served with the router\'s own.' },
  'key-mismatch': { reason: 'ExtendedValidationFailed', title: 'Certificate and key do not belong together', source: tls,
    meaning: 'The first certificate must match the first private key, the key material may hold private keys only and the certificate material certificates only.', fix: 'Put the server certificate before its chain, and check that the key is its own.' },
  'destination-ca-invalid': { reason: 'ExtendedValidationFailed', title: 'destinationCACertificate cannot be used', source: tls,
    meaning: 'It must be PEM with at least one certificate that parses. Without it the pods would not be verified, so the route is not served.', fix: 'Paste the CA of the pods\' certificates in PEM form.' },
  'external-certificate-conflict': { reason: 'ExternalCertificateValidationFailed', title: 'Inline and external certificate', source: api,
    meaning: '`externalCertificate` cannot be combined with an inline certificate or key.', fix: 'Keep one of the two.' },
  'external-certificate-unsupported': { reason: 'ExternalCertificateValidationFailed', title: 'externalCertificate is not supported yet', source: 'Fairway',
    meaning: 'This version does not read certificates from Secrets; serving the default certificate instead would be the wrong one, so the route is not served.', fix: 'Paste certificate and key into `spec.tls.certificate` and `spec.tls.key`.' },
} as const satisfies Readonly<Record<string, RefusalEntry>>;

export type RefusalCode = keyof typeof refusals;

export { warnings } from './warnings.ts';
export type { WarningCode } from './warnings.ts';
