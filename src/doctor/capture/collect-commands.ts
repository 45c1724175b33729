/**
 * What `fairway collect` runs on a host. Only commands that read. A guard names kernel parts that must be there already: listing
 * iptables' nat table would create it and start connection tracking, `ss` and `conntrack` load their own modules.
 */
export interface CollectCommand {
  /** Run by sh; without quotes that matter to sh's single quotes. */
  readonly command: string;
  /** See `guards`. `filter` asks the program first which engine it speaks to. */
  readonly guard?: GuardName | 'filter';
  /** Left out where this program is installed, because another line asks it the same. */
  readonly unless?: string;
  /** Only where no journal is kept: rsyslog's files, and what a daemon in a container writes itself. Both would tell everything twice. */
  readonly withoutJournal?: true;
  /** Taken again after the pause: counters mean nothing in one sample. */
  readonly twice?: true;
  /** Seconds; 10 unless told. */
  readonly timeout?: number;
  /** At most that many lines are kept; 50,000 unless told. */
  readonly lines?: number;
}

/** Kernel parts by module name and a symbol of theirs, for kernels that have them built in. */
export const guards = {
  iptables: { module: 'ip_tables', symbol: 'ipt_do_table' },
  ip6tables: { module: 'ip6_tables', symbol: 'ip6t_do_table' },
  nftables: { module: 'nf_tables', symbol: 'nft_do_chain' },
  conntrack: { module: 'nf_conntrack', symbol: 'nf_conntrack_in' },
  ctnetlink: { module: 'nf_conntrack_netlink', symbol: 'ctnetlink_dump_table' },
  ipvs: { module: 'ip_vs', symbol: 'ip_vs_conn_put' },
  ipset: { module: 'ip_set', symbol: 'ip_set_test' },
  sockets: { module: 'tcp_diag', symbol: 'tcp_diag_dump' },
} as const;

export type GuardName = keyof typeof guards;

export const collectCommands: readonly CollectCommand[] = [
  { command: 'uname -a' },
  { command: 'date -u' },
  { command: 'cat /etc/os-release' },
  // Addresses and neighbours
  { command: 'ip -d address show' },
  { command: 'ip -s link show' },
  { command: 'ip -s neigh show nud all' },
  { command: 'ip neigh show proxy' },
  { command: 'cat /proc/net/arp' },
  { command: 'bridge -d link show' },
  { command: 'bridge fdb show' },
  // Routing
  { command: 'ip route show table all' },
  { command: 'ip -6 route show table all' },
  { command: 'ip nexthop show' },
  { command: 'ip rule show' },
  { command: 'sysctl -a', timeout: 20 },
  { command: 'grep -H . /etc/sysctl.conf /etc/sysctl.d/*.conf' },
  // Packet filter: save forms with counters, twice; both engines, because both may be live
  { command: 'iptables-save -c', guard: 'filter', twice: true, timeout: 30, lines: 200_000 },
  { command: 'ip6tables-save -c', guard: 'filter', timeout: 30, lines: 200_000 },
  // Without -t it goes through /proc/net/ip_tables_names and creates no table.
  { command: 'iptables-legacy-save -c', guard: 'iptables', timeout: 30, lines: 200_000 },
  { command: 'nft list ruleset', guard: 'nftables', timeout: 30, lines: 200_000 },
  { command: 'ipset save', guard: 'ipset', timeout: 30, lines: 200_000 },
  // Connection tracking
  { command: 'conntrack -S', guard: 'ctnetlink', twice: true },
  { command: 'cat /proc/net/stat/nf_conntrack', guard: 'conntrack', twice: true },
  { command: 'cat /proc/sys/net/netfilter/nf_conntrack_count', guard: 'conntrack', twice: true },
  { command: 'conntrack -L', guard: 'ctnetlink', timeout: 30, lines: 200_000 },
  { command: 'cat /proc/net/nf_conntrack', guard: 'conntrack', unless: 'conntrack', timeout: 30, lines: 200_000 },
  // IPVS
  { command: 'ipvsadm -ln', guard: 'ipvs', twice: true },
  { command: 'ipvsadm -lnc', guard: 'ipvs', timeout: 20, lines: 100_000 },
  { command: 'ipvsadm -ln --timeout', guard: 'ipvs' },
  { command: 'ipvsadm -ln --daemon', guard: 'ipvs' },
  { command: 'cat /proc/net/ip_vs', guard: 'ipvs' },
  { command: 'cat /proc/net/ip_vs_conn', guard: 'ipvs', lines: 100_000 },
  // Sockets and counters
  { command: 'ss -ltnp', guard: 'sockets' },
  { command: 'ss -tin', guard: 'sockets', lines: 20_000 },
  { command: 'cat /proc/net/netstat', twice: true },
  { command: 'cat /proc/net/snmp', twice: true },
  // Logs
  { command: 'dmesg -T', lines: 20_000 },
  { command: 'journalctl -u keepalived --no-pager -n 2000' },
  { command: 'journalctl -u haproxy --no-pager -n 5000' },
  { command: 'tail -n 2000 /var/log/keepalived.log', withoutJournal: true },
  { command: 'tail -n 5000 /var/log/haproxy.log', withoutJournal: true },
  { command: 'journalctl -u kubelet --no-pager -n 2000' },
  { command: 'ps axww -o pid,ppid,etime,rss,args' },
  { command: 'lsmod' },
  // Daemons
  { command: 'cat /etc/keepalived/keepalived.conf' },
  { command: 'cat /tmp/keepalived.data' },
  { command: 'cat /etc/haproxy/haproxy.cfg' },
  { command: 'nginx -T', timeout: 20 },
  { command: 'cat /etc/resolv.conf' },
];

/** Questions to the runtime sockets of HAProxy, where there are any and socat is installed. */
export const haproxyQuestions: readonly { readonly ask: string; readonly twice?: true }[] = [
  { ask: 'show info', twice: true }, { ask: 'show stat', twice: true }, { ask: 'show servers state' }, { ask: 'show table' }, { ask: 'show map' }, { ask: 'show ssl cert' },
];

/** Where distributions and this program put the socket. */
export const haproxySockets = ['/run/haproxy/admin.sock', '/var/run/haproxy.sock', '/var/lib/haproxy/stats', '/var/lib/haproxy/run/haproxy.sock'] as const;

/** Of the master (`-S`; Debian's unit has the first): it alone knows the workers of before, and answers little else. */
export const haproxyMasterSockets = ['/run/haproxy-master.sock', '/run/haproxy/master.sock', '/run/haproxy/haproxy-master.sock'] as const;
