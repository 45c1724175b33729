import { family } from './entry.ts';

/** TLS and HTTP/2: what is negotiated, which certificate is served, and who does not speak TLS at all. */
export const tl = family({
  'TL-01': {
    code: 'TL-01', name: 'no-serverhello', title: 'TCP connects, and TLS gets no answer', severity: 'warning',
    message: '{host} connected to {target} and got no answer to its TLS hello.',
    fix: [{ text: 'This is a symptom with several causes. See first who answers at that address and whether a big answer is lost on the way.', command: 'ip neigh show {address}; ping -c 2 {address}; ping -c 2 -M do -s 1472 {address}; ss -ltn' }],
    verify: { text: 'The handshake ends.', command: 'curl -vk --max-time 10 https://{target}/' },
    explains: [],
    page: {
      happens: 'The kernel of some machine answers the connection, so an address, a route and a first packet are right. Then the hello is lost, goes to a machine without a server, is not read, or its long answer does not come back.',
      evidence: 'A client that reports a connection and then a time-out of the handshake.',
      lookAlikes: [
        { code: 'L2-01', what: 'Another machine answers for the address', tell: 'the neighbour\'s MAC belongs to nobody who has it' }, { code: 'FW-03', what: 'The second packet is dropped as INVALID', tell: 'the counter of that rule grows' },
        { code: 'TC-01', what: 'Big packets are lost', tell: 'small answers arrive' }, { code: 'TC-02', what: 'The server does not accept', tell: 'Recv-Q above Send-Q on the listener' }, { code: 'TL-14', what: 'The other side does not speak TLS', tell: 'it answers at once' },
      ],
    },
  },
  'TL-02': {
    code: 'TL-02', name: 'default-cert', title: 'The default certificate is served', severity: 'warning',
    message: '{target} answers {name} with its default certificate ({subject}): {why}.',
    fix: [{ text: 'Give the router a certificate for {name}: in the Route, or as a TLS secret in the namespace of the Ingress.' }],
    verify: { text: 'The subject is the one of {name}.', command: 'openssl s_client -connect {target} -servername {name} </dev/null 2>/dev/null | openssl x509 -noout -subject -ext subjectAltName' },
    explains: [],
    page: {
      happens: 'A router picks the certificate by the name in the client\'s hello. Without a name, or without a certificate for it, it serves the default one, and browsers complain of a wrong name.',
      evidence: 'The subject is the well-known one of a controller, or the certificate that is served without any name as well, and does not cover the name asked for.',
      lookAlikes: [{ code: 'TL-06', what: 'Servers behind one name with different certificates', tell: 'the serial changes from one handshake to the next' }, { code: null, what: 'A wildcard certificate that covers the name', tell: 'the subject matches the name' }],
    },
  },
  'TL-03': {
    code: 'TL-03', name: 'expired', title: 'A certificate is out of its time', severity: 'error',
    message: 'The certificate of {target} {why}.',
    fix: [{ text: 'Renew the certificate; where it is fresh, set the clock of the host that complains.', command: 'timedatectl; date -u' }],
    verify: { text: 'The end lies in the future.', command: 'openssl s_client -connect {target} </dev/null 2>/dev/null | openssl x509 -noout -dates' },
    explains: ['TL-13'],
    page: {
      happens: 'A certificate holds between two dates. Outside of them clients refuse it, each by its own clock: a host whose clock is wrong refuses good ones.',
      evidence: 'notAfter before the time of the capture, or the client\'s own complaint about the date.',
      lookAlikes: [{ code: 'TL-04', what: 'A chain that cannot be built', tell: 'verify code 20 or 21, dates are fine' }],
    },
  },
  'TL-04': {
    code: 'TL-04', name: 'chain-short', title: 'The intermediate certificate is not sent', severity: 'warning',
    message: '{target} sends only its own certificate; the one of its issuer ({issuer}) is missing.',
    fix: [{ text: 'Append the intermediate certificates to the certificate that the router serves, the own one first.', command: 'cat site.crt intermediate.crt > tls.crt' }],
    verify: { text: 'Two or more certificates are sent.', command: 'openssl s_client -connect {target} -showcerts </dev/null 2>/dev/null | grep -c "BEGIN CERTIFICATE"' },
    explains: [],
    page: {
      happens: 'Clients know roots, not intermediates. Some browsers fetch the missing one or remember it from another site; curl, Java and Go do not. So it works for some and not for others.',
      evidence: 'One certificate in the chain, issued by somebody else, and verify code 20 or 21.',
      lookAlikes: [{ code: null, what: 'A private root that this client does not know', tell: 'the chain has its intermediates' }, { code: null, what: 'A self-signed certificate', tell: 'subject and issuer are the same, verify code 18' }, { code: 'TL-03', what: 'A certificate out of its time', tell: 'verify code 9 or 10' }],
    },
  },
  'TL-05': {
    code: 'TL-05', name: 'key-mismatch', title: 'Key and certificate do not belong together', severity: 'error',
    message: '{host} cannot use {file}: the private key belongs to another certificate.',
    fix: [{ text: 'Put the key and the certificate of one request together again, and issue anew where the key is lost.', command: 'openssl x509 -in CERT -noout -pubkey | sha256sum; openssl pkey -in KEY -pubout | sha256sum' }],
    verify: { text: 'Both sums are the same and the program starts.', command: 'haproxy -c -f /etc/haproxy/haproxy.cfg' },
    explains: ['TL-02'],
    page: {
      happens: 'The public key in the certificate must be that of the private key. After a renewal with a new key one of the two files is often the old one.',
      evidence: 'The program says so when it loads them.',
      lookAlikes: [{ code: 'TL-03', what: 'A certificate out of its time', tell: 'it loads without complaint' }],
    },
  },
  'TL-06': {
    code: 'TL-06', name: 'backends-differ', title: 'One name, several certificates', severity: 'warning',
    message: '{count} handshakes with {target} showed {different} different certificates ({serials}).',
    fix: [
      { text: 'Keep one client on one server: by an affinity whose key stays the same on the way (AF-01 says where it is lost).' },
      { text: 'Or give all servers the same certificate, or certificates that clients trust by their issuer: then it does not matter which server answers.' },
    ],
    verify: { text: 'One serial only.', command: 'for i in 1 2 3 4 5 6; do openssl s_client -connect {target} </dev/null 2>/dev/null | openssl x509 -noout -serial; done' },
    explains: [],
    page: {
      happens: 'With passthrough every server shows its own certificate. A browser remembers its exception for one certificate: when the next connection reaches another server it asks again, and logging in works only after many attempts.',
      evidence: 'The serial differs between handshakes with the same name at the same address.',
      lookAlikes: [{ code: 'TL-02', what: 'A default certificate for one of two names', tell: 'the names differ' }, { code: null, what: 'A renewal between the handshakes', tell: 'it changes once and never back' }],
    },
  },
  'TL-07': {
    code: 'TL-07', name: 'no-overlap', title: 'Client and server have no TLS version or cipher in common', severity: 'error',
    message: '{target} ended the handshake: {alert}.',
    fix: [{ text: 'See what the server takes, and update the older of the two.', command: 'for v in tls1 tls1_1 tls1_2 tls1_3; do echo | openssl s_client -connect {target} -$v 2>&1 | grep -E "Protocol|alert"; done' }, { text: 'Enable an older version or cipher at the server for these clients only.', widensAccess: 'every client may then negotiate the weaker version (TL-09)' }],
    verify: { text: 'A protocol and a cipher are printed.', command: 'openssl s_client -connect {target} </dev/null' },
    explains: [],
    page: {
      happens: 'Versions and ciphers are chosen from what both sides offer. With nothing in common the server sends alert 40 (handshake failure) or 70 (protocol version) and closes.',
      evidence: 'The alert in the client\'s output, or "no shared cipher" and "unsupported protocol" in the server\'s log.',
      lookAlikes: [{ code: 'TL-14', what: 'A side that does not speak TLS', tell: 'wrong version number, no alert' }, { code: null, what: 'An unknown name or a missing client certificate', tell: 'alert 112 or 116' }],
    },
  },
  'TL-08': {
    code: 'TL-08', name: 'h2-weak-cipher', title: 'HTTP/2 with a cipher that browsers refuse', severity: 'error',
    message: '{target} offers HTTP/2 with {cipher} on TLS 1.2: browsers refuse it (ERR_SPDY_INADEQUATE_TRANSPORT_SECURITY), curl does not.',
    fix: [
      { text: 'Put ciphers with forward secrecy and AEAD first.', command: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305' },
      { text: 'Or do not offer h2 where the old cipher is needed.', command: 'alpn http/1.1   # HAProxy bind; use-http2: "false" in ingress-nginx' },
    ],
    verify: { text: 'An ECDHE cipher with GCM or CHACHA20.', command: 'openssl s_client -connect {target} -alpn h2 -tls1_2 </dev/null 2>/dev/null | grep -E "ALPN|Cipher"' },
    explains: [],
    page: {
      happens: 'RFC 7540 (9.2.2 and appendix A) forbids HTTP/2 over TLS 1.2 with CBC ciphers and with those without forward secrecy. Servers negotiate it all the same when their own list has such a cipher first; browsers then close with INADEQUATE_SECURITY, while curl shows HTTP/2 200. "Works with curl" is the signature.',
      evidence: 'One handshake with ALPN h2 and such a cipher; or a configuration with HTTP/2 on and such a cipher first in the server\'s list.',
      lookAlikes: [{ code: 'TL-10', what: 'A connection used for another name', tell: '421 or the wrong site, the cipher is fine' }, { code: 'TL-09', what: 'An old protocol version', tell: 'the protocol is SSLv3 or TLS 1.0' }],
    },
  },
  'TL-09': {
    code: 'TL-09', name: 'weak-protocol', title: 'SSLv3 or TLS 1.0 is enabled', severity: 'warning', security: true,
    message: '{where} accepts {protocols}.',
    fix: [{ text: 'Take TLS 1.2 as the lowest version.', command: 'ssl-min-ver TLSv1.2   # HAProxy; ssl_protocols TLSv1.2 TLSv1.3 in nginx' }, { text: 'Where old devices need it: an address of their own, reachable for them only.' }],
    verify: { text: 'The old versions get an alert.', command: 'openssl s_client -connect HOST:443 -tls1 </dev/null' },
    explains: [],
    page: {
      happens: 'SSLv3 and TLS 1.0 can be broken by somebody on the way (POODLE, BEAST) and were retired by RFC 7568 and RFC 8996. Lists of protocols are often copied whole to fix a cipher.',
      evidence: 'A handshake with such a version, or a configuration that names it.',
      lookAlikes: [{ code: null, what: 'openssl naming the version in which a cipher first appeared ("New, SSLv3, Cipher is AES128-SHA")', tell: 'its line "Protocol : TLSv1.2"' }],
    },
  },
  'TL-10': {
    code: 'TL-10', name: 'coalescing', title: 'Browsers may send requests of one name over the connection of another', severity: 'warning',
    message: '{first} and {second} share certificate, address and HTTP/2, but {host} leads them to different servers ({backends}) by the name in the TLS hello.',
    fix: [{ text: 'Give each of the names a certificate of its own.' }, { text: 'Or let the server answer 421 for names it does not serve, or do not offer h2 on one of the two.' }],
    verify: { text: 'The serials differ, or h2 is not offered.', command: 'openssl s_client -connect {target} -servername {first} -alpn h2 </dev/null 2>/dev/null | grep ALPN' },
    explains: [],
    page: {
      happens: 'A browser re-uses an HTTP/2 connection for every name that resolves to the same address and that the certificate covers (RFC 7540, 9.1.1). A router that chose the server by the first name never sees the second one.',
      evidence: 'Two handshakes with different names, the same serial, the same address and h2; and a router that passes them through to different backends.',
      lookAlikes: [{ code: 'TL-08', what: 'A refused cipher', tell: 'every request fails, not only the second name' }, { code: null, what: 'Both names on one backend', tell: 'the router leads both to the same place' }],
    },
  },
  'TL-11': {
    code: 'TL-11', name: 'weak-key', title: 'A certificate with a short key or a SHA-1 signature', severity: 'warning', security: true,
    message: 'The certificate of {target} has {what}.',
    fix: [{ text: 'Issue a new certificate with an RSA key of 2048 bits (or ECDSA P-256) and SHA-256.' }],
    verify: { text: 'Key and signature are the new ones.', command: 'openssl s_client -connect {target} </dev/null 2>/dev/null | openssl x509 -noout -text | grep -E "Signature Algorithm|Public-Key"' },
    explains: ['TL-02'],
    page: {
      happens: 'Current libraries refuse SHA-1 signatures and RSA keys below 2048 bits, and OpenShift does not admit Routes with them.',
      evidence: 'The size of the key or the signature\'s name in the handshake.',
      lookAlikes: [{ code: null, what: 'An ECDSA key of 256 bits', tell: 'it is as strong as RSA with 3072' }, { code: null, what: 'SHA1 as the digest of the handshake', tell: '"Peer signing digest" is not the certificate\'s signature' }],
    },
  },
  'TL-12': {
    code: 'TL-12', name: 'no-sni', title: 'Clients connect without naming the host', severity: 'note',
    message: '{count} TLS connections on {host} came without a server name ({clients}) and went to {backend}.',
    fix: [{ text: 'Let the client send the name: probes and old libraries need to be told.', command: 'openssl s_client -connect ADDRESS:443 -servername NAME   # check-sni in HAProxy, Host with HTTPS probes elsewhere' }],
    verify: { text: 'No new lines of that backend.' },
    explains: ['TL-02'],
    page: {
      happens: 'Without a name in the hello the router can neither pick a certificate nor pass the connection through. OpenShift\'s router leads such connections to be_no_sni, with the default certificate.',
      evidence: 'Log lines of the backend for connections without a name.',
      lookAlikes: [{ code: 'TL-02', what: 'A name without a certificate', tell: 'the connection went to the frontend for names' }],
    },
  },
  'TL-13': {
    code: 'TL-13', name: 'reencrypt-verify', title: 'The router does not trust its server\'s certificate', severity: 'error',
    message: '{host} takes {server} for down: the TLS handshake with it fails while its certificate is verified.',
    fix: [{ text: 'Give the router the authority that issued the server\'s certificate and the name in it.', command: 'destinationCACertificate   # Route; ca-file and verifyhost in HAProxy' }, { text: 'Do not verify.', widensAccess: 'anybody on the way may pose as the server' }],
    verify: { text: 'Verify return code: 0 (ok).', command: 'openssl s_client -connect SERVER:PORT -CAfile CA -verify_hostname NAME </dev/null' },
    explains: ['RO-06'],
    page: {
      happens: 'With reencrypt the router is a client of the server. If it verifies and the authority or the name do not fit, the handshake fails although TCP works.',
      evidence: 'A server line with "ssl verify required", and the check\'s "Layer6 invalid response: SSL handshake failure".',
      lookAlikes: [{ code: 'TL-14', what: 'The server speaks plain HTTP on that port', tell: 'a handshake without verification fails as well' }, { code: 'RO-07', what: 'Nobody listens', tell: 'Layer4 connection problem' }],
    },
  },
  'TL-14': {
    code: 'TL-14', name: 'plain-vs-tls', title: 'One side speaks TLS, the other does not', severity: 'error',
    message: '{where}: {what}.',
    fix: [{ text: 'Use the same on both ends: https:// for a TLS port, http:// for a plain one; a server line with ssl for a TLS port, without it for a plain one.' }],
    verify: { text: 'One of the two answers.', command: 'curl -skI https://HOST:PORT/; curl -sI http://HOST:PORT/' },
    explains: ['RO-06', 'RO-09'],
    page: {
      happens: 'A TLS hello to a plain port is garbage to the server, and its error text is garbage to the client ("wrong version number"). A plain request to a TLS port ends in a failed handshake, or in silence until a time-out where both sides wait for the other.',
      evidence: '"wrong version number" at the client; "http request" as the reason of a failed handshake at the router; a check that fails at layer 6 on a server line with ssl and a plain port.',
      lookAlikes: [{ code: 'PP-02', what: 'A PROXY header where TLS is expected', tell: 'every connection of that balancer fails, and it is set to send the header' }, { code: 'TL-07', what: 'No common version', tell: 'an alert, not garbage' }, { code: 'TL-01', what: 'No answer at all', tell: 'a time-out' }],
    },
  },
});
