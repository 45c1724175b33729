import { family } from './entry.ts';

/** Names, and what stands between a client and the address it means. */
export const dns = family({
  'DNS-01': {
    code: 'DNS-01', name: 'name-missing', title: 'A name does not exist for this client', severity: 'error',
    message: '{client} is told that {name} does not exist{server}, while {where}.',
    fix: [{ text: 'Add the record to the zone that this client\'s resolver answers from (internal and external view are different zones).' }],
    verify: { text: 'The same answer as elsewhere.', command: 'dig {name}' },
    explains: [],
    page: {
      happens: 'Many networks answer inside and outside from different zones. A record that is added to one of them is missing for the clients of the other.',
      evidence: 'NXDOMAIN for the name in one capture, an answer for it from another resolver or another host.',
      lookAlikes: [{ code: 'DNS-07', what: 'A resolver that does not answer in time', tell: 'timed out, not NXDOMAIN' }, { code: null, what: 'A search domain was tried first (ndots)', tell: 'the name that does not exist ends in a domain of the search list' }],
    },
  },
  'DNS-02': {
    code: 'DNS-02', name: 'name-elsewhere', title: 'A routed name points to another address', severity: 'error',
    message: '{name} resolves to {answers} for {client}, which is none of the router\'s addresses ({addresses}).',
    fix: [{ text: 'Correct the record, or the label that admits the route to another router shard.' }],
    verify: { text: 'The answer is an address of the router.', command: 'dig +short {name}' },
    explains: ['RO-01'],
    page: {
      happens: 'The route is admitted and served, but clients go to another place: an old balancer, another shard, a parking page.',
      evidence: 'The name of a Route, Ingress or HTTPRoute resolves to addresses that are no virtual address of the evidence.',
      lookAlikes: [{ code: null, what: 'A CDN or firewall in front', tell: 'the answer goes through a CNAME of another domain' }],
    },
  },
  'DNS-03': {
    code: 'DNS-03', name: 'rr-dead-member', title: 'One of several addresses of a name is dead', severity: 'error',
    message: '{name} has {count} addresses, and {dead} does not answer ({how}) while {alive} does: about one in {count} attempts fails.',
    fix: [{ text: 'Take {dead} out of the record, or bring it back.' }, { text: 'Put the members behind a virtual address, which moves when one fails.' }],
    verify: { text: 'Each address answers.', command: 'for a in $(dig +short {name}); do nc -vz -w 3 $a {port}; done' },
    explains: [],
    page: {
      happens: 'Clients take the addresses of a name in turn and know nothing of their health. With n addresses and one dead, one in n attempts fails or waits for a time-out.',
      evidence: 'Several addresses in the answer, a failed connection to one of them and a good one to another, on the same port.',
      lookAlikes: [{ code: 'VR-06', what: 'A flapping virtual address', tell: 'one address only' }, { code: 'RO-05', what: 'Routers that differ', tell: 'all connect, answers differ' }],
    },
  },
  'DNS-04': {
    code: 'DNS-04', name: 'wildcard-catches-retired', title: 'A wildcard record sends names of nobody to the router', severity: 'warning',
    message: '{names} resolve to {address}, the address of routed names, and no route has them: a wildcard record of {zone} catches names that were retired.',
    fix: [
      { text: 'Replace the wildcard by the names that are routed, or give the retired names a record of their own that leads elsewhere.' },
      { text: 'Until then drop such requests without an answer at the router: http-request silent-drop for hosts that no route has.' },
    ],
    verify: { text: 'A name that never existed does not resolve.', command: 'dig +short does-not-exist.{zone}' },
    explains: ['CT-06'],
    page: {
      happens: 'A service was shut down and its record deleted, but a wildcard answers for every name. Its clients, far away and badly connected perhaps, now come to the router, and half-open and half-closed connections pile up.',
      evidence: 'Two or more names of one domain resolve to the router\'s address, and no Route, Ingress or HTTPRoute of a complete list has them.',
      lookAlikes: [{ code: null, what: 'A route that was just deleted', tell: 'one name only, other names of the domain do not resolve' }, { code: null, what: 'A wildcard route', tell: 'the list of routes has it' }],
    },
  },
  'DNS-05': {
    code: 'DNS-05', name: 'hostnetwork-dnspolicy', title: 'A pod in the host\'s network cannot resolve cluster names', severity: 'warning',
    message: '{pod} uses hostNetwork with dnsPolicy {policy}: it asks the node\'s resolver, which knows no names of the cluster{seen}.',
    fix: [{ text: 'Set dnsPolicy: ClusterFirstWithHostNet in the pod template.', command: 'kubectl -n {namespace} edit {kind} {object}' }],
    verify: { text: 'The resolver of the pod is the cluster\'s.', command: 'kubectl -n {namespace} exec {object} -- cat /etc/resolv.conf' },
    explains: ['RO-04', 'RO-05'],
    page: {
      happens: 'ClusterFirst, the default, is silently treated as Default when a pod uses the host\'s network. A router that looks names of the cluster up (its API server, upstreams by name) then fails, or serves an old list from one replica.',
      evidence: 'hostNetwork: true and a dnsPolicy other than ClusterFirstWithHostNet in a router or ingress controller, or in a pod whose log has failed lookups of cluster names.',
      lookAlikes: [{ code: null, what: 'kube-proxy, etcd and other static pods', tell: 'they look no cluster names up' }, { code: null, what: 'dnsPolicy None with nameservers of its own', tell: 'deliberate' }],
    },
  },
  'DNS-06': {
    code: 'DNS-06', name: 'aaaa-no-path', title: 'A name has an IPv6 address that does not work', severity: 'warning',
    message: '{name} has the IPv6 address {six}, which {how}, while {four} works: clients that prefer IPv6 fail or wait.',
    fix: [{ text: 'Remove the AAAA record, or listen on the address and route it.' }],
    verify: { text: 'It connects.', command: 'curl -6 -sv --max-time 5 -o /dev/null https://{name}/' },
    explains: [],
    page: {
      happens: 'Browsers try IPv6 first and fall back after a quarter of a second; other programs wait for a full time-out, or never fall back.',
      evidence: 'An AAAA answer, a failed connection to it and a good one to the A address; or the holder of the address has no listener for it.',
      lookAlikes: [{ code: 'DNS-03', what: 'A dead member among IPv4 addresses', tell: 'the dead address is IPv4' }],
    },
  },
  'DNS-07': {
    code: 'DNS-07', name: 'dns-5s', title: 'Lookups wait five seconds because packets of one socket race', severity: 'warning',
    message: 'Lookups of {client} take {took}, and insert_failed of {host} rises ({by}): two packets of one socket race in connection tracking and one is lost.',
    fix: [
      { text: 'Let the resolver use separate sockets, or TCP.', command: 'options single-request-reopen   # in /etc/resolv.conf (glibc), or use-vc' },
      { text: 'Use a DNS cache on each node, which clients reach without translation.' },
      { text: 'Choose source ports at random where packets are masqueraded.', command: 'iptables -t nat ... -j MASQUERADE --random-fully' },
    ],
    verify: { text: 'insert_failed stands still.', command: 'conntrack -S; sleep 10; conntrack -S' },
    explains: [],
    page: {
      happens: 'A and AAAA are asked at once over one socket. When both packets are translated at the same moment, one entry cannot be inserted and its packet is dropped; the resolver tries again after five seconds.',
      evidence: 'Lookups that take about 5.0 or 10.0 s, and insert_failed (or clash_resolve) that rises between two samples.',
      lookAlikes: [{ code: 'CT-01', what: 'A full table', tell: 'drop rises too' }, { code: 'DNS-01', what: 'A name that does not exist', tell: 'answered at once' }],
    },
  },
  'DNS-08': {
    code: 'DNS-08', name: 'client-proxy-env', title: 'The client goes through a proxy that its environment names', severity: 'warning',
    message: '{client} sends requests for {target} to the proxy {proxy}: https_proxy is set and no_proxy does not cover it.',
    fix: [{ text: 'Add the name and the address to no_proxy.', command: 'export no_proxy="$no_proxy,{target}"' }],
    verify: { text: 'It connects directly.', command: 'curl -v --noproxy "*" https://{target}/' },
    explains: ['TL-01'],
    page: {
      happens: 'kubectl, curl and most programs obey https_proxy. The proxy may not reach the inside, or break TLS: it looks like a fault of the balancer.',
      evidence: 'https_proxy in the client\'s environment, no entry of no_proxy that covers the name or address; or curl -v that says it establishes a tunnel.',
      lookAlikes: [{ code: 'TL-01', what: 'No answer of the server', tell: 'the client connects to the address itself' }, { code: null, what: 'no_proxy with the name, its domain or a network', tell: 'covered' }],
    },
  },
  'DNS-09': {
    code: 'DNS-09', name: 'resolver-silent', title: 'A resolver of the client does not answer', severity: 'error',
    message: '{client} asks the resolver {resolver} for names and gets no answer ({how}){rest}.',
    fix: [
      { text: 'Bring the resolver back, or let packets to it through.', command: 'ip route get {resolver}; dig @{resolver} +time=2 +tries=1 {name}' },
      { text: 'Take it out of /etc/resolv.conf, or out of what gives that file its content (DHCP, systemd-resolved, NetworkManager).' },
    ],
    verify: { text: 'It answers at once.', command: 'dig @{resolver} +time=2 +tries=1 {name}' },
    explains: [],
    page: {
      happens: 'Programs ask the resolvers of /etc/resolv.conf in order, and wait five seconds for each that is silent. With a second one that answers, every lookup is slow and then succeeds; with none, names do not resolve at all.',
      evidence: '"communications error" of dig, host or nslookup with the address of a resolver that resolv.conf of the same host lists, and no answer from it in the evidence.',
      lookAlikes: [{ code: 'DNS-07', what: 'Two packets that race in connection tracking', tell: 'the same resolver answers other questions, and insert_failed rises' }, { code: 'DNS-01', what: 'A name that does not exist', tell: 'NXDOMAIN is an answer' }, { code: null, what: 'A resolver asked by hand (dig @ADDRESS)', tell: 'it is not in resolv.conf' }],
    },
  },
});
