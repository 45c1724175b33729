import { family } from './entry.ts';

/** VRRP: which host holds a virtual address, and whether the others agree. */
export const vr = family({
  'VR-01': {
    code: 'VR-01', name: 'split-brain', title: 'Two hosts are VRRP master at once', severity: 'error',
    message: '{first} and {second} are both master of {instance} ({vip}): {why}.',
    fix: [
      { text: 'Let the hosts hear each other again: look for a packet filter that drops VRRP (VR-02, VR-03), settings that differ (VR-05), or a broken link between them.', command: 'tcpdump -c 5 -ni {dev} ip proto 112' },
      { text: 'Until then stop keepalived on one of them, so that clients see one address only.', command: 'systemctl stop keepalived' },
    ],
    verify: { text: 'One host says MASTER, the other BACKUP, and only one holds the address.', command: 'journalctl -u keepalived -n 20 --no-pager; ip address show | grep -F {vip}' },
    explains: ['L2-02', 'L2-01'],
    page: {
      happens: 'A backup becomes master when it hears no advertisements. If the master is alive and only its advertisements are lost, both hold the address, and each neighbour talks to whichever it heard last.',
      evidence: 'The last state of the same instance is MASTER on two hosts (log or data dump); both have the address on an interface where their addresses were captured.',
      lookAlikes: [
        { code: null, what: 'Two instances, each master on another host by plan', tell: 'their addresses and group ids differ' },
        { code: 'L2-07', what: 'A short double master', tell: 'one of them went back to BACKUP' },
        { code: 'VR-04', what: 'Two different groups with one id', tell: 'their address lists differ' },
      ],
    },
  },
  'VR-02': {
    code: 'VR-02', name: 'vrrp-blocked-host', title: 'The host\'s own packet filter drops VRRP', severity: 'error',
    message: '{host} drops the VRRP advertisements of {instance} ({direction}): {where}.',
    fix: [
      { text: 'Accept VRRP from the other members, before the rule that drops it.', command: '{accept}' },
      { text: 'Accept all VRRP on the interface, where the members\' addresses change.', command: 'iptables -I INPUT -i {dev} -p 112 -j ACCEPT', widensAccess: 'any host of that network may then take part in the election' },
    ],
    verify: { text: 'Advertisements arrive and the counter of the rule stands still.', command: 'iptables -nvxL; journalctl -u keepalived -n 5 --no-pager' },
    explains: ['VR-01', 'L2-02'],
    page: {
      happens: 'VRRP is IP protocol 112, neither TCP nor UDP: a filter that allows ports does not allow it. The backup hears nothing and becomes master as well.',
      evidence: 'The advertisement (protocol 112 to 224.0.0.18, or to the unicast peer) walked through the captured rules ends in DROP or REJECT, with rule and chain.',
      lookAlikes: [
        { code: 'VR-03', what: 'The hypervisor\'s rules drop it', tell: 'the host\'s own rules let it pass' },
        { code: null, what: 'A switch that snoops IGMP without a querier', tell: 'the rules of both hosts let it pass and unicast works' },
      ],
    },
  },
  'VR-03': {
    code: 'VR-03', name: 'vrrp-blocked-cloud', title: 'The security group does not let VRRP in', severity: 'error',
    message: 'On {host} the security group of port {port} ({owner}) has no rule for protocol 112: advertisements end in {where}.',
    fix: [{ text: 'Allow protocol 112 between the members; some releases take the number only, not the name.', command: 'openstack security group rule create --protocol 112 --remote-group GROUP GROUP' }],
    verify: { text: 'The chain of the port has a rule for protocol 112, and the backup stays backup.', command: 'iptables-save -c | grep -E -- "-p (112|vrrp)"' },
    explains: ['VR-01', 'L2-02'],
    page: {
      happens: 'Neutron filters the traffic of each virtual machine on its hypervisor. A group that opens TCP and UDP does not open VRRP, and the machines cannot see the drop.',
      evidence: 'The chain of the port (neutron-*-i...) on the hypervisor has no rule that takes protocol 112 before the fallback chain.',
      lookAlikes: [{ code: 'VR-02', what: 'The machine\'s own filter drops it', tell: 'the drop is in the machine\'s INPUT' }, { code: 'LV-02', what: 'Anti-spoofing drops forwarded packets', tell: 'another chain (neutron-*-s...), another protocol' }],
    },
  },
  'VR-04': {
    code: 'VR-04', name: 'vrid-collision', title: 'Two VRRP groups use one virtual router id', severity: 'error',
    message: '{host} gets advertisements with its virtual router id {vrid} that list other addresses: {why}.',
    fix: [
      { text: 'Give each group on one network its own virtual_router_id (1 to 255), and reload keepalived on all of them.' },
      { text: 'If it is one group: give all its members the same virtual_ipaddress list.' },
    ],
    verify: { text: 'Nothing about addresses or bogus packets is logged any more.', command: 'journalctl -u keepalived --since -5min --no-pager | grep -E "not present|bogus|mismatch"' },
    explains: ['VR-01', 'VR-06'],
    page: {
      happens: 'Members find each other by the group id alone. Two groups with one id on one network take each other\'s advertisements for their own: they reject them, or the weaker group gives up its address.',
      evidence: 'A log line about an address that is not in the received advertisement or a mismatch of addresses, or two captured configurations with one id, one network and no common address.',
      lookAlikes: [{ code: 'VR-05', what: 'Passwords or intervals that differ', tell: 'the log names the password or the interval' }, { code: null, what: 'The same id on different networks', tell: 'harmless: the groups never meet' }],
    },
  },
  'VR-05': {
    code: 'VR-05', name: 'peer-mode-mismatch', title: 'Members of one VRRP group speak differently', severity: 'error',
    message: '{first} and {second} do not understand each other in {instance}: {why}.',
    fix: [{ text: 'Make the setting the same on all members and reload keepalived on each.', command: 'keepalived -t && systemctl reload keepalived' }],
    verify: { text: 'The error counters of the group stand still.', command: 'kill -USR2 $(cat /run/keepalived.pid); sleep 1; cat /tmp/keepalived.stats' },
    explains: ['VR-01'],
    page: {
      happens: 'An advertisement that a member cannot accept (multicast where it expects unicast, another password, another version, another interval) is dropped; to that member the master is dead.',
      evidence: 'The members\' configurations differ in unicast_peer, authentication, vrrp_version or (version 2) advert_int, or keepalived logs that it refuses advertisements for one of these reasons.',
      lookAlikes: [{ code: 'VR-04', what: 'Another group with the same id', tell: 'the address lists differ' }, { code: 'VR-02', what: 'Advertisements that do not arrive', tell: 'no error is logged or counted at all' }],
    },
  },
  'VR-06': {
    code: 'VR-06', name: 'flapping', title: 'The virtual address moves back and forth', severity: 'warning',
    message: '{instance} on {host} became master {times} times within {span}: {why}.',
    fix: [
      { text: 'Let a check fail and recover several times before it counts: fall and rise in vrrp_script, and a timeout that its program can keep.' },
      { text: 'Give a loaded host more time: a longer advert_int on all members, or a higher priority for the process (vrrp_rt_priority, vrrp_no_swap).' },
    ],
    verify: { text: 'No further changes of state.', command: 'journalctl -u keepalived --since -10min --no-pager | grep -c "Entering MASTER"' },
    explains: ['L2-01', 'L2-07'],
    page: {
      happens: 'Each move costs every connection, and every neighbour has to learn the new MAC. Causes are checks that fail now and then, a network that loses advertisements, or a host too busy to send them.',
      evidence: 'Three or more changes to MASTER of one instance within ten minutes in one log, or a growing "Became master" between two data dumps.',
      lookAlikes: [
        { code: null, what: 'A machine that was frozen for a moment (backup, migration)', tell: 'a single change, and "A thread timer expired" says how long nothing ran' },
        { code: 'L2-02', what: 'Two holders for good', tell: 'no changes of state' },
      ],
    },
  },
  'VR-07': {
    code: 'VR-07', name: 'vip-no-listener', title: 'The virtual address is on a host where nothing listens for it', severity: 'error',
    message: '{host} holds {vip}, but no program there takes connections to {vip}:{port}: {why}.',
    fix: [
      { text: 'Start the program there, or let it listen on the virtual address (bind *:{port}, or net.ipv4.ip_nonlocal_bind=1 so that it can bind the address before it arrives).' },
      { text: 'Tie the address to the program: a track_script that tests the local listener, without weight, so that a failure is a fault.' },
    ],
    verify: { text: 'A socket takes the address.', command: 'ss -ltnp "sport = :{port}"' },
    explains: ['TL-01'],
    page: {
      happens: 'VRRP only knows that the host is alive. When the proxy died, or was never started, the address stays and connections are refused.',
      evidence: 'The host has the address on an interface, its listeners were captured whole, and none takes the port that is used or that another member of the group offers.',
      lookAlikes: [{ code: null, what: 'A director of LVS', tell: 'IPVS takes the packets before any socket: no listener is needed' }, { code: 'TC-08', what: 'A listener on another address', tell: 'told in the same sentence' }],
    },
  },
  'VR-08': {
    code: 'VR-08', name: 'check-overreach', title: 'A VRRP check tests more than this host', severity: 'warning',
    message: '{host} gives up the address when {target} does not answer: the check {script} asks beyond the host itself.',
    fix: [{ text: 'Test only what this host serves: the local listener or its own health page.', command: 'curl -fsS -o /dev/null --max-time 1 http://127.0.0.1:{port}/healthz' }],
    verify: { text: 'The script of the check names loopback or an address of the host itself.', command: 'grep -A3 vrrp_script /etc/keepalived/keepalived.conf' },
    explains: ['VR-06'],
    page: {
      happens: 'A check through the load balancer, or of a service elsewhere, fails on every member at once when that service fails: the address moves, or leaves all hosts, although each of them would work.',
      evidence: 'The command of a tracked vrrp_script names another host or the virtual address itself.',
      lookAlikes: [{ code: null, what: 'A ping of the gateway', tell: 'it tests the host\'s own link' }, { code: null, what: 'A test of 127.0.0.1 or of a process', tell: 'local' }],
    },
  },
  'VR-09': {
    code: 'VR-09', name: 'config-contradiction', title: 'The VRRP configuration contradicts itself', severity: 'warning',
    message: '{instance} on {host}: {what}.',
    fix: [{ text: '{remedy}', command: 'keepalived -t' }],
    verify: { text: 'keepalived starts without a warning about it, and the states are as meant.', command: 'journalctl -u keepalived -n 20 --no-pager' },
    explains: ['VR-01', 'VR-06', 'L2-02'],
    page: {
      happens: 'keepalived accepts many combinations that cannot do what was meant, with a line in the log at best.',
      evidence: 'state MASTER together with nopreempt (ignored); two members that both start as MASTER, or one that does without a higher priority; an empty unicast_peer block; a tracked script that is not defined or never succeeded; the address on an interface while the instance is BACKUP.',
      lookAlikes: [{ code: null, what: 'nopreempt with state BACKUP on all members', tell: 'that is how it is meant' }, { code: null, what: 'Equal priorities with state BACKUP everywhere', tell: 'the higher address wins: well defined' }],
    },
  },
  'VR-10': {
    code: 'VR-10', name: 'vip-source-leak', title: 'The host uses the virtual address for its own connections', severity: 'warning',
    message: '{host} opens connections of its own from {vip} (to {peer}): they break at the next failover, and the other side may not let that address in.',
    fix: [{ text: 'Configure the address as /32 with preferred_lft 0, so that the kernel does not choose it as a source.', command: 'ip address replace {vip}/32 dev {dev} preferred_lft 0' }],
    verify: { text: 'New connections use the host\'s own address.', command: 'ip route get {peer}' },
    explains: [],
    page: {
      happens: 'For a new connection the kernel takes the first primary address of the network it leaves by. If that is the virtual one, connections of the host itself carry it, until it moves away.',
      evidence: 'Established sockets whose local address is the virtual one, with a high local port that nothing listens on and a low port at the peer.',
      lookAlikes: [{ code: null, what: 'Connections of clients to the address', tell: 'the local port is one that is listened on' }],
    },
  },
});
