/**
 * The kernel as judge: chains that stand after everything else of INPUT and POSTROUTING remember what got that far, and one before
 * everything in OUTPUT remembers what the host under test sends by itself (answers of REJECT) and swallows it, so that no answer
 * meets the rules and their counters. Datagrams from ports of `outputPorts` are the run's own and may pass.
 */
export const outputPorts = { from: 30_000, to: 34_999 } as const;

const devices = ['in0', 'out0', 'br0'] as const;
// One pair of sets a device: nft 1.0.6 prints a device name inside a concatenation wrongly.
const places = [...devices.map((device) => ({ name: device, condition: `oifname "${device}"`, hook: 'postrouting' })), { name: 'here', condition: '', hook: 'input' }] as const;

export const judgeTable = `table inet judge {
${places.map(({ name }) => `  set ports_${name} { typeof meta l4proto . ip saddr . ip daddr . th sport . th dport; flags dynamic; size 65535; }
  set echo_${name} { typeof ip saddr . ip daddr . icmp type . icmp id; flags dynamic; size 65535; }
  set error_${name} { type ipv4_addr; flags dynamic; size 65535; }
  set between_${name} { type ipv4_addr . ipv4_addr; flags dynamic; size 65535; }`).join('\n')}
  set refused_error { type ipv4_addr; flags dynamic; size 65535; }
  set refused_reset { type ipv4_addr; flags dynamic; size 65535; }
${(['postrouting', 'input'] as const).map((hook) => `  chain ${hook} {
    type filter hook ${hook} priority 2147483646; policy accept;
${places.filter((place) => place.hook === hook).map(({ name, condition }) => `    ${condition} meta l4proto { tcp, udp } update @ports_${name} { meta l4proto . ip saddr . ip daddr . th sport . th dport }
    ${condition} meta l4proto icmp update @echo_${name} { ip saddr . ip daddr . icmp type . icmp id }
    ${condition} icmp type destination-unreachable update @error_${name} { @th,224,32 }
    ${condition} icmp type destination-unreachable update @between_${name} { ip saddr . ip daddr }`).join('\n')}
  }`).join('\n')}
  chain own {
    type filter hook output priority -1000; policy accept;
    udp sport ${outputPorts.from}-${outputPorts.to} accept
    tcp flags rst update @refused_reset { @th,0,32 }
    icmp type destination-unreachable update @refused_error { @th,224,32 }
    drop
  }
}
`;

/** What the judge remembers of one round. */
export interface Judged {
  /** `in0 tcp 10.1.0.10 10.2.0.10 5555 80`, `here icmp 10.1.0.10 10.1.0.1 7 0`. */
  readonly arrived: ReadonlySet<string>;
  /** `sport dport` of packets that were answered with a reset or an ICMP error. */
  readonly refused: ReadonlySet<string>;
  /** `in0 5555 80`: ICMP errors about a packet with these ports that got there. */
  readonly errors: ReadonlySet<string>;
  /** `in0 10.2.0.10 10.1.0.10`: between whom such errors went. */
  readonly between: ReadonlySet<string>;
}

export const flushJudge = [...places.flatMap(({ name }) => [`ports_${name}`, `echo_${name}`, `error_${name}`, `between_${name}`]), 'refused_error', 'refused_reset'].map((set) => `flush set inet judge ${set}`).join('\n');

/** Reads `nft -j list table inet judge`. */
export function readJudge(json: string): Judged {
  const arrived = new Set<string>();
  const refused = new Set<string>();
  const errors = new Set<string>();
  const between = new Set<string>();
  const parsed = JSON.parse(json) as { nftables: { set?: { name: string; elem?: unknown[] } }[] };
  for (const { set } of parsed.nftables) {
    for (const element of set?.elem ?? []) {
      const [kind, place] = set?.name.split('_') ?? [];
      if (kind === 'refused') {
        refused.add(portPair(String(element), place === 'reset'));
        continue;
      }
      if (kind === 'error') {
        errors.add(`${place ?? ''} ${portPair(String(element), false)}`);
        continue;
      }
      const parts = (element as { concat: (string | number)[] }).concat.map(String);
      if (kind === 'between') between.add([place, ...parts].join(' '));
      else arrived.add(kind === 'echo' ? [place, 'icmp', parts[0], parts[1], parts[3], '0'].join(' ') : [place, ...parts].join(' '));
    }
  }
  return { arrived, refused, errors, between };
}

/** Both ports of a packet are read as one number of 32 bits, which a set prints as an address. A reset has them the other way round. */
function portPair(printed: string, reversed: boolean): string {
  const [a = 0, b = 0, c = 0, d = 0] = printed.split('.').map(Number);
  const pair = [a * 256 + b, c * 256 + d];
  return (reversed ? pair.reverse() : pair).join(' ');
}
