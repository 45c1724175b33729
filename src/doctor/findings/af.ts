import { family } from './entry.ts';

/** Affinity: one client, one server, over several balancers. */
export const af = family({
  'AF-01': {
    code: 'AF-01', name: 'double-lb-hash', title: 'A balancer in front changes the key that the router hashes', severity: 'error',
    message: '{host} chooses the server of {backend} by source address, but {count} connections come from only {sources} addresses of a balancer in front, which spreads one client over them: the client meets {servers} different servers.',
    fix: [
      { text: 'Let the balancer in front keep a client on one of its addresses: source hash instead of round robin. Nothing else changes.' },
      { text: 'Or let the client\'s address through to the router: PROXY protocol on both sides (from that balancer only), or direct return; then the key is true again.', command: 'tcp-request connection expect-proxy layer4 if front_balancer   # HAProxy; send-proxy on the balancer' },
      { text: 'Or make the servers interchangeable: the same certificate, or certificates by an authority that clients trust. With TLS ended at the router, a cookie instead of the address.' },
    ],
    verify: { text: 'One client sees one serial, whatever balancer address it comes by.', command: 'for i in 1 2 3 4 5 6; do openssl s_client -connect {target} </dev/null 2>/dev/null | openssl x509 -noout -serial; done' },
    explains: ['TL-06', 'AF-02'],
    page: {
      happens: 'Three things meet: the router\'s key is the source address (the default for passthrough routes of OpenShift), a balancer in front gives each connection another source address, and the servers behind differ (their own certificate, their own sessions). Each of the three taken away cures it. A certificate that is not trusted makes it visible first, because a browser\'s exception holds for one certificate.',
      evidence: '"balance source" on the backend, a log or stick table with few sources that go to different servers, and handshakes with one address that show different certificates.',
      lookAlikes: [{ code: 'AF-02', what: 'Few sources that stay on one server each', tell: 'a client always sees the same certificate' }, { code: 'TL-06', what: 'Servers without any affinity', tell: 'the backend does not hash the source' }, { code: null, what: 'A certificate that is wrong', tell: 'every certificate is consistent in itself; it works once it is trusted' }],
    },
  },
  'AF-02': {
    code: 'AF-02', name: 'one-key', title: 'Hashing the source of very few sources', severity: 'warning',
    message: '{backend} on {host} hashes the source address, and {count} connections come from {sources} addresses: {idle} of {servers} servers get none.',
    fix: [{ text: 'Let the clients\' own addresses through (PROXY protocol, direct return).' }, { text: 'Or balance by connections, with a cookie where a client must stay.', command: 'balance leastconn' }],
    verify: { text: 'lbtot grows on every server.', command: 'echo "show stat" | socat stdio SOCKET | cut -d, -f1,2,31' },
    explains: [],
    page: {
      happens: 'A hash spreads keys, not connections. Three keys over three servers leave one of them without work in most cases.',
      evidence: '"balance source", one to three sources in the log or stick table, and servers whose lbtot is 0 or that the log never names.',
      lookAlikes: [{ code: 'AF-01', what: 'A client that jumps between servers', tell: 'its certificates differ' }, { code: 'AF-07', what: 'Unequal weights', tell: 'many sources' }],
    },
  },
  'AF-03': {
    code: 'AF-03', name: 'cookie-per-replica', title: 'Routers give one server different cookies', severity: 'error',
    message: 'The server at {endpoint} has the cookie {first} on {one} and {second} on {two}: a client that changes the router loses its server.',
    fix: [{ text: 'Make the value from the endpoint on every router, or give the routers one configuration.', command: 'dynamic-cookie-key KEY   # the same on all routers, with "cookie NAME insert dynamic"' }],
    verify: { text: 'The values are equal.', command: 'grep -E "cookie" /etc/haproxy/haproxy.cfg' },
    explains: ['AF-04'],
    page: {
      happens: 'A persistence cookie names a server. If each router made up its own names, the cookie of one says nothing, or something else, to the other.',
      evidence: 'The same backend and address with two cookie values in two configurations.',
      lookAlikes: [{ code: 'AF-04', what: 'A server that is gone', tell: 'one router only' }],
    },
  },
  'AF-04': {
    code: 'AF-04', name: 'cookie-dead', title: 'Cookies that name a server which is gone', severity: 'warning',
    message: '{count} requests to {backend} on {host} came with a cookie for a server that {why}.',
    fix: [{ text: 'Expected right after servers were replaced. Otherwise keep the values stable: made from the endpoint, not from its place in the list.' }],
    verify: { text: 'The third character of the termination code is V or N for new requests.' },
    explains: [],
    page: {
      happens: 'A cookie outlives its server. The router chooses another one, and the session on the old one is lost unless it is shared.',
      evidence: 'Third character of the termination code: I (no such server) or D (the server is down).',
      lookAlikes: [{ code: 'AF-06', what: 'Clients that never return the cookie', tell: 'N instead of I or D' }],
    },
  },
  'AF-05': {
    code: 'AF-05', name: 'ecmp-dsr', title: 'Routes over several directors that choose differently', severity: 'warning',
    message: '{router} spreads {vip} over {directors}, and each of them chooses a real server by itself ({scheduler}): a connection that changes its director changes its server.',
    fix: [{ text: 'Let all directors choose by the same hash of the connection.', command: 'ipvsadm -E -t {vip}:{port} -s mh -b mh-port' }, { text: 'Or let one director hold the address at a time (VRRP), with synchronised connections.' }],
    verify: { text: 'The scheduler is the same hash everywhere.', command: 'ipvsadm -ln -t {vip}:{port}' },
    explains: [],
    page: {
      happens: 'With equal-cost routes the router in front picks the director by a hash, and picks anew whenever the set of directors changes. With direct return no director knows the others\' connections.',
      evidence: 'A route with several next hops to the address, and the same virtual service on several hosts with a scheduler that is no common hash.',
      lookAlikes: [{ code: 'LV-18', what: 'A failover without synchronised connections', tell: 'one director at a time' }, { code: 'RT-04', what: 'A rehash on one host', tell: 'the next hops lead to servers, not to directors' }],
    },
  },
  'AF-06': {
    code: 'AF-06', name: 'cookie-not-returned', title: 'A client never returns its cookie', severity: 'note',
    message: '{client} made {count} requests to {backend} on {host} without a cookie, and got a new one each time.',
    fix: [{ text: 'See what the client is told: "Secure" over plain HTTP, a path or domain that does not fit, SameSite inside a frame. Programs may not keep cookies at all.', command: 'curl -skI https://HOST/ | grep -i set-cookie' }],
    verify: { text: 'The second request has V as the third character of its termination code.' },
    explains: [],
    page: {
      happens: 'Browsers drop a Secure cookie that comes over plain HTTP, do not send a SameSite cookie from a frame of another site, and send a cookie only below its path. Then every request may reach another server.',
      evidence: 'NI as the last two characters of the termination code, again and again for one client and never VN.',
      lookAlikes: [{ code: null, what: 'A monitoring program without cookies', tell: 'one address, one path, regular times' }, { code: null, what: 'Many new clients behind one address', tell: 'requests with V among them' }],
    },
  },
  'AF-07': {
    code: 'AF-07', name: 'weights-ignored', title: 'Shares do not follow the weights', severity: 'note',
    message: '{server} of {backend} on {host} has {weight} % of the weight and gets {share} % of the connections ("balance {algorithm}").',
    fix: [{ text: 'Use an algorithm that deals connections by weight.', command: 'balance roundrobin' }],
    verify: { text: 'The shares of lbtot follow the weights.', command: 'echo "show stat" | socat stdio SOCKET | cut -d, -f1,2,19,31' },
    explains: [],
    page: {
      happens: 'A hash of the source gives each address its server for good, so busy addresses decide the shares. Least connections weighs open connections, not new ones: a slow server with few new connections is as busy as a fast one.',
      evidence: 'Unequal weights, "balance source" or "leastconn", and shares of lbtot more than 25 points away.',
      lookAlikes: [{ code: 'AF-02', what: 'Nearly no sources at all', tell: 'some servers get nothing' }],
    },
  },
});
