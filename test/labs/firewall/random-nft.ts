import type { Random } from './random.ts';
import { ports, prefix, sourceRange } from './random-iptables.ts';
import { randomBridge } from './random-bridge.ts';
import { bridgeClients, bridgeServers, clients, macs, ownAddresses, servers } from './world.ts';

type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** Priorities of filter chains: around those of iptables and tracking, and never equal to them (equal ones go by age, which a listing does not show). */
const priorities = [-310, -290, -210, -190, -140, -90, -10, 5, 20, 60, 110, 250];

/** Text for `nft -f`: one or two tables with sets, maps and chains. */
export function randomNft(random: Random, sometimes: boolean): string {
  const texts: string[] = [];
  for (let index = 0, count = random.int(1, 2); index < count; index++) texts.push(table(random, `t${index}`, random.pick(['ip', 'inet'] as const), sometimes));
  if (random.chance(0.3)) texts.push(randomBridge(random));
  return texts.join('\n');
}

function table(random: Random, name: string, family: 'ip' | 'inet', sometimes: boolean): string {
  const lines = [`table ${family} ${name} {`, ...sets(random)];
  const bases = random.some(['prerouting', 'input', 'forward', 'output', 'postrouting', 'forward2', 'nat-pre', 'nat-post', 'nat-out', 'nat-in'] as const, 5);
  const bodies: string[] = [];
  for (const base of bases) {
    const nat = base.startsWith('nat');
    const hook: Hook = { 'nat-pre': 'prerouting', 'nat-post': 'postrouting', 'nat-out': 'output', 'nat-in': 'input', forward2: 'forward' }[base as string] as Hook | undefined ?? (base as Hook);
    const type = nat ? 'nat' : hook === 'output' && random.chance(0.2) ? 'route' : 'filter';
    const priority = nat ? random.pick([-105, -95, 10, 95, 105]) : random.pick(priorities);
    const own = Array.from({ length: random.int(0, 3) }, (_, index) => `${base.replace('-', '')}_${index}`);
    // A chain must be there before a rule jumps to it: the deepest first.
    for (const [level, chain] of [base.replace('-', '_'), ...own].entries()) {
      const below = own.slice(level);
      const rules = Array.from({ length: random.int(level === 0 ? 0 : 1, 5) }, () => `    ${rule(random, nat ? 'nat' : 'filter', hook, family, below, sometimes)}`);
      const head = level === 0 ? [`    type ${type} hook ${hook} priority ${priority}; policy ${!nat && random.chance(0.12) ? 'drop' : 'accept'};`] : [];
      bodies.unshift([`  chain ${chain} {`, ...head, ...rules, '  }'].join('\n'));
    }
  }
  return [...lines, ...bodies, '}'].join('\n');
}

function sets(random: Random): string[] {
  const all = [...clients, ...servers, ...bridgeClients, ...bridgeServers];
  return [
    `  set addrs { type ipv4_addr; elements = { ${random.some(all, 5).join(', ')} } }`,
    `  set nets { type ipv4_addr; flags interval; auto-merge; elements = { ${[prefix(random), prefix(random)].join(', ')} } }`,
    `  set pairs { type ipv4_addr . inet_service; elements = { ${[...new Set(Array.from({ length: 4 }, () => `${random.pick(all)} . ${random.pick(ports)}`))].join(', ')} } }`,
  ];
}

function rule(random: Random, table: 'nat' | 'filter', hook: Hook, family: 'ip' | 'inet', below: readonly string[], sometimes: boolean): string {
  const protocol = random.weighted([[3, ''], [3, 'tcp'], [3, 'udp'], [1, 'icmp']] as const);
  const parts: string[] = [];
  for (let count = random.weighted([[2, 0], [5, 1], [3, 2], [1, 3]] as const); count > 0; count--) parts.push(match(random, hook, family, protocol, sometimes));
  if (table === 'filter' && random.chance(0.2)) parts.push(statement(random, hook));
  // Two reads of one field may be folded into one by nft; that is its business, and ours to follow.
  parts.push('counter');
  const verdicts = [...(below.length > 0 ? [`jump ${random.pick(below)}`, `goto ${random.pick(below)}`] : []), 'accept', 'return', 'drop'];
  if (random.chance(0.12) && protocol !== 'icmp') parts.push(verdictMap(random, protocol, below));
  else parts.push(target(random, table, hook, protocol, verdicts, parts));
  if (random.chance(0.15)) parts.push('comment "a note, with { braces }"');
  return parts.join(' ');
}

