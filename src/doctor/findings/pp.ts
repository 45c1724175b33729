import { family } from './entry.ts';

/** PROXY protocol: one side sends the header, the other must expect it, and from nobody else. */
export const pp = family({
  'PP-01': {
    code: 'PP-01', name: 'expected-not-sent', title: 'A PROXY header is expected and none comes', severity: 'error',
    message: '{listener} on {host} expects the PROXY protocol, and {clients} connect without its header ({count} times).',
    fix: [{ text: 'Let the balancer in front send the header.', command: 'server router ADDRESS:443 send-proxy-v2   # HAProxy; proxy_protocol on in nginx stream' }, { text: 'Or expect it from that balancer only, so that others may connect without.', command: 'tcp-request connection expect-proxy layer4 if front_balancer' }],
    verify: { text: 'With a header sent by hand it answers.', command: 'curl -vk --haproxy-protocol https://ADDRESS/' },
    explains: ['TL-01', 'RO-18'],
    page: {
      happens: 'A listener that expects the header closes every connection that does not begin with it. Clients see a reset, or silence until the time-out when they wait for the server to speak first.',
      evidence: 'The log of the listener: "does not look like a PROXY protocol header", "Timeout while waiting for PROXY protocol header", nginx\' "broken header".',
      lookAlikes: [{ code: 'PP-03', what: 'Only probes come without it', tell: 'nothing was sent, and users are served' }, { code: 'PP-04', what: 'Only clients inside the cluster come without it', tell: 'their addresses' }, { code: 'TC-01', what: 'Big packets lost', tell: 'no log line' }],
    },
  },
  'PP-02': {
    code: 'PP-02', name: 'sent-not-expected', title: 'A PROXY header comes where none is expected', severity: 'error',
    message: '{listener} on {host} takes the PROXY header of {clients} for a request ({count} times).',
    fix: [{ text: 'Expect the header, from that balancer only.', command: 'tcp-request connection expect-proxy layer4 if front_balancer   # HAProxy; listen 443 ssl proxy_protocol in nginx' }, { text: 'Or stop sending it.' }],
    verify: { text: 'The log shows requests, with the addresses of the clients.' },
    explains: ['RO-12', 'TL-14'],
    page: {
      happens: 'The header is the first thing on the connection. A plain HTTP listener answers 400, a TLS listener fails the handshake.',
      evidence: '"PROXY TCP4 ..." logged as a request; or nothing but <BADREQ> (PR--) or failed handshakes from a balancer that is set to send the header.',
      lookAlikes: [{ code: 'TL-14', what: 'Plain HTTP on a TLS port', tell: 'the reason "http request"' }, { code: null, what: 'Scanners', tell: 'many addresses, one or two attempts each' }],
    },
  },
  'PP-03': {
    code: 'PP-03', name: 'probe-without-header', title: 'A probe opens connections without the PROXY header', severity: 'note',
    message: '{listener} on {host} complains of connections from {clients} that close without a word ({count} times); other connections are served.',
    fix: [{ text: 'Let the probe speak the protocol (version 2, LOCAL), or give it another port.', command: 'check-send-proxy   # HAProxy server line' }],
    verify: { text: 'No new lines from these addresses.' },
    explains: [],
    page: {
      happens: 'Many balancers test a port by opening and closing it. Where the header is expected, that leaves an error line each time and harms nobody.',
      evidence: 'The header is missing only on connections that sent nothing, from one or two addresses, while sessions are logged.',
      lookAlikes: [{ code: 'PP-01', what: 'Users without the header', tell: 'something was sent that is no header, or nobody is served' }],
    },
  },
  'PP-04': {
    code: 'PP-04', name: 'inside-bypass', title: 'Clients inside the cluster do not pass the balancer that adds the header', severity: 'error',
    message: '{listener} on {host} gets connections without the PROXY header only from inside the cluster ({clients}); those through the balancer are served.',
    fix: [{ text: 'Let traffic inside the cluster go through the balancer as well (Kubernetes 1.30 and later).', command: 'status.loadBalancer.ingress[].ipMode: Proxy   # set by the cloud provider' }, { text: 'Or give them a second listener that expects no header.' }],
    verify: { text: 'A pod reaches the name.', command: 'kubectl run -it --rm t --image=curlimages/curl -- curl -sv https://NAME/' },
    explains: ['TL-01'],
    page: {
      happens: 'kube-proxy shortens the way to the external address of a Service: packets of pods and nodes go straight to an endpoint, past the balancer that would add the header.',
      evidence: 'The complaints come from pod or node addresses only, while other addresses have sessions.',
      lookAlikes: [{ code: 'PP-01', what: 'Nobody sends it', tell: 'outside clients fail as well' }],
    },
  },
  'PP-05': {
    code: 'PP-05', name: 'trust-too-wide', title: 'Anybody may name the client\'s address', severity: 'warning', security: true,
    message: '{where} believes {what} from any address.',
    fix: [{ text: 'Accept it from the balancer\'s addresses only.', command: 'tcp-request connection expect-proxy layer4 if front_balancer   # instead of accept-proxy; set_real_ip_from BALANCER in nginx; proxy-real-ip-cidr in ingress-nginx' }],
    verify: { text: 'A header from elsewhere does not change the logged address.', command: 'curl -k --haproxy-protocol https://ADDRESS/; curl -sk -H "X-Forwarded-For: 192.0.2.1" https://ADDRESS/' },
    explains: ['RO-20'],
    page: {
      happens: 'The PROXY header and X-Forwarded-For say who the client is. Whoever can connect directly can then claim any address, past allow-lists and rate limits.',
      evidence: 'accept-proxy on an address others can reach without a rule about the source; set_real_ip_from 0.0.0.0/0; use-forwarded-headers or use-proxy-protocol without proxy-real-ip-cidr.',
      lookAlikes: [{ code: null, what: 'accept-proxy between two parts of one router', tell: 'the listener is on loopback or a UNIX socket' }],
    },
  },
});
