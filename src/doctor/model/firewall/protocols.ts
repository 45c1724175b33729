/** Protocol numbers by the names that iptables, nft and people use (/etc/protocols has more; rules seldom do). */
const numbersByName: Readonly<Record<string, number>> = {
  icmp: 1, igmp: 2, ipip: 4, ipencap: 4, 'ip-encap': 4, tcp: 6, egp: 8, udp: 17, dccp: 33, ipv6: 41, 'ipv6-route': 43, 'ipv6-frag': 44,
  rsvp: 46, gre: 47, esp: 50, 'ipv6-crypt': 50, ah: 51, 'ipv6-auth': 51, icmpv6: 58, 'ipv6-icmp': 58, 'icmp6': 58, 'ipv6-nonxt': 59,
  eigrp: 88, ospf: 89, 'ospfigp': 89, pim: 103, ipcomp: 108, comp: 108, vrrp: 112, carp: 112, l2tp: 115, sctp: 132, 'mobility-header': 135, mh: 135, udplite: 136, mptcp: 262,
};

/** Number of a protocol by name or number; 0 for `all`, `ip` and `0`; null when it is none that we know. */
export function protocolNumber(text: string): number | null {
  const lower = text.toLowerCase();
  if (lower === 'all' || lower === 'ip' || lower === '0') return 0;
  if (/^\d{1,3}$/.test(lower)) return Number(lower);
  return numbersByName[lower] ?? null;
}

export function protocolName(value: number): string {
  return Object.entries(numbersByName).find(([, number]) => number === value)?.[0] ?? String(value);
}

interface IcmpKind {
  readonly type: number;
  /** Null: every code. */
  readonly code: number | null;
}

/** Names of `iptables -p icmp -h` and of nft. Some iptables names stand for one code of a type. */
const icmpNames: Readonly<Record<string, IcmpKind>> = {
  'echo-reply': { type: 0, code: null }, pong: { type: 0, code: null },
  'destination-unreachable': { type: 3, code: null }, 'network-unreachable': { type: 3, code: 0 }, 'host-unreachable': { type: 3, code: 1 },
  'protocol-unreachable': { type: 3, code: 2 }, 'port-unreachable': { type: 3, code: 3 }, 'fragmentation-needed': { type: 3, code: 4 },
  'source-quench': { type: 4, code: null }, redirect: { type: 5, code: null }, 'echo-request': { type: 8, code: null }, ping: { type: 8, code: null },
  'router-advertisement': { type: 9, code: null }, 'router-solicitation': { type: 10, code: null }, 'time-exceeded': { type: 11, code: null },
  'ttl-exceeded': { type: 11, code: null }, 'parameter-problem': { type: 12, code: null }, 'timestamp-request': { type: 13, code: null },
  'timestamp-reply': { type: 14, code: null }, 'info-request': { type: 15, code: null }, 'info-reply': { type: 16, code: null },
  'address-mask-request': { type: 17, code: null }, 'address-mask-reply': { type: 18, code: null },
};

const icmp6Names: Readonly<Record<string, IcmpKind>> = {
  'destination-unreachable': { type: 1, code: null }, 'no-route': { type: 1, code: 0 }, 'port-unreachable': { type: 1, code: 4 },
  'packet-too-big': { type: 2, code: null }, 'time-exceeded': { type: 3, code: null }, 'ttl-exceeded': { type: 3, code: null },
  'parameter-problem': { type: 4, code: null }, 'echo-request': { type: 128, code: null }, 'echo-reply': { type: 129, code: null },
  'mld-listener-query': { type: 130, code: null }, 'mld-listener-report': { type: 131, code: null }, 'mld-listener-done': { type: 132, code: null },
  'mld-listener-reduction': { type: 132, code: null }, 'router-solicitation': { type: 133, code: null }, 'nd-router-solicit': { type: 133, code: null },
  'router-advertisement': { type: 134, code: null }, 'nd-router-advert': { type: 134, code: null }, 'neighbour-solicitation': { type: 135, code: null },
  'neighbor-solicitation': { type: 135, code: null }, 'nd-neighbor-solicit': { type: 135, code: null }, 'neighbour-advertisement': { type: 136, code: null },
  'neighbor-advertisement': { type: 136, code: null }, 'nd-neighbor-advert': { type: 136, code: null }, redirect: { type: 137, code: null },
  'nd-redirect': { type: 137, code: null }, 'mld2-listener-report': { type: 143, code: null },
};

/** `8`, `3/4`, `echo-request`. Type 255 and `any` mean every type: `type` is then null. */
export function icmpKind(text: string, family: 4 | 6): { readonly type: number | null; readonly code: number | null } | null {
  if (text === 'any' || text === '255') return { type: null, code: null };
  const pair = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  if (pair) return { type: Number(pair[1]), code: pair[2] === undefined ? null : Number(pair[2]) };
  return (family === 4 ? icmpNames : icmp6Names)[text] ?? null;
}