function match(random: Random, hook: Hook, family: 'ip' | 'inet', protocol: string, sometimes: boolean): string {
  const not = random.chance(0.2) ? '!= ' : '';
  const port = (): string => random.weighted([[4, String(random.pick(ports))], [2, `{ ${random.some(ports, 3).join(', ')} }`], [1, '1-1023'], [1, '{ 80, 400-9000 }']]);
  const choices: (readonly [number, () => string])[] = [
    [4, () => `ip ${random.pick(['saddr', 'daddr'])} ${not}${prefix(random)}`],
    [2, () => `ip ${random.pick(['saddr', 'daddr'])} ${not}{ ${[...new Set([random.pick(clients), random.pick(servers), random.pick(bridgeClients)])].join(', ')} }`],
    [1, () => `ip ${random.pick(['saddr', 'daddr'])} ${not}${random.pick(['10.1.0.10-10.1.0.11', '10.2.0.11-10.3.0.20'])}`],
    [2, () => `ip ${random.pick(['saddr', 'daddr'])} ${not}@${random.pick(['addrs', 'nets'])}`],
    [1, () => `ip ${random.pick(['saddr', 'daddr'])} & 255.255.255.1 == 10.${random.int(1, 3)}.0.${random.int(0, 1)}`],
    [3, () => `ct state ${not}${random.pick(['new', 'related', 'established', 'established,related', 'invalid', 'untracked', '{ new, invalid }'])}`],
    [1, () => `ct status ${random.pick(['dnat', 'snat', '!= dnat', '& dnat == dnat'])}`],
    [1, () => `ct direction ${random.pick(['original', 'reply'])}`],
    [1, () => `ct original ip ${random.pick(['saddr', 'daddr'])} ${random.pick([...clients, ...servers])}`],
    [1, () => `ct mark ${not}${random.pick(['0x1', '0x0'])}`],
    [1, () => `meta mark ${random.pick([`${not}0x1`, '& 0x1 == 0x1', `${not}{ 0x1, 0x2 }`])}`],
    [1, () => `meta l4proto ${not}{ tcp, udp }`],
    [1, () => `meta length ${random.pick(['< 41', '>= 41', '36', '40-60'])}`],
    [1, () => `ip ttl ${random.pick(['63', '< 64', '>= 63'])}`],
    [1, () => `fib ${random.pick(['saddr', 'daddr'])} type ${not}${random.pick(['local', 'unicast'])}`],
  ];
  if (family === 'inet') choices.push([1, () => `meta nfproto ${random.pick(['ipv4', 'ipv6'])}`]);
  if (hook === 'prerouting' || hook === 'input' || hook === 'forward') {
    choices.push([2, () => `iifname ${not}${random.pick(['"in0"', '"br0"', '"out*"', '{ "in0", "out0" }'])}`], [1, () => `ether saddr ${not}${random.pick(Object.values(macs))}`]);
  }
  if (hook === 'forward' || hook === 'postrouting' || hook === 'output') choices.push([2, () => `oifname ${not}${random.pick(['"in0"', '"br0"', '"out*"'])}`]);
  if (protocol === 'tcp' || protocol === 'udp') {
    choices.push(
      [4, () => `${protocol} dport ${not}${port()}`],
      [1, () => `${protocol} sport ${not}${random.pick(['1024-20000', '53', '{ 80, 443 }'])}`],
      [2, () => `ip ${random.pick(['saddr', 'daddr'])} . ${protocol} dport ${not}@pairs`],
      [1, () => `ip daddr . ${protocol} dport ${not}{ ${[...new Set([`${random.pick(servers)} . ${random.pick(ports)}`, `${random.pick(bridgeServers)} . ${random.pick(ports)}`])].join(', ')} }`],
    );
  }
  if (protocol === 'tcp') choices.push([3, () => `tcp flags ${random.pick(['syn', 'ack', '& (fin | syn | rst | ack) == syn', '== 0x0', '& (syn | ack) == syn | ack', '!= syn', '{ syn, syn | ack }'])}`]);
  if (protocol === 'icmp') choices.push([3, () => `icmp type ${not}${random.pick(['echo-request', 'echo-reply', 'destination-unreachable', '{ echo-request, echo-reply }'])}`]);
  if (sometimes) choices.push([1, () => random.pick(['limit rate 1/minute burst 1 packets', 'numgen random mod 2 == 0', 'meta random < 2147483647'])]);
  return random.weighted(choices)();
}

