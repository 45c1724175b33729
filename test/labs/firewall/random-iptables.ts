import type { Random } from './random.ts';
import { bridgeClients, bridgeServers, clients, macs, ownAddresses, servers } from './world.ts';

/** Names of sets that `randomIpSets` makes, with the directions a rule gives. */
export const ipSets = { fwip: 1, fwnet: 1, fwport: 2, fwnetport: 2 } as const;

const all = [...clients, ...servers, ...bridgeClients, ...bridgeServers, ...Object.values(ownAddresses)];
export const ports = [80, 443, 8080, 53, 10_051] as const;

export function randomIpSets(random: Random): string {
  const lines = ['create fwip hash:ip', 'create fwnet hash:net', 'create fwport hash:ip,port', 'create fwnetport hash:net,port'];
  const add = (set: string, element: string, options = ''): void => {
    const line = `add ${set} ${element} ${options}`;
    if (!lines.some((other) => other.startsWith(`add ${set} ${element} `))) lines.push(line);
  };
  for (const one of random.some(all, 6)) add('fwip', one);
  for (let count = random.int(1, 5); count > 0; count--) add('fwnet', prefix(random), random.chance(0.3) ? 'nomatch' : '');
  for (let count = random.int(1, 6); count > 0; count--) add('fwport', `${random.pick(all)},${random.pick(['tcp', 'udp'])}:${random.pick(ports)}`);
  for (let count = random.int(1, 4); count > 0; count--) add('fwnetport', `${prefix(random)},${random.pick(['tcp', 'udp'])}:${random.pick(ports)}`);
  return `${lines.join('\n')}\n`;
}

export function prefix(random: Random): string {
  const length = random.pick([16, 24, 28, 30, 31, 32]);
  const [a = 10, b = 1, c = 0, d = 0] = random.pick(all).split('.').map(Number);
  const mask = length === 32 ? -1 : ~(0xffffffff >>> length);
  const value = (((a << 24) | (b << 16) | (c << 8) | d) & mask) >>> 0;
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}/${length}`;
}

type BuiltIn = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

const tables: Readonly<Record<string, readonly BuiltIn[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
};

/** Text for `iptables-restore`. `sometimes` allows rules whose outcome is left to chance. */
export function randomIptables(random: Random, sometimes: boolean): string {
  const lines: string[] = [];
  for (const [table, builtIns] of Object.entries(tables)) {
    if (table !== 'filter' && !random.chance(0.5)) {
      // Emptied all the same: the rules of the run before must not stay.
      lines.push(`*${table}`, ...builtIns.map((chain) => `:${chain} ACCEPT [0:0]`), 'COMMIT');
      continue;
    }
    lines.push(`*${table}`, ...randomTable(random, table, builtIns, sometimes), 'COMMIT');
  }
  return `${lines.join('\n')}\n`;
}

function randomTable(random: Random, table: string, builtIns: readonly BuiltIn[], sometimes: boolean): string[] {
  const declared: string[] = [];
  const rules: string[] = [];
  for (const builtIn of builtIns) {
    declared.push(`:${builtIn} ${table !== 'nat' && random.chance(0.12) ? 'DROP' : 'ACCEPT'} [0:0]`);
    const own = Array.from({ length: random.int(0, 4) }, (_, index) => `${builtIn.slice(0, 3).toLowerCase()}-${table}-${index}`);
    declared.push(...own.map((chain) => `:${chain} - [0:0]`));
    for (const [level, chain] of [builtIn, ...own].entries()) {
      const below = own.slice(level);
      for (let count = random.int(level === 0 ? 0 : 1, 5); count > 0; count--) rules.push(`-A ${chain} ${rule(random, table, builtIn, chain === builtIn, below, sometimes)}`);
    }
  }
  return [...declared, ...rules];
}

function rule(random: Random, table: string, hook: BuiltIn, inBuiltIn: boolean, below: readonly string[], sometimes: boolean): string {
  const protocol = random.weighted([[4, ''], [3, 'tcp'], [3, 'udp'], [1, 'icmp']] as const);
  const parts: string[] = [];
  if (protocol !== '') parts.push(random.chance(0.1) && protocol !== 'icmp' ? `! -p ${protocol}` : `-p ${protocol}`);
  const negatedProtocol = parts[0]?.startsWith('!') === true;
  for (let count = random.weighted([[2, 0], [5, 1], [3, 2], [1, 3]] as const); count > 0; count--) {
    const one = match(random, hook, inBuiltIn, negatedProtocol ? '' : protocol, sometimes);
    // The same option twice is refused.
    const key = one.replace('! ', '').split(' ').slice(0, one.includes('-m ') ? 2 : 1).join(' ');
    if (one !== '' && !parts.some((part) => part.replace('! ', '').startsWith(key))) parts.push(one);
  }
  if (random.chance(0.2)) parts.push(`-m comment --comment "${random.pick(['plain', 'two words', 'say \\"hi\\"', "it's"])}"`);
  parts.push(target(random, table, hook, negatedProtocol ? '' : protocol, below));
  return parts.join(' ').trim();
}

