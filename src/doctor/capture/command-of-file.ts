/**
 * Which command's output a file holds, by its name: a copy of `/proc/net/arp`, a file of a sosreport
 * (`sos_commands/networking/ip_-s_-d_link`), or what people call it (`ipvsadm-lnc.txt`, `iptables-save`).
 */
export function commandOfFile(path: string): string {
  const system = /(?:^|\/)((?:proc|sys|etc)\/[^\0]+)$/.exec(path);
  if (system) return `/${system[1] ?? ''}`;
  const variable = /(?:^|\/)(var\/(?:log|lib)\/[^\0]+)$/.exec(path);
  if (variable) return `/${variable[1] ?? ''}`;
  const base = path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:txt|log|out|stdout|cap|capture)$/i, '');
  const copied = copiedFiles.get(base);
  if (copied !== undefined) return copied;
  if (/\.(?:ya?ml|json|cfg|conf|map|pem|crt)$/i.test(base)) return fileByEnding(base);
  // sosreport: `ip_-s_neigh_show`, must-gather: the same with blanks or dashes kept.
  const words = base.replace(/_+/g, ' ').trim();
  const named = files.find(([pattern]) => pattern.test(words));
  return named ? named[1](words) : '';
}

/** Names under which copies of /proc files travel. */
const copiedFiles: ReadonlyMap<string, string> = new Map([
  ['proc_net_arp', '/proc/net/arp'], ['nf_conntrack', '/proc/net/nf_conntrack'], ['ip_conntrack', '/proc/net/ip_conntrack'],
  ['ip_vs', '/proc/net/ip_vs'], ['ip_vs_conn', '/proc/net/ip_vs_conn'], ['ip_vs_conn_sync', '/proc/net/ip_vs_conn_sync'], ['ip_vs_stats', '/proc/net/ip_vs_stats'],
  ['snmp', '/proc/net/snmp'], ['netstat_proc', '/proc/net/netstat'], ['messages', '/var/log/messages'], ['syslog', '/var/log/syslog'], ['kern', '/var/log/kern.log'],
  ['keepalived.data', '/tmp/keepalived.data'], ['keepalived.stats', '/tmp/keepalived.stats'],
  ['resolv.conf', '/etc/resolv.conf'],
]);

function fileByEnding(base: string): string {
  if (base === 'keepalived.conf') return '/etc/keepalived/keepalived.conf';
  if (base === 'haproxy.cfg') return '/etc/haproxy/haproxy.cfg';
  if (base === 'haproxy.config' || base === 'haproxy.conf') return '/var/lib/haproxy/conf/haproxy.config';
  if (base === 'sysctl.conf') return 'sysctl -a';
  if (/\.map$/.test(base)) return `/var/lib/haproxy/conf/${base}`;
  if (/\.ya?ml$/i.test(base)) return 'kubectl get -o yaml';
  return '';
}

/** `ip -s neigh show` from `ip -s neigh show`, `ip neigh`, `ip-neigh`; the first that fits. */
const files: readonly (readonly [RegExp, (words: string) => string])[] = [
  [/^ip6?tables(?:-(?:legacy|nft))?-save/, (words) => words.replace(/^(\S+)-(\d.*)?$/, '$1')],
  [/^iptables(?:-(?:legacy|nft))? /, (words) => words],
  [/^iptables$/, () => 'iptables -nvxL'],
  [/^nft(?:-list-ruleset)?$/, () => 'nft list ruleset'],
  [/^nft /, (words) => words],
  [/^ipset(?:-save| save)?$/, () => 'ipset save'],
  [/^ipvsadm[- ]?-?(\w*)$/, (words) => `ipvsadm -${(/^ipvsadm[- ]?-?(\w*)$/.exec(words)?.[1] ?? '') || 'ln'}`],
  [/^ipvsadm /, (words) => words],
  [/^conntrack[- ]-?([LSC])\b/, (words) => `conntrack -${/^conntrack[- ]-?([LSC])\b/.exec(words)?.[1] ?? 'L'}`],
  [/^conntrack$/, () => 'conntrack -L'],
  [/^conntrack /, (words) => words],
  [/^ip[- ](?:br |-br )?(?:a|addr|address)(?: show)?$/, () => 'ip address show'],
  [/^ip[- ](?:l|link)(?: show)?$/, () => 'ip -d link show'],
  [/^ip[- ](?:n|neigh|neighbour|neighbor)(?: show)?$/, () => 'ip neigh show'],
  [/^ip[- ](?:r|route)(?: show)?(?: table all)?$/, () => 'ip route show table all'],
  [/^ip[- ]nexthop(?: show)?$/, () => 'ip nexthop show'],
  [/^ip[- ]rule(?: show)?$/, () => 'ip rule show'],
  [/^ip /, (words) => words],
  [/^arp(?:[- ]-?(\w+))?$/, (words) => `arp -${/^arp(?:[- ]-?(\w+))?$/.exec(words)?.[1] ?? 'n'}`],
  [/^bridge[- ](fdb|link|vlan)/, (words) => `bridge ${/^bridge[- ](\w+)/.exec(words)?.[1] ?? 'fdb'} show`],
  [/^sysctl/, () => 'sysctl -a'],
  [/^ss[- ]-?(\w+)?/, (words) => `ss -${/^ss[- ]-?(\w+)?/.exec(words)?.[1] ?? 'ltn'}`],
  [/^nstat/, () => 'nstat -az'],
  [/^(?:dmesg|kernel-?log)/, () => 'dmesg -T'],
  [/^journalctl|^journal/, (words) => (words.startsWith('journalctl ') ? words : 'journalctl')],
  [/^keepalived(?:[- ]log)$/, () => 'journalctl -u keepalived'],
  [/^(?:haproxy)?[- ]?show[- ](stat|info|map|table|sess|proc|servers[- ]state|ssl[- ]cert)$/, (words) => `echo "show ${(/show[- ](.*)$/.exec(words)?.[1] ?? 'stat').replace('-', ' ')}" | socat stdio haproxy.sock`],
  [/^haproxy[- ]log$/, () => 'journalctl -u haproxy'],
  [/^nginx[- ]-?T$/, () => 'nginx -T'],
  [/^(?:openssl[- ])?s[- ]client/, () => 'openssl s_client'],
  [/^curl/, () => 'curl -v'],
  [/^arping/, () => 'arping -b -c 3'],
  [/^ping/, () => 'ping'],
  [/^kubectl|^oc /, (words) => (words.includes(' ') ? words : 'kubectl get -o yaml')],
];