function statement(random: Random, hook: Hook): string {
  const choices = ['meta mark set 0x1', 'meta mark set mark | 0x2', 'meta mark set mark & 0x1', 'ct mark set 0x1', 'ct mark set mark', 'meta mark set ct mark', 'ct mark set ct mark | 0x2'];
  if (hook === 'prerouting' || hook === 'output') choices.push('notrack');
  return random.pick(choices);
}

function verdictMap(random: Random, protocol: string, below: readonly string[]): string {
  const verdict = (): string => random.pick(['accept', 'drop', 'return', 'continue', ...below.map((chain) => `jump ${chain}`), ...below.map((chain) => `goto ${chain}`)]);
  return random.pick([
    () => `ct state vmap { established : ${verdict()}, new : ${verdict()}, invalid : ${verdict()} }`,
    () => `ip saddr vmap { ${random.pick(clients)} : ${verdict()}, ${random.pick(servers)} : ${verdict()} }`,
    () => `${protocol === 'udp' ? 'udp' : 'tcp'} dport vmap { 80 : ${verdict()}, 100-9000 : ${verdict()} }`,
    () => `ip daddr . meta l4proto vmap { ${random.pick(servers)} . tcp : ${verdict()}, ${random.pick(bridgeServers)} . udp : ${verdict()} }`,
  ])();
}

function target(random: Random, table: 'nat' | 'filter', hook: Hook, protocol: string, verdicts: readonly string[], before: readonly string[]): string {
  if (table === 'filter') {
    if (random.chance(0.12) && (hook === 'input' || hook === 'forward' || hook === 'output')) return protocol === 'tcp' && before.some((part) => part.startsWith('tcp ')) ? 'reject with tcp reset' : 'reject with icmp type admin-prohibited';
    return random.weighted([[2, ''], [6, random.pick(verdicts)]]);
  }
  if (random.chance(0.5)) return random.weighted([[2, ''], [6, random.pick(verdicts.filter((verdict) => verdict !== 'drop' || random.chance(0.3)))]]);
  const ported = before.find((part) => /^(?:tcp|udp) /.test(part)) !== undefined;
  const port = ported && random.chance(0.5) ? `:${random.pick(ports)}` : '';
  switch (hook) {
    case 'prerouting':
      return random.chance(0.25) ? `redirect${ported ? ` to :${random.pick(ports)}` : ''}` : `dnat ip to ${random.pick([...servers, ...bridgeServers, ...clients])}${port}`;
    case 'output':
      return `dnat ip to ${random.pick([...clients, ...servers])}${port}`;
    case 'postrouting':
      if (random.chance(0.4)) return `masquerade${ported && random.chance(0.3) ? ` to :${sourceRange(random)}` : ''}`;
      return `snat ip to ${random.chance(0.15) ? '10.2.0.96-10.2.0.99' : random.pick(['10.2.0.99', '10.1.0.98', ownAddresses.out0])}${ported && random.chance(0.3) ? `:${sourceRange(random)}` : ''}`;
    case 'input':
      return `snat ip to ${random.pick(['10.2.0.99', '10.1.0.98'])}`;
    case 'forward':
      return random.pick(verdicts);
  }
}
