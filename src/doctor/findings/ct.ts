import { family } from './entry.ts';

/** Connection tracking: a table that fills, forgets too late, or forgets too early. */
export const ct = family({
  'CT-01': {
    code: 'CT-01', name: 'table-full', title: 'The connection table was full and packets were dropped', severity: 'error',
    message: '{host} dropped packets because its connection table was full ({how}; {size}).',
    fix: [
      { text: 'See first what fills the table: states and sources.', command: 'conntrack -L -p tcp 2>/dev/null | tr -s " " | cut -d " " -f 4 | sort | uniq -c | sort -n' },
      { text: 'Shorten the time that closed connections stay (see CT-03), or stop tracking the balancer\'s own ports in both directions.' },
      { text: 'Raise the limit and the hash table together; on a Kubernetes node in the configuration of kube-proxy, which overwrites the sysctl (CT-04).', command: 'sysctl -w net.netfilter.nf_conntrack_max=1048576; echo 262144 > /sys/module/nf_conntrack/parameters/hashsize' },
    ],
    verify: { text: 'drop and early_drop stand still, no new kernel lines.', command: 'conntrack -S; sleep 10; conntrack -S; dmesg -T | grep "table full" | tail -1' },
    explains: ['CT-11', 'CT-02', 'TC-02', 'EP-03'],
    page: {
      happens: 'Every connection that passes the packet filter has an entry in one table of fixed size. When it is full, the kernel throws out unconfirmed entries at random (early_drop) and then drops the first packet of new connections. Health probes are new connections too.',
      evidence: 'The kernel\'s line "nf_conntrack: table full, dropping packet" (three wordings), or drop or early_drop growing between two samples. A count below the maximum does not clear the host: the table breathes, and early drops keep it just below.',
      lookAlikes: [
        { code: 'CT-08', what: 'Entries that could not be inserted', tell: 'insert_failed grows, drop does not' },
        { code: 'TC-02', what: 'A listener that does not accept', tell: 'ListenOverflows grows' },
        { code: 'L2-08', what: 'A full neighbour table', tell: 'another kernel line' },
      ],
    },
  },
  'CT-02': {
    code: 'CT-02', name: 'near-full-who', title: 'The connection table is nearly full', severity: 'warning',
    message: '{host} tracks {count} of {max} connections ({percent} %); {who}.',
    fix: [
      { text: 'Shorten timeouts of the states that pile up, or do not track traffic that needs no tracking.' },
      { text: 'Raise the limit and the hash table together.', command: 'sysctl -w net.netfilter.nf_conntrack_max={doubled}' },
    ],
    verify: { text: 'The share is below 60 % at the busiest time.', command: 'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max' },
    explains: [],
    page: {
      happens: 'The closer the table is to its limit, the smaller the burst that fills it. Confirmed (ASSURED) entries are not thrown out early, so their share says how dangerous the level is.',
      evidence: 'nf_conntrack_count above 80 % of nf_conntrack_max, with the states and sources of the captured table.',
      lookAlikes: [{ code: 'CT-01', what: 'A table that was full', tell: 'kernel lines or growing drops' }],
    },
  },
  'CT-03': {
    code: 'CT-03', name: 'close-wait-pile', title: 'Half-closed connections fill the table', severity: 'warning',
    message: '{percent} % of the tracked TCP connections of {host} are in CLOSE_WAIT, which it keeps for {timeout}.',
    fix: [
      { text: 'On a Kubernetes node: set it in the configuration of kube-proxy, which otherwise makes it one hour.', command: 'conntrack.tcpCloseWaitTimeout: 60s   # KubeProxyConfiguration' },
      { text: 'Elsewhere: the kernel\'s own default of 60 seconds.', command: 'sysctl -w net.netfilter.nf_conntrack_tcp_timeout_close_wait=60' },
    ],
    verify: { text: 'The share falls within a few minutes.', command: 'conntrack -L -p tcp --state CLOSE_WAIT 2>/dev/null | wc -l' },
    explains: ['CT-01', 'CT-02'],
    page: {
      happens: 'For connection tracking CLOSE_WAIT means: one side has sent its FIN. It has nothing to do with a socket in CLOSE-WAIT on this host. kube-proxy raises the time such entries stay from one minute to one hour.',
      evidence: 'More than 30 % of the TCP rows in CLOSE_WAIT, and nf_conntrack_tcp_timeout_close_wait of many minutes.',
      lookAlikes: [{ code: null, what: 'A program that does not close its sockets', tell: 'ss shows as many CLOSE-WAIT sockets on the host itself' }],
    },
  },
  'CT-04': {
    code: 'CT-04', name: 'kube-proxy-owns-max', title: 'kube-proxy sets the size of the connection table', severity: 'warning',
    message: 'kube-proxy on {host} decides nf_conntrack_max: {why}.',
    fix: [{ text: 'Set the size where kube-proxy reads it: in its configuration file when it has one, because flags are then ignored.', command: 'conntrack.maxPerCore: 131072, conntrack.min: 1572864   # KubeProxyConfiguration' }, { text: 'Or tell kube-proxy to leave it alone, and use sysctl.', command: 'conntrack.maxPerCore: 0, conntrack.min: 0   # KubeProxyConfiguration' }],
    verify: { text: 'After a restart of kube-proxy the value is still the wanted one.', command: 'sysctl net.netfilter.nf_conntrack_max' },
    explains: ['CT-01'],
    page: {
      happens: 'At its start kube-proxy writes nf_conntrack_max = max(min, maxPerCore x cores). A value from sysctl.d is gone after the next restart. With --config the --conntrack-* flags do nothing.',
      evidence: 'The log line "Setting nf_conntrack_max to N" together with another value in sysctl.d or a table that was full; or a command line with both --config and --conntrack flags.',
      lookAlikes: [{ code: null, what: 'kube-proxy setting the value that is wanted', tell: 'configuration, log and kernel agree and the table was never full' }],
    },
  },
  'CT-05': {
    code: 'CT-05', name: 'buckets-small', title: 'The hash table is too small for the connection table', severity: 'warning',
    message: '{host} allows {max} connections in {buckets} hash buckets: {ratio} entries in each when full.',
    fix: [{ text: 'Set the number of buckets to a quarter of the limit, or to the limit.', command: 'echo {wanted} > /sys/module/nf_conntrack/parameters/hashsize' }],
    verify: { text: 'max divided by buckets is at most 4.', command: 'sysctl net.netfilter.nf_conntrack_max net.netfilter.nf_conntrack_buckets' },
    explains: [],
    page: {
      happens: 'Raising nf_conntrack_max alone leaves the hash table as it was. Every packet then searches a long chain: softirq time grows, and very long chains are refused (chaintoolong).',
      evidence: 'nf_conntrack_max more than eight times nf_conntrack_buckets.',
      lookAlikes: [{ code: 'CT-01', what: 'A full table', tell: 'drop, not chaintoolong' }],
    },
  },
  'CT-06': {
    code: 'CT-06', name: 'syn-recv-lastack-pile', title: 'Clients that cannot be reached pile up', severity: 'warning',
    message: '{percent} % of the tracked TCP connections of {host} wait for a client that does not answer (SYN_RECV, LAST_ACK, FIN_WAIT); most come from {sources}.',
    fix: [
      { text: 'Find the names these clients ask for: a wildcard record may bring those of a retired domain (DNS-04). Remove the record.' },
      { text: 'Close connections for unknown names without an answer.', command: 'http-request silent-drop if !known_host   # HAProxy; return 444 in nginx' },
    ],
    verify: { text: 'The share falls.', command: 'conntrack -L -p tcp --state SYN_RECV 2>/dev/null | wc -l' },
    explains: ['CT-02'],
    page: {
      happens: 'Answers to some clients do not arrive: a firewall on their side, a bad line, a route that leads elsewhere. Each attempt leaves an entry until it times out.',
      evidence: 'A third of the rows in SYN_RECV, LAST_ACK and FIN_WAIT, with the same sources again and again.',
      lookAlikes: [{ code: 'TC-03', what: 'A SYN flood', tell: 'nearly all SYN_RECV, and every row another source' }, { code: 'RT-03', what: 'The way back is wrong for everybody', tell: 'no ESTABLISHED rows at all' }],
    },
  },
  'CT-07': {
    code: 'CT-07', name: 'unreplied', title: 'Connections pass in one direction only', severity: 'warning',
    message: '{host} saw {count} connection attempts to {target} and no answer to any of them.',
    fix: [{ text: 'Look where the answer goes: it may be dropped at its sender, take another way (RT-03), or the packet may not have arrived (LV-02, FW-01). Capture on both ends.', command: 'tcpdump -ni any -c 20 "host {address} and tcp port {port} and tcp[tcpflags] & tcp-syn != 0"' }],
    verify: { text: 'New rows for {target} are ESTABLISHED.', command: 'conntrack -L -d {address} -p tcp 2>/dev/null | tail -3' },
    explains: [],
    page: {
      happens: 'A row in SYN_SENT with [UNREPLIED] means that this machine saw the first packet and never an answer. On a box in the middle that is either a dropped packet beyond it, or an answer that takes another way.',
      evidence: 'Rows SYN_SENT [UNREPLIED] towards a known virtual address or server, and no answered row for it.',
      lookAlikes: [{ code: 'LV-02', what: 'The packet is dropped behind this table by anti-spoofing rules', tell: 'the drop rule\'s counter grows with the attempts' }, { code: null, what: 'A single attempt in flight', tell: 'other rows to the same place are answered' }],
    },
  },
  'CT-08': {
    code: 'CT-08', name: 'insert-failed', title: 'Connection entries collide', severity: 'warning',
    message: '{host} failed to insert {count} connection entries between two samples, without a full table.',
    fix: [
      { text: 'For DNS: a cache on the node, or one query at a time.', command: 'options single-request-reopen   # resolv.conf' },
      { text: 'For source NAT: choose ports at random.', command: 'iptables -t nat ... -j MASQUERADE --random-fully' },
    ],
    verify: { text: 'insert_failed stands still.', command: 'conntrack -S | grep -o "insert_failed=[0-9]*"' },
    explains: ['DNS-07'],
    page: {
      happens: 'Two packets of one new flow can race through address translation and want the same entry; the loser is dropped. A and AAAA queries from one socket are the classic: one of them is answered five seconds later.',
      evidence: 'insert_failed grows between two samples while drop and early_drop do not.',
      lookAlikes: [{ code: 'CT-01', what: 'A full table', tell: 'drop or early_drop grows too' }],
    },
  },
  'CT-09': {
    code: 'CT-09', name: 'stale-nat', title: 'A translation still points to an endpoint that is gone', severity: 'warning',
    message: '{host} still sends {service} to {old}, which is no endpoint of it any more.',
    fix: [{ text: 'Delete the entries of that service.', command: 'conntrack -D -p {protocol} --orig-dst {address}' }],
    verify: { text: 'New entries point to a current endpoint.', command: 'conntrack -L -d {address} 2>/dev/null | head -3' },
    explains: [],
    page: {
      happens: 'A translation is chosen once for a flow. UDP clients that keep their port keep the flow alive for ever, and with it a pod that no longer exists.',
      evidence: 'A row whose original destination is a service address and whose reply source is none of its endpoints.',
      lookAlikes: [{ code: null, what: 'A pod that ends gracefully', tell: 'the row is TCP and closes' }],
    },
  },
  'CT-10': {
    code: 'CT-10', name: 'idle-timeout-ladder', title: 'Idle connections are forgotten before anybody keeps them alive', severity: 'warning',
    message: '{host} forgets idle TCP connections after {timeout} s ({what}), but keepalives are sent only every {keepalive} s on {sender}.',
    fix: [
      { text: 'Send keepalives well below the shortest timeout on the way.', command: 'sysctl -w net.ipv4.tcp_keepalive_time={wanted}   # for programs that use keepalive at all' },
      { text: 'Or keep idle connections longer on {host}.' },
    ],
    verify: { text: 'A connection that was idle for {timeout} s still answers.' },
    explains: [],
    page: {
      happens: 'A firewall, balancer or IPVS forgets a connection that was idle. Both ends think it is still there; the next packet gets no answer, or a reset.',
      evidence: 'The timeout of the middle box is shorter than tcp_keepalive_time of the end that should keep the connection alive.',
      lookAlikes: [{ code: 'RO-17', what: 'A tunnel timeout of the proxy', tell: 'the proxy closes with a FIN and logs it' }],
    },
  },
  'CT-11': {
    code: 'CT-11', name: 'probe-starved', title: 'Health probes failed because the connection table was full', severity: 'error',
    message: 'Probes on {host} failed {when} the connection table was full: {what}.',
    fix: [
      { text: 'Cure the full table (CT-01); the probed program is not at fault.' },
      { text: 'Until then let more probes fail before anything is restarted.', command: 'failureThreshold: 10   # livenessProbe' },
    ],
    verify: { text: 'No probe fails while no packet is dropped.', command: 'kubectl get events --field-selector reason=Unhealthy' },
    explains: ['EP-03'],
    page: {
      happens: 'A probe is a new connection. When new connections are dropped, a healthy ingress fails its probe, is restarted, and the outage that was partial becomes complete.',
      evidence: 'Probe failures or restarts on a host whose kernel reports a full table, at the same time where the times can be compared.',
      lookAlikes: [{ code: null, what: 'A program that really hangs', tell: 'no full table at that time' }],
    },
  },
});
