import { family } from './entry.ts';

/** The packet filter: what its rules do to packets that somebody missed. */
export const fw = family({
  'FW-01': {
    code: 'FW-01', name: 'rule-drop', title: 'A rule of the packet filter drops the packet', severity: 'error',
    message: '{host} {did} {packet} by rule {number} of chain {chain} (table {table}, {path}): {rule}',
    fix: [
      { text: 'Before that rule, let exactly this traffic pass: in the chain {chain}, at number {number}.', command: '{command}' },
      { text: 'Where something else writes the rules (a security group, a network policy, firewalld, ufw), change it there: a rule put in by hand is gone with its next write.' },
    ],
    verify: { text: 'The counter of that rule stands still while the client tries, and the client gets through.', command: '{look}' },
    explains: ['CT-07', 'LV-01', 'VR-01'],
    page: {
      happens: 'A packet passes tables and chains in the order of their hooks and priorities; the first rule that fits and decides is the end of it. Here the whole rule set was walked with the packet that somebody tried to send, translations and jumps included.',
      evidence: 'The rule, the chains that led to it, its counter and comment, and the attempt that failed. Assumptions made on the way (the state of the connection, parts that were not captured) are listed and lower the confidence.',
      lookAlikes: [
        { code: 'FW-02', what: 'The policy of the chain', tell: 'no rule fitted: the packet fell through to the end' },
        { code: 'FW-05', what: 'A later base chain', tell: 'a rule had accepted the packet before' },
        { code: null, what: 'A listener that is not there', tell: 'the rules deliver the packet, and ss shows no socket' },
      ],
    },
  },
  'FW-02': {
    code: 'FW-02', name: 'policy-drop', title: 'The policy of a chain drops the packet', severity: 'error',
    message: '{host} dropped {packet}: no rule of {chain} (table {table}) takes it, and the policy is DROP ({count}); {owner}.',
    fix: [
      { text: 'Add a rule for exactly this traffic where the rules come from ({owner}).', command: '{command}' },
      { text: 'Or let the policy accept.', command: '{open}', widensAccess: 'everything that no rule forbids then passes' },
    ],
    verify: { text: 'The counter of the policy stands still while the client tries.', command: '{look}' },
    explains: ['CT-07', 'LV-01', 'LV-04', 'VR-01'],
    page: {
      happens: 'A base chain has a policy for packets that none of its rules decides. Docker sets the policy of FORWARD to DROP and adds rules for its own networks only: whatever else the host forwards is then lost.',
      evidence: 'The line that declares the chain with its policy and counter, and a walk through all its rules that ends there.',
      lookAlikes: [
        { code: 'FW-01', what: 'A rule that drops', tell: 'the walk ends at a rule, not at the end of the chain' },
        { code: 'FW-12', what: 'Rules that were not captured', tell: 'a jump leads to a chain that is missing' },
      ],
    },
  },
  'FW-03': {
    code: 'FW-03', name: 'invalid-drop', title: 'Packets are dropped as INVALID because only half of the connection is seen', severity: 'error',
    message: '{host} drops packets of connections that it sees in one direction only: rule {number} of chain {chain} drops what is INVALID ({count}), {why}.',
    fix: [
      { text: 'Let both directions pass this host, or neither (see RT-03, LV-02): with direct routing answers do not come back this way.' },
      { text: 'Accept the balanced port before the rule for INVALID.', command: '{command}' },
      { text: 'Tell tracking on this host to be less strict about windows and half connections.', command: 'sysctl -w net.netfilter.nf_conntrack_tcp_be_liberal=1', widensAccess: 'packets outside the window are then taken as part of a connection' },
    ],
    verify: { text: 'The counter of the rule and invalid= of conntrack -S stand still; a transfer goes through.', command: 'conntrack -S; sleep 10; conntrack -S' },
    explains: ['CT-07', 'LV-01'],
    page: {
      happens: 'The SYN passes a box whose tracking never sees the SYN-ACK. The client\'s next packet, an ACK, fits no state: INVALID. The handshake is complete at the client, since the answer took another way, and then nothing more arrives. From outside it looks like a TLS handshake that hangs.',
      evidence: 'A rule that drops INVALID and has counted, a growing invalid= between two samples, and entries in SYN_SENT [UNREPLIED] or a client that connects and then meets silence.',
      lookAlikes: [
        { code: 'L2-01', what: 'A second holder of the address', tell: 'another MAC answers; no INVALID counter grows' },
        { code: 'TC-01', what: 'Big packets only are lost', tell: 'small requests work' },
        { code: 'FW-01', what: 'A rule that drops the SYN already', tell: 'the client does not connect at all' },
      ],
    },
  },
  'FW-04': {
    code: 'FW-04', name: 'two-engines', title: 'Both packet filter engines have rules', severity: 'warning',
    message: '{host} has rules in legacy iptables ({legacy}) and in nf_tables ({nft}): each packet passes both, and a drop in either is a drop.',
    fix: [
      { text: 'Find out which program writes which engine, and move all to one: update-alternatives for iptables, or the option of the program.', command: 'update-alternatives --display iptables; iptables-legacy-save -c; nft list ruleset' },
      { text: 'Then empty the engine that nobody uses any more.', command: 'iptables-legacy-save > /root/legacy.rules; iptables-legacy -F', widensAccess: 'rules that somebody relies on may go with it: read them first' },
    ],
    verify: { text: 'One of the two listings is empty.', command: 'iptables-legacy-save -c; nft list ruleset' },
    explains: [],
    page: {
      happens: 'The kernel runs the legacy tables and nf_tables side by side. iptables of either kind shows only its own rules, so that an accept is seen in one place and the drop stands in the other.',
      evidence: 'Rules that decide something in captures of both engines. Tables that are there but empty do not count.',
      lookAlikes: [{ code: null, what: 'nft listing what iptables-nft wrote', tell: 'the same tables and chains; both are the nf_tables engine' }],
    },
  },
  'FW-05': {
    code: 'FW-05', name: 'later-base-chain-drops', title: 'A packet is accepted in one base chain and dropped in a later one', severity: 'error',
    message: '{host} accepts {packet} in {first} and drops it afterwards in {second}: {rule}',
    fix: [
      { text: 'Let the later chain accept this traffic too: an accept ends one base chain only.', command: '{command}' },
      { text: 'Or bring both into one table, where the first decision is the last.' },
    ],
    verify: { text: 'The counter in the later chain stands still.', command: '{look}' },
    explains: ['CT-07', 'LV-01'],
    page: {
      happens: 'Several base chains may hang on one hook (nft tables of several programs, or iptables beside nft). A drop is final; an accept only sends the packet on to the next chain by priority. LXD, Docker, firewalld and libvirt each bring a table.',
      evidence: 'The accepting rule, and the rule or policy of the later chain that drops, both with their lines and priorities.',
      lookAlikes: [{ code: 'FW-01', what: 'A rule in the first chain that drops', tell: 'nothing accepted the packet before' }, { code: 'FW-04', what: 'Two engines', tell: 'only when one chain is legacy and the other nft' }],
    },
  },
  'FW-06': {
    code: 'FW-06', name: 'bridge-nf-surprise', title: 'Bridged traffic is dropped by the rules for routed traffic', severity: 'error',
    message: '{host} hands bridged packets to the IP rules (bridge-nf-call-iptables = 1), and {chain} drops {packet}: {rule}',
    fix: [
      { text: 'Let the bridge\'s own traffic pass, by a rule that says so.', command: 'iptables -I FORWARD -m physdev --physdev-is-bridged -i {bridge} -o {bridge} -j ACCEPT' },
      { text: 'Where nothing on the host needs IP rules for bridged packets (no Kubernetes, no security groups): switch it off.', command: 'sysctl -w net.bridge.bridge-nf-call-iptables=0', widensAccess: 'rules that rely on it, such as security groups, no longer hold' },
    ],
    verify: { text: 'The counter stands still while the two talk.', command: '{look}' },
    explains: ['CT-07', 'LV-01'],
    page: {
      happens: 'With br_netfilter loaded, frames that only pass a bridge meet PREROUTING, FORWARD and POSTROUTING as if they were routed. A FORWARD policy of DROP, which Docker sets, then cuts machines on one bridge from each other.',
      evidence: 'bridge-nf-call-iptables = 1, and a walk of the bridged packet that ends at a rule which does not ask for a bridge port, or at the policy.',
      lookAlikes: [{ code: 'LV-02', what: 'Anti-spoofing', tell: 'the rule asks for the bridge port and the MAC: it means bridged packets' }],
    },
  },
  'FW-07': {
    code: 'FW-07', name: 'reject-vs-drop', title: 'The refusal comes from a packet filter rule, not from the service', severity: 'error',
    message: 'The refusal that the client got for {target} is made by {host}: rule {number} of chain {chain} rejects it with {reply}: {rule}',
    fix: [
      { text: 'Let exactly this traffic pass before that rule.', command: '{command}' },
    ],
    verify: { text: 'The client connects, and the counter of the rule stands still.', command: '{look}' },
    explains: ['LV-06', 'VR-07'],
    page: {
      happens: 'REJECT answers with a reset or an ICMP error, which a client shows as "connection refused" just as if nothing listened there.',
      evidence: 'The client was refused at once, and the walk of its packet ends at a REJECT rule.',
      lookAlikes: [{ code: null, what: 'No listener', tell: 'the rules deliver the packet; ss shows no socket' }, { code: 'FW-01', what: 'DROP', tell: 'the client waits and times out' }],
    },
  },
  'FW-08': {
    code: 'FW-08', name: 'fix-shadowed', title: 'A rule that would let the traffic pass stands behind the one that drops it', severity: 'warning',
    message: '{host} has a rule that would let {packet} pass, number {number} of chain {chain}, but {earlier} decides first: {rule}',
    fix: [{ text: 'Move the accepting rule before the other one.', command: '{command}' }],
    verify: { text: 'The counter of the accepting rule grows.', command: '{look}' },
    explains: ['FW-01', 'FW-07'],
    page: {
      happens: 'Rules appended with -A stand last. Behind a rule that drops everything else they are never asked.',
      evidence: 'An accepting rule that fits the packet, in the same chain and behind the rule that ends the walk; its counter is 0 where counters were captured.',
      lookAlikes: [{ code: 'FW-01', what: 'No such rule at all', tell: 'nothing behind the dropping rule fits' }],
    },
  },
  'FW-09': {
    code: 'FW-09', name: 'blanket-accept', title: 'An unconditional ACCEPT makes the rules behind it meaningless', severity: 'warning', security: true,
    message: '{host} accepts everything by rule {number} of chain {chain} (table {table}): {behind}',
    fix: [
      { text: 'Take the rule out, and let only the traffic pass that needed it.', command: '{command}' },
    ],
    verify: { text: 'The rules behind it count again.', command: '{look}' },
    explains: [],
    page: {
      happens: 'A rule without conditions, put in early to make something work, decides for every packet. In a chain that all virtual machines of a host share (neutron-*-local) it switches off every security group on that host.',
      evidence: 'A rule of ACCEPT without any condition, with rules behind it that drop or refuse, or in the chain that Neutron keeps for local additions.',
      lookAlikes: [{ code: null, what: 'The last rule of a chain that accepts the rest', tell: 'nothing stands behind it' }],
    },
  },
  'FW-10': {
    code: 'FW-10', name: 'notrack-sharp', title: 'Traffic is taken out of tracking, and something else needs tracking', severity: 'error',
    message: '{host} does not track port {port} ({rule}), and {why}.',
    fix: [
      { text: '{cure}' },
      { text: 'Or track the port again, and cure what made tracking a burden (CT-01, CT-03).' },
    ],
    verify: { text: 'Connections to the port work with new and with long-lived clients.', command: 'iptables-save -t raw -c; conntrack -L -p tcp --dport {port}' },
    explains: ['FW-01', 'FW-02'],
    page: {
      happens: 'NOTRACK keeps packets out of the connection table. It must name both directions: the port as destination in PREROUTING and as source in OUTPUT. What needs an entry no longer works for that port: DNAT, REDIRECT, and rules that accept ESTABLISHED.',
      evidence: 'The NOTRACK rule, and the rule that contradicts it (a translation of the same port), or the missing rule for the other direction in a raw table that was captured whole.',
      lookAlikes: [{ code: 'CT-01', what: 'A full table', tell: 'the kernel says so; NOTRACK is then a cure' }],
    },
  },
  'FW-11': {
    code: 'FW-11', name: 'opaque', title: 'Part of a rule on the way cannot be evaluated from what was captured', severity: 'note',
    message: 'Whether {host} lets {packet} pass hangs on {what} in chain {chain}: {rule}',
    fix: [{ text: 'Capture what shows it.', command: '{command}' }],
    verify: { text: 'With that capture the doctor gives an answer.' },
    explains: [],
    page: {
      happens: 'nft prints rules that iptables-nft made without their arguments (xt match physdev), some matches look into the payload or ask programs, and sets are listed elsewhere. Where such a part decides, the answer stays open instead of being guessed.',
      evidence: 'The rule at which the ways part, and the two different outcomes.',
      lookAlikes: [{ code: 'FW-12', what: 'Missing chains', tell: 'a jump leads to a chain that no capture shows' }],
    },
  },
  'FW-12': {
    code: 'FW-12', name: 'rules-incomplete', title: 'The captured rules lack a chain that the packet would enter', severity: 'note',
    message: 'Whether {host} lets {packet} pass is not known: {what}.',
    fix: [{ text: 'Capture the whole rule set rather than the lines that a grep finds.', command: '{command}' }],
    verify: { text: 'With the whole rule set the doctor gives an answer.' },
    explains: [],
    page: {
      happens: 'People paste the lines that grep found. The chains that those lines jump to, the policy, and the rules between them are then missing, and anything may stand there.',
      evidence: 'The jump to a chain of which no capture shows a line, or a base chain whose policy is not shown.',
      lookAlikes: [{ code: 'FW-11', what: 'A rule that is there but cannot be evaluated', tell: 'the rule is in the capture' }],
    },
  },
});
