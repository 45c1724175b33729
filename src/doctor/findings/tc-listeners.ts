import { family } from './entry.ts';

/** Tunnels that need smaller segments, and listeners that are not where they should be. */
export const tcListeners = family({
  'TC-06': {
    code: 'TC-06', name: 'mss-no-clamp', title: 'A tunnel has no room for full segments, and nothing makes them smaller', severity: 'warning',
    message: '{host} forwards between {wide} (MTU {wideMtu}) and the tunnel {dev} (MTU {mtu}) without a rule that makes TCP segments fit{seen}.',
    fix: [
      { text: 'Let the SYN carry what fits into the tunnel.', command: 'iptables -t mangle -A FORWARD -o {dev} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu' },
      { text: 'For answers as well, where they come back by the same way.', command: 'iptables -t mangle -A FORWARD -i {dev} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss {mss}' },
      { text: 'Or see to it that "fragmentation needed" of this host reaches every sender, which firewalls on the way often prevent.' },
    ],
    verify: { text: 'New connections over the tunnel have an mss of at most {mss}.', command: 'iptables-save -t mangle -c | grep TCPMSS; ss -tin' },
    explains: ['TC-01'],
    page: {
      happens: 'Ends of a connection agree on a segment size by their own interfaces, mostly 1460 bytes for an MTU of 1500. A tunnel between them holds less. Each full segment is then refused with "fragmentation needed", and where that message does not arrive the connection hangs with the first big answer. A clamp corrects the agreed size as the SYN passes.',
      evidence: 'A point-to-point tunnel (WireGuard, GRE, IPIP, tun, PPPoE) with an MTU below 1500 on a host that forwards, a route over it, a whole rule set without TCPMSS or "maxseg size set" for it; connections over it with a larger mss make it more than a note.',
      lookAlikes: [{ code: 'TC-01', what: 'Segments that already get lost', tell: 'the sender repeats them' }, { code: 'LV-20', what: 'IPVS\' own tunnel', tell: 'forwarding method Tunnel' }, { code: null, what: 'Overlays of a cluster', tell: 'pods have the smaller MTU themselves' }],
    },
  },
  'TC-08': {
    code: 'TC-08', name: 'bound-elsewhere', title: 'Nobody listens where connections arrive', severity: 'error',
    message: '{what}: {why}.',
    fix: [
      { text: '{cure}' },
      { text: 'Where it should be reachable over each network of the host, let it listen on every address.', widensAccess: 'over each of them, also those that are not meant' },
    ],
    verify: { text: 'The program listens there.', command: 'ss -ltnp sport = :{port}' },
    explains: ['RO-07', 'RO-06', 'RO-18', 'FW-07'],
    page: {
      happens: 'A connection is taken only by a listener on its address and port, or on every address. Programs that listen on 127.0.0.1 refuse everybody else; and a port belongs to one program, so that a second one does not start, or not with that port.',
      evidence: 'The program\'s own complaint that it cannot bind, with who has the port where that was captured; or a whole list of listeners with the port on another address only, while a router or a client connects to this one; or the scheduler\'s "didn\'t have free ports", with the pods that have them.',
      lookAlikes: [{ code: 'EP-06', what: 'The same inside a pod', tell: 'the listeners are those of the pod' }, { code: 'VR-07', what: 'The same for a virtual address', tell: 'keepalived names it' }, { code: 'LV-06', what: 'The same on a real server of LVS', tell: 'IPVS names it' }, { code: 'FW-07', what: 'A rule that rejects', tell: 'there is a listener' }],
    },
  },
  'TC-09': {
    code: 'TC-09', name: 'wrong-listener', title: 'Another program answers at the router\'s address', severity: 'error',
    message: '{place} on {host} is answered by {found}, not by {expected}: {how}.',
    fix: [
      { text: 'Stop the other one there, or give it another port or address.', command: 'ss -ltnp; iptables-save -t nat | grep -E -- "--dport {port}( |$)"' },
      { text: 'If the router is the one that should not be there, take its address out of DNS and of the balancer.' },
    ],
    verify: { text: 'The certificate and the answer are those of the router.', command: 'openssl s_client -connect {place} -servername NAME </dev/null 2>/dev/null | openssl x509 -noout -subject' },
    explains: ['TL-02', 'TL-06', 'RO-01'],
    page: {
      happens: 'Two ingresses, an old balancer, or a pod with a host port wait at one address. Which of them gets a connection is decided before the router sees it: by the listener that came first, or by a translation rule, which comes before every listener.',
      evidence: 'A port of the router\'s configuration that another program listens on; a DNAT rule for that port, which takes connections before the listener; or a certificate that only another product makes.',
      lookAlikes: [{ code: 'TL-02', what: 'The router\'s own default certificate', tell: 'it is of the router\'s kind' }, { code: 'TC-08', what: 'Nobody answers', tell: 'refused' }, { code: 'L2-01', what: 'Another machine has the address', tell: 'another MAC answers' }],
    },
  },
});
