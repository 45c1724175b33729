import { family } from './entry.ts';

/** Routing: whether a packet is taken, where it is sent, and whether its answer comes back the same way. */
export const rt = family({
  'RT-01': {
    code: 'RT-01', name: 'rp-filter', title: 'The reverse path filter drops packets', severity: 'error',
    message: '{host} drops packets that come in by {dev}{from}: its strict reverse path filter expects them elsewhere ({how}).',
    fix: [
      { text: 'Make the filter loose on that device only: any way back will do.', command: 'sysctl -w net.ipv4.conf.{dev}.rp_filter=2' },
      { text: 'Or give the sender\'s network a route by that device, if answers should leave there.' },
      { text: 'Turn it off for all devices.', command: 'sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.{dev}.rp_filter=0', widensAccess: 'packets with forged sources are then accepted' },
    ],
    verify: { text: 'The counter stands still.', command: 'nstat -az TcpExtIPReversePathFilter; sleep 10; nstat -az TcpExtIPReversePathFilter' },
    explains: ['RT-03', 'LV-01', 'CT-07'],
    page: {
      happens: 'With rp_filter=1 the kernel takes a packet only if it would answer its sender by the same device. Hosts with two networks, tunnels or policy routes often would not, and packets vanish without a trace but for a counter.',
      evidence: 'A martian line whose link-layer header ends in 08 00, an increase of TcpExtIPReversePathFilter between two samples, or ip route get ... iif DEV that is refused; and an effective value, max(conf.all, conf.DEV), of 1.',
      lookAlikes: [
        { code: 'L2-12', what: 'ARP requests are dropped', tell: 'the header ends in 08 06, the counter stands still' },
        { code: null, what: 'A martian line that ip route get itself caused', tell: 'its header is nonsense' },
        { code: null, what: 'A source that is never valid (127.0.0.0/8, 0.0.0.0/8)', tell: 'no filter needed to drop it' },
      ],
    },
  },
  'RT-02': {
    code: 'RT-02', name: 'forward-off', title: 'A host that others use as a gateway does not forward', severity: 'error',
    message: '{user} sends packets for other networks to {host} ({gateway}), which does not forward: {setting} is 0.',
    fix: [{ text: 'Turn forwarding on where it is needed.', command: 'sysctl -w {setting}=1' }, { text: 'Or use another gateway on {user}.' }],
    verify: { text: 'It is 1.', command: 'sysctl {setting}' },
    explains: ['LV-09', 'RT-03', 'CT-07'],
    page: {
      happens: 'A packet that is not for the host itself is dropped silently when forwarding is off for the device it came in by.',
      evidence: 'A route of one host whose gateway is an address of another host of the evidence, where net.ipv4.ip_forward (or forwarding of the device) is 0.',
      lookAlikes: [{ code: 'RT-01', what: 'The reverse path filter', tell: 'forwarding is on' }, { code: null, what: 'A host that forwards for nobody', tell: 'no route leads to it' }],
    },
  },
  'RT-03': {
    code: 'RT-03', name: 'asymmetric', title: 'Answers take another way than the packets they answer', severity: 'warning',
    message: '{host} sees {client} call {target} and never an answer, while {proofHost} shows that the connection was answered: the answer bypasses {host}.',
    fix: [{ text: 'Send the answers back through {host} (a policy route on the server), or take {host} out of the way of the packets.' }, { text: 'If the asymmetry is meant, let the packet filter of {host} accept packets of connections it saw half of (FW-03).' }],
    verify: { text: 'The row gets an answer.', command: 'conntrack -L -d {address} 2>/dev/null | grep -c UNREPLIED' },
    explains: ['CT-07', 'FW-03'],
    page: {
      happens: 'A box in the middle that sees one direction only cannot track the connection: it forgets it early, or drops its later packets as invalid.',
      evidence: 'The same connection (same addresses and ports) is SYN_SENT [UNREPLIED] in one connection table, and answered in the table or among the sockets of another host.',
      lookAlikes: [{ code: 'CT-07', what: 'An attempt nobody answered', tell: 'nothing shows an answer' }, { code: null, what: 'Direct routing of LVS', tell: 'answers bypass the director by design' }],
    },
  },
  'RT-04': {
    code: 'RT-04', name: 'ecmp-rehash', title: 'A change of next hops sends established connections to other hosts', severity: 'warning',
    message: '{host} spreads {to} over several next hops, and the set changed between the captures ({before} -> {after}): connections were dealt out anew.',
    fix: [{ text: 'Use a resilient group of next hops, which leaves connections where they are.', command: 'ip nexthop replace id 10 group 1/2 type resilient buckets 64 idle_timer 60' }, { text: 'Or let the hosts behind share their connections.' }],
    verify: { text: 'The route names a resilient group.', command: 'ip nexthop show; ip route show {to}' },
    explains: [],
    page: {
      happens: 'The kernel chooses one of several next hops by a hash over the packet. When a hop is added or removed most hashes give another result, and connections reach a host that knows nothing of them.',
      evidence: 'Two captures of the routing table with different next hops for one prefix, in both of them more than one or before the change; or two captures of a group of next hop objects with different members. A group of type resilient is left alone.',
      lookAlikes: [{ code: null, what: 'Several next hops that stay', tell: 'both captures are equal' }, { code: 'AF-05', what: 'Routers that answer directly behind such a route', tell: 'told at the routers' }],
    },
  },
  'RT-05': {
    code: 'RT-05', name: 'no-route', title: 'There is no way to the address', severity: 'error',
    message: '{host} has no way to {to}: {why}.',
    fix: [{ text: 'Add the route that is missing, or take away the rule or route that refuses.', command: 'ip rule show; ip route show table all' }],
    verify: { text: 'The kernel names a device.', command: 'ip route get {to}' },
    explains: ['LV-01'],
    page: {
      happens: 'Without a matching route, or with a route of type unreachable, blackhole or prohibit, the kernel gives up: at once with an error, or (blackhole) silently.',
      evidence: 'ip route get answered unreachable, prohibit or blackhole; a policy rule leads to a table that is empty; or a complete routing table has neither a prefix for the address nor a default.',
      lookAlikes: [{ code: 'RT-01', what: 'ip route get ... iif refused', tell: 'Invalid cross-device link, Invalid argument: that is the reverse path filter' }],
    },
  },
  'RT-06': {
    code: 'RT-06', name: 'redirects', title: 'Packets make a detour, and ICMP redirects tell of it', severity: 'warning',
    message: '{host} sends packets for {to} to {from}, which answers with ICMP redirects{better}.',
    fix: [{ text: 'Correct the route or neighbour entry on {host}, so that packets go to the right host at once.', command: 'ip route get {to}; ip neigh show' }],
    verify: { text: 'No redirects come back.', command: 'ping -c 3 {to}' },
    explains: [],
    page: {
      happens: 'A router that has to send a packet out by the interface it came in on tells the sender that there is a shorter way. Behind a virtual address it is a sign that the packets go to a host that does not have the address any more.',
      evidence: 'Redirect lines in a ping, <redirected> in ip route get, or an increase of IcmpOutRedirects between two samples.',
      lookAlikes: [{ code: 'L2-01', what: 'A stale neighbour entry', tell: 'then it is the cause, and told as such' }, { code: null, what: 'A counter that was captured once', tell: 'it runs since boot' }],
    },
  },
  'RT-07': {
    code: 'RT-07', name: 'local-vip-shadow', title: 'A host reaches itself instead of the virtual address', severity: 'warning',
    message: '{host} has {vip} on {dev} itself: its own connections to {vip} never leave it{failed}.',
    fix: [{ text: 'On {host} use another address of the service (the balancer\'s own, a name that resolves to it).' }, { text: 'Or remove the address from {host}, if it is no real server for it.', command: 'ip address del {vip}/{length} dev {dev}' }],
    verify: { text: 'The kernel does not call it local.', command: 'ip route get {vip}' },
    explains: [],
    page: {
      happens: 'An address on any interface, loopback included, is local: packets to it are delivered on the spot. A real server, or a former master, that calls the service calls itself.',
      evidence: 'The host holds the address on a loopback or dummy interface (or ip route get says local), another host holds it as well, and a connection from the first one failed.',
      lookAlikes: [{ code: null, what: 'A real server that serves the address itself', tell: 'its own connections succeed' }, { code: 'L2-03', what: 'It also answers for others', tell: 'arp_ignore is 0' }],
    },
  },
});