function match(random: Random, hook: BuiltIn, inBuiltIn: boolean, protocol: string, sometimes: boolean): string {
  const not = random.chance(0.2) ? '! ' : '';
  const port = (): string => random.weighted([[5, String(random.pick(ports))], [2, '1:1023'], [1, '8000:'], [1, ':100']]);
  const choices: (readonly [number, () => string])[] = [
    [4, () => `${not}-s ${prefix(random)}`],
    [4, () => `${not}-d ${prefix(random)}`],
    [1, () => `-m iprange ${not}--${random.pick(['src', 'dst'])}-range ${random.pick(['10.1.0.10-10.1.0.11', '10.2.0.11-10.3.0.20', '10.0.0.0-10.1.255.255'])}`],
    [2, () => `-m conntrack ${not}--ctstate ${random.some(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'DNAT', 'SNAT'], 3).join(',')}`],
    [1, () => `-m state ${not}--state ${random.some(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'], 2).join(',')}`],
    [1, () => `-m conntrack ${not}${random.pick(['--ctorigsrc', '--ctorigdst'])} ${prefix(random)}`],
    [1, () => `-m conntrack --ctdir ${random.pick(['ORIGINAL', 'REPLY'])}`],
    [1, () => `-m mark ${not}--mark ${random.pick(['0x1', '0x2', '0x1/0x3', '0x0/0x1'])}`],
    [1, () => `-m connmark ${not}--mark ${random.pick(['0x1', '0x0', '0x1/0x1'])}`],
    [1, () => `-m addrtype ${not}--${random.pick(['src', 'dst'])}-type ${random.pick(['LOCAL', 'UNICAST', 'MULTICAST', 'LOCAL,UNICAST'])}`],
    [1, () => `-m length ${not}--length ${random.pick(['0:40', '41:100', '36', '100:'])}`],
    [1, () => `-m ttl --ttl-${random.pick(['eq', 'lt', 'gt'])} ${random.pick([63, 64])}`],
    [2, () => {
      const set = random.pick(Object.keys(ipSets) as (keyof typeof ipSets)[]);
      return `-m set ${not}--match-set ${set} ${Array.from({ length: ipSets[set] }, () => random.pick(['src', 'dst'])).join(',')}`;
    }],
  ];
  if (hook === 'PREROUTING' || hook === 'INPUT' || hook === 'FORWARD') {
    choices.push(
      [2, () => `-m mac ${not}--mac-source ${random.pick(Object.values(macs))}`],
      // `! -i +` never holds, and iptables-save prints nothing for it: no reader of its text can know.
      [2, () => random.pick([`${not}-i ${random.pick(['in0', 'br0', 'out0', 'in+', 'b+'])}`, '-i +'])],
      [1, () => `-m physdev ${random.pick([`${not}--physdev-in ${random.pick(['p0', 'p1', 'p2', 'p+'])}`, `${not}--physdev-is-in`])}`],
    );
  }
  if (hook === 'FORWARD') choices.push([3, () => `-m physdev ${not}--physdev-in ${random.pick(['p0', 'p1', 'p2'])} --physdev-is-bridged`], [1, () => `-m physdev ${not}--physdev-is-bridged`]);
  if (hook === 'FORWARD' || hook === 'POSTROUTING') {
    choices.push(
      [1, () => `-m physdev ${random.pick([`${not}--physdev-out ${random.pick(['p0', 'p1', 'p2'])} --physdev-is-bridged`, `${not}--physdev-is-out`])}`],
      [2, () => `${not}-o ${random.pick(['in0', 'br0', 'out0', 'o+'])}`],
    );
  }
  if (!inBuiltIn) choices.push([1, () => `${not}-i ${random.pick(['in0', 'br0', 'out0'])}`], [1, () => `${not}-o ${random.pick(['in0', 'br0', 'out0'])}`]);
  if (protocol === 'tcp' || protocol === 'udp') {
    choices.push(
      [4, () => `-m ${protocol} ${not}--dport ${port()}`],
      [1, () => `-m ${protocol} ${not}--sport ${random.pick(['1024:20000', '20001:', '53', '80', '443'])}`],
      [2, () => `-m multiport ${not}--${random.pick(['dports', 'sports', 'ports'])} ${random.some(['80', '443', '53', '8080:10051', '1:79'], 3).join(',')}`],
    );
  }
  if (protocol === 'tcp') {
    choices.push([2, () => `-m tcp ${not}${random.pick(['--syn', '--tcp-flags SYN,ACK SYN,ACK', '--tcp-flags ALL NONE', '--tcp-flags RST,ACK ACK', '--tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,PSH,URG'])}`]);
  }
  if (protocol === 'icmp') choices.push([3, () => `-m icmp --icmp-type ${random.pick(['8', '0', 'echo-request', '3/4', '3', 'any'])}`]);
  if (sometimes) choices.push([2, () => random.pick(['-m statistic --mode random --probability 0.5', '-m limit --limit 1/min --limit-burst 1', '-m statistic --mode nth --every 2 --packet 0'])]);
  return random.weighted(choices)();
}

