/**
 * Ports by the names that `iptables -L`, `ipvsadm -l` and `nft -S` print without `-n` (/etc/services). Only names seen in rules and
 * balancers; a name that is not here leaves the port unknown, it is never guessed.
 */
const portsByName: Readonly<Record<string, number>> = {
  'ftp-data': 20, ftp: 21, ssh: 22, telnet: 23, smtp: 25, domain: 53, bootps: 67, bootpc: 68, tftp: 69, http: 80, www: 80, kerberos: 88, pop3: 110,
  sunrpc: 111, ntp: 123, 'netbios-ns': 137, 'netbios-dgm': 138, 'netbios-ssn': 139, imap2: 143, imap: 143, snmp: 161, 'snmp-trap': 162, bgp: 179,
  ldap: 389, https: 443, 'microsoft-ds': 445, submissions: 465, isakmp: 500, syslog: 514, submission: 587, ldaps: 636, imaps: 993, pop3s: 995,
  openvpn: 1194, 'ms-sql-s': 1433, nfs: 2049, mysql: 3306, 'ms-wbt-server': 3389, postgresql: 5432, amqp: 5672, x11: 6000, redis: 6379,
  'http-alt': 8080, webcache: 8080, 'zabbix-agent': 10050, 'zabbix-trapper': 10051, mdns: 5353, radius: 1812, 'radius-acct': 1813,
  'ipsec-nat-t': 4500, vxlan: 4789, rsync: 873, docker: 2375, etcd: 2379, 'etcd-client': 2379, 'etcd-server': 2380, sip: 5060,
};

/** Port of a service name, or null. */
export function servicePort(name: string): number | null {
  return Object.hasOwn(portsByName, name) ? portsByName[name] ?? null : null;
}
