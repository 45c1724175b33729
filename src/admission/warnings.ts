/** One way in which an object is served, but not quite as written. */
export interface WarningEntry {
  readonly title: string;
  readonly meaning: string;
  /** What to write instead; the hint of a warning that knows nothing better. */
  readonly fix: string;
}

/** Every warning there is. Closed. Codes are never re-used. docs/refusals.md is made from this list too. */
export const warnings = {
  'annotation-invalid': { title: 'An annotation value that cannot be read', meaning: 'The annotation counts as not set.', fix: 'Write a value of the form that the annotation takes.' },
  'annotation-unknown': { title: 'An annotation nobody reads', meaning: 'The key is in the router\'s domain but is none of its annotations.', fix: 'Correct the key; docs/annotations.md lists them.' },
  'annotation-without-effect': { title: 'An annotation that does nothing here', meaning: 'The annotation is known, but not for this kind of route or not without another one.', fix: 'Remove it, or change what it depends on.' },
  'annotation-clipped': { title: 'A time cut to the longest possible', meaning: 'HAProxy\'s timers end at 2147483647 ms, about 24.8 days.', fix: 'Write at most `24d`.' },
  'rate-limit-refuses-all': { title: 'A limit that lets nobody in', meaning: 'A connection is refused when the count has reached the limit; with a limit of 0 or less it always has, and with `concurrent-tcp` or `rate-tcp` of 1 the first connection already reaches it.', fix: 'Write one more than the number to let in.' },
  'allow-list-entry': { title: 'An allow list entry that is no address', meaning: 'The entry is left out; the others count.', fix: 'Write addresses or CIDRs separated by spaces: `10.0.0.0/8 2001:db8::1`.' },
  'allow-list-denies-all': { title: 'An allow list without a readable entry', meaning: 'Nobody is let in: an allow list that cannot be read must not open the route.', fix: 'Write addresses or CIDRs separated by spaces, or remove the annotation.' },
  'no-endpoints': { title: 'A service without endpoints', meaning: 'Requests for this service get 503.', fix: 'Check the Service\'s selector and that its pods are ready.' },
  'target-port-unmatched': { title: 'No endpoint has this port', meaning: '`targetPort` is compared with the endpoints\' port numbers and port names, never with the Service\'s own port number. Requests get 503.', fix: 'Write one of the ports that exist.' },
  'backend-duplicate': { title: 'A service named twice', meaning: 'The last weight counts.', fix: 'Name each service once.' },
  'weight-missing': { title: 'Some weights are not written', meaning: 'A missing weight counts as 1; the OpenShift API server would have written 100.', fix: 'Write every weight.' },
  'weights-all-zero': { title: 'Every weight is 0', meaning: 'No service takes new clients: they get 503; only clients with a stickiness cookie are served.', fix: 'Give one service a weight above 0.' },
  'path-trailing-slash': { title: 'A path that ends in `/`', meaning: '`/app/` answers for what is below it, not for `/app` itself.', fix: 'Write the path without the last `/` to serve both.' },
  'path-never-matches': { title: 'A path no request has', meaning: 'Paths are compared as sent: without query, percent-encoded.', fix: 'Remove the query, write other characters percent-encoded.' },
  'host-and-subdomain': { title: 'Host and subdomain', meaning: '`spec.subdomain` counts only where `spec.host` is empty.', fix: 'Remove one of them.' },
  'host-rewritten': { title: 'The host is not the one that is written', meaning: 'This router gives hosts by its template.', fix: 'Ask for the route under the host that is shown.' },
  'wildcard-single-label': { title: 'A wildcard without parent domain', meaning: 'A host of one label has no siblings; it is served as that host only.', fix: 'Write `wildcardPolicy: None`, or a host with a domain.' },
  'key-without-certificate': { title: 'A key without its certificate', meaning: 'The router\'s default certificate is served.', fix: 'Write `spec.tls.certificate` as well, or remove the key.' },
  'ca-without-certificate': { title: 'A CA without a certificate', meaning: '`caCertificate` only completes `certificate`; the router\'s default certificate is served.', fix: 'Write `spec.tls.certificate` and `key`, or remove the CA.' },
  'certificate-expired': { title: 'An expired certificate', meaning: 'It is served; clients will refuse it.', fix: 'Renew the certificate.' },
  'certificate-not-yet-valid': { title: 'A certificate that is not valid yet', meaning: 'It is served; clients will refuse it until then.', fix: 'Check the certificate\'s dates and the clock.' },
  'key-short': { title: 'A short RSA key', meaning: 'OpenSSL at its usual security level, and so HAProxy, refuses RSA keys below 2048 bits.', fix: 'Have the certificate issued again for a key of 2048 bits or more.' },
  'certificate-not-used': { title: 'A certificate that cannot be used', meaning: 'Extended validation is off, so the route is served, with the router\'s default certificate.', fix: 'Correct certificate and key.' },
  'tls-field-ignored': { title: 'A TLS field without effect', meaning: 'Extended validation is off, so the route is served without it.', fix: 'Remove the field.' },
  'address-not-ip': { title: 'An endpoint address that is no IP address', meaning: 'It serves nobody.', fix: 'Write the IPv4 or IPv6 address of the pod.' },
  'address-type-unserved': { title: 'Endpoints that are not addresses', meaning: 'Only slices of type IPv4 and IPv6 are served.', fix: 'Write `addressType: IPv4` or `IPv6`, and addresses.' },
  'address-local': { title: 'An endpoint address that is not served', meaning: 'Loopback, link-local, multicast, unspecified and cloud metadata addresses are not served from the Kubernetes API.', fix: 'Use the address of the pod.' },
  'port-unserved': { title: 'An endpoint port that is not served', meaning: 'Only TCP ports with a number are served.', fix: 'Write the number of a TCP port.' },
  'slice-without-service': { title: 'A slice that belongs to no Service', meaning: 'Slices are found by the label `kubernetes.io/service-name`; this one has none and serves nobody.', fix: 'Add the label with the name of the Service.' },
} as const satisfies Readonly<Record<string, WarningEntry>>;

export type WarningCode = keyof typeof warnings;
