import { family } from './entry.ts';

/** What the anti-spoofing rules of a virtual machine's port do to LVS with direct routing. */
export const lvAntispoof = family({
  'LV-02': {
    code: 'LV-02', name: 'director-antispoof', title: 'The hypervisor of the LVS director drops what the director forwards', severity: 'error',
    message: '{host} drops the packet of client {client} to {vip}:{port} that the director forwards: rule {number} of chain {chain} ({path}): {rule}',
    fix: [
      { text: 'Allow the director\'s port to send with the clients\' addresses; the check of its MAC and its security group stay.', command: 'openstack port set --allowed-address ip-address=CLIENT-NETWORK,mac-address={mac} DIRECTOR-PORT   # the port of {mac}' },
      { text: 'Or switch the check off for this port alone.', command: 'openstack port set --no-security-group --disable-port-security DIRECTOR-PORT   # the port of {mac}', widensAccess: 'the director can then send with any address, and has no security group' },
      { text: 'Not by an ACCEPT in a chain that all ports share.', command: '# not: iptables -I {shared} -j ACCEPT', widensAccess: 'it opens every virtual machine of the host, and is gone with the agent\'s next write (FW-09)' },
    ],
    verify: { text: 'The counter of the rule stands still, and rows of ipvsadm reach ESTABLISHED.', command: 'iptables-save -c | grep {chain}' },
    explains: ['LV-01', 'CT-07'],
    page: {
      happens: 'With direct routing the director sends the client\'s packet on unchanged: its source is the client, not the director. The rules that keep a virtual machine from using others\' addresses see a packet from the director\'s port with an address that is not its own, and drop it. Every connection then hangs in SYN_RECV.',
      evidence: 'The chain for the director\'s port lists the pairs of address and MAC that may send, none of them fits the client\'s address, and its last rule drops. The walk of the forwarded packet ends there.',
      lookAlikes: [
        { code: 'LV-03', what: 'The same rule on the real server\'s hypervisor', tell: 'there the source of the dropped packet is the virtual address' },
        { code: 'FW-02', what: 'The policy of FORWARD', tell: 'the walk would end at the policy; it ends earlier' },
        { code: 'FW-03', what: 'INVALID', tell: 'the client connects and then waits' },
        { code: 'LV-05', what: 'A real server without the address', tell: 'the packet arrives there' },
      ],
    },
  },
  'LV-03': {
    code: 'LV-03', name: 'rs-antispoof', title: 'The hypervisor of a real server drops its answers', severity: 'error',
    message: '{host} drops the answer of real server {server} with the source {vip}:{port}: rule {number} of chain {chain} ({path}): {rule}',
    fix: [
      { text: 'Allow the virtual address on the port of each real server.', command: 'openstack port set --allowed-address ip-address={vip} REAL-SERVER-PORT   # the port that has {server}' },
      { text: 'Or switch the check off for that port.', command: 'openstack port set --no-security-group --disable-port-security REAL-SERVER-PORT', widensAccess: 'the machine can then send with any address, and has no security group' },
    ],
    verify: { text: 'The counter of the rule stands still, and clients get the SYN-ACK.', command: 'iptables-save -c | grep {chain}' },
    explains: ['LV-01', 'CT-07'],
    page: {
      happens: 'With direct routing the real server answers the client itself, with the virtual address as the source. Rules that let its port send with its own address only drop that answer.',
      evidence: 'The chain for the real server\'s port allows its own address and not the virtual one, and its last rule drops.',
      lookAlikes: [
        { code: 'LV-02', what: 'The same rule on the director\'s side', tell: 'there the source of the dropped packet is the client' },
        { code: 'LV-05', what: 'A real server without the address', tell: 'it does not answer at all' },
      ],
    },
  },
});
