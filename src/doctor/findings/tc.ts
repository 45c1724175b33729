import { family } from './entry.ts';

/** TCP: sizes on the way, queues of listeners, ports. */
export const tc = family({
  'TC-01': {
    code: 'TC-01', name: 'mtu-blackhole', title: 'Big packets are lost on the way, small ones arrive', severity: 'error',
    message: '{host} sends full-size segments to {peer} again and again (mss {mss}, path MTU {pmtu}) without an acknowledgement; {why}.',
    fix: [
      { text: 'Let "fragmentation needed" through, back to the sender.', command: 'iptables -I INPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT' },
      { text: 'Or clamp the segment size where the path gets narrow.', command: 'iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu' },
      { text: 'Or let the sender find out by itself.', command: 'sysctl -w net.ipv4.tcp_mtu_probing=1' },
    ],
    verify: { text: 'A smaller MTU is known for the peer, or big pings pass.', command: 'ip route get {peer}; ping -c 2 -M do -s 1472 {peer}' },
    explains: ['TL-01'],
    page: {
      happens: 'A hop has a smaller MTU than the sender believes, and its message "fragmentation needed" (ICMP 3/4) does not come back. Everything small works: connect, short requests, short answers. The first full segment, often the server\'s certificates, is sent for ever.',
      evidence: 'ss -tin on the sender: segments not acknowledged, retransmitted with growing back-off at full size, a later small one acknowledged alone (sacked), and IcmpInDestUnreachs that does not grow.',
      lookAlikes: [{ code: 'L2-01', what: 'Another machine answers', tell: 'small data is lost too' }, { code: 'FW-03', what: 'INVALID packets dropped', tell: 'small data is lost too, a rule counts' }, { code: null, what: 'A peer that went away', tell: 'nothing later is acknowledged' }],
    },
  },
  'TC-02': {
    code: 'TC-02', name: 'accept-queue', title: 'A listener does not accept its connections', severity: 'error',
    message: '{process} on {host} has {waiting} connections waiting at {listener}, and its queue holds {limit}{rising}.',
    fix: [{ text: 'Find out why the program does not accept: blocked, out of file descriptors, too few workers.' }, { text: 'Give bursts more room, in the program and in the kernel.', command: 'sysctl -w net.core.somaxconn=4096   # and backlog in the program' }],
    verify: { text: 'Recv-Q of the listener is near 0 and ListenOverflows stands still.', command: 'ss -ltn; nstat -az TcpExtListenOverflows' },
    explains: ['TL-01', 'CT-11', 'RO-07'],
    page: {
      happens: 'The kernel finishes handshakes and queues the connections for the program. When the queue is full it drops the client\'s last ACK: clients think they are connected and hear nothing, or do not get connected.',
      evidence: 'Recv-Q above Send-Q on a LISTEN row (queue and its limit), ListenOverflows growing.',
      lookAlikes: [{ code: 'CT-01', what: 'A full connection table', tell: 'the kernel says so; the queue is empty' }, { code: 'TC-03', what: 'The queue before that one, of half-open connections', tell: 'TCPReqQFullDrop grows, Recv-Q is small' }, { code: 'TC-01', what: 'Lost answers', tell: 'the connection was accepted' }],
    },
  },
  'TC-03': {
    code: 'TC-03', name: 'syn-backlog', title: 'Too many half-open connections', severity: 'warning',
    message: '{host} ran out of room for half-open connections: {how}.',
    fix: [{ text: 'Find who opens and does not finish.', command: 'ss -tn state syn-recv' }, { text: 'Give more room; keep SYN cookies on.', command: 'sysctl -w net.ipv4.tcp_max_syn_backlog=8192 net.ipv4.tcp_syncookies=1' }],
    verify: { text: 'The counters stand still.', command: 'nstat -az TcpExtTCPReqQFullDrop TcpExtTCPReqQFullDoCookies' },
    explains: ['TL-01'],
    page: {
      happens: 'Each SYN takes a place until the client\'s ACK comes. With cookies the kernel answers without a place, losing TCP options; without them it drops.',
      evidence: 'TCPReqQFullDrop or TCPReqQFullDoCookies growing between two samples, or the kernel\'s "possible SYN flooding" line.',
      lookAlikes: [{ code: 'TC-02', what: 'A program that does not accept', tell: 'Recv-Q of the listener is at its limit' }],
    },
  },
  'TC-04': {
    code: 'TC-04', name: 'ports-exhausted', title: 'No local port is left for connections to a server', severity: 'error',
    message: '{host} has no free source port for {target}: {how}.',
    fix: [{ text: 'Re-use connections to the server, so that fewer are opened.', command: 'http-reuse safe   # and no "option httpclose"' }, { text: 'Use several source addresses, or more ports.', command: 'source 0.0.0.0 usesrc ...; sysctl -w net.ipv4.ip_local_port_range="10240 65535"' }],
    verify: { text: 'No such log line; TIME-WAIT to the server far below the range.', command: 'ss -tn state time-wait | wc -l; sysctl net.ipv4.ip_local_port_range' },
    explains: ['RO-07'],
    page: {
      happens: 'A connection is source address, source port, address and port. To one server from one address there are as many as local ports (28,232 by default), and closed ones keep theirs for a minute.',
      evidence: 'HAProxy\'s "Connect() failed ...: no free ports", or as many sockets to one server as the port range has.',
      lookAlikes: [{ code: 'RO-07', what: 'A server that refuses', tell: 'no such log line' }, { code: 'TC-05', what: 'HAProxy\'s own limit', tell: 'CurrConns equals Maxconn' }],
    },
  },
  'TC-05': {
    code: 'TC-05', name: 'maxconn', title: 'HAProxy has reached its connection limit', severity: 'error',
    message: '{what} on {host} is at its limit: {count} of {max} connections.',
    fix: [{ text: 'See what holds the connections: slow servers, long time-outs, idle clients.', command: 'echo "show sess" | socat stdio SOCKET | head' }, { text: 'Raise the limit with the memory and file descriptors for it.', command: 'maxconn 50000   # global; and in the frontend' }],
    verify: { text: 'The count is well below.', command: 'echo "show info" | socat stdio SOCKET | grep -i conn' },
    explains: ['TL-01', 'TC-02'],
    page: {
      happens: 'At the limit HAProxy stops accepting. New connections wait in the kernel\'s queue, and when that is full they are dropped.',
      evidence: 'CurrConns equal to Maxconn in "show info", or scur equal to slim on a frontend.',
      lookAlikes: [{ code: 'RO-10', what: 'A server\'s limit', tell: 'requests wait in HAProxy\'s own queue (sQ)' }, { code: 'TC-04', what: 'No ports left', tell: 'its log line' }],
    },
  },
  'TC-07': {
    code: 'TC-07', name: 'tw-recycle', title: 'tcp_tw_recycle drops clients behind address translation', severity: 'error',
    message: '{host} has tcp_tw_recycle = 1{kernel}: of several clients behind one address only one gets through.',
    fix: [{ text: 'Switch it off.', command: 'sysctl -w net.ipv4.tcp_tw_recycle=0' }],
    verify: { text: 'It is 0, and the counter stands still.', command: 'sysctl net.ipv4.tcp_tw_recycle; nstat -az TcpExtPAWSPassive' },
    explains: ['TL-01'],
    page: {
      happens: 'With tw_recycle the kernel remembers the last TCP timestamp of each address and drops SYNs with an older one. Clients behind one translated address have clocks of their own. The setting is gone since Linux 4.12.',
      evidence: 'The setting itself; PAWSPassive (PassiveRejected) counts the drops.',
      lookAlikes: [{ code: null, what: 'tcp_tw_reuse', tell: 'it concerns outgoing connections only and is harmless here' }],
    },
  },
});