function target(random: Random, table: string, hook: BuiltIn, protocol: string, below: readonly string[]): string {
  const choices: (readonly [number, () => string])[] = [[2, () => ''], [2, () => '-j ACCEPT'], [2, () => '-j RETURN']];
  if (below.length > 0) choices.push([4, () => `-j ${random.pick(below)}`], [2, () => `-g ${random.pick(below)}`]);
  if (table !== 'nat') choices.push([2, () => '-j DROP']);
  switch (table) {
    case 'filter':
      choices.push([2, () => (protocol === 'tcp' && random.chance(0.5) ? '-j REJECT --reject-with tcp-reset' : `-j REJECT --reject-with ${random.pick(['icmp-port-unreachable', 'icmp-host-prohibited', 'icmp-admin-prohibited'])}`)]);
      break;
    case 'raw':
      choices.push([2, () => random.pick(['-j NOTRACK', '-j CT --notrack'])]);
      break;
    case 'mangle':
      choices.push([4, () => random.pick(['-j MARK --set-mark 1', '-j MARK --set-xmark 0x2/0x3', '-j MARK --or-mark 2', '-j MARK --and-mark 0x1', '-j MARK --xor-mark 3', '-j CONNMARK --set-mark 1', '-j CONNMARK --save-mark', '-j CONNMARK --restore-mark', '-j CONNMARK --set-xmark 0x2/0x2', '-j CONNMARK --restore-mark --nfmask 0x3 --ctmask 0x1'])]);
      break;
    case 'nat':
      choices.push([5, () => translation(random, hook, protocol)]);
  }
  return random.weighted(choices)();
}

function translation(random: Random, hook: BuiltIn, protocol: string): string {
  const ported = protocol === 'tcp' || protocol === 'udp';
  const port = ported && random.chance(0.5) ? `:${random.pick(ports)}` : '';
  if (hook === 'PREROUTING' || hook === 'OUTPUT') {
    if (hook === 'PREROUTING' && random.chance(0.25)) return `-j REDIRECT${ported ? ` --to-ports ${random.pick([...ports, '50-100', '8000-11000'])}` : ''}`;
    return `-j DNAT --to-destination ${random.pick(hook === 'OUTPUT' ? [...clients, ...servers] : [...servers, ...bridgeServers, ...clients, ownAddresses.in0])}${port}`;
  }
  if (hook === 'POSTROUTING' && random.chance(0.4)) return `-j MASQUERADE${ported && random.chance(0.3) ? ` --to-ports ${sourceRange(random)}` : ''}`;
  const address = random.pick(['10.2.0.99', '10.1.0.98', '10.3.0.97', ...Object.values(ownAddresses)]);
  const addresses = random.chance(0.15) ? '10.2.0.96-10.2.0.99' : address;
  return `-j SNAT --to-source ${addresses}${ported && random.chance(0.3) ? `:${sourceRange(random)}` : ''}`;
}

/** Client ports are about 12,000 or 22,000: kept, drawn anew, or kept by half of them. */
export function sourceRange(random: Random): string {
  return random.pick(['10000-30000', '10000-30000', '40000-40999', '10000-19999']);
}
