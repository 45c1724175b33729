import type { Random } from './random.ts';
import { ports, prefix } from './random-iptables.ts';
import { macs } from './world.ts';

/**
 * A table of the bridge family: chains before br_netfilter takes the packet to the rules of IP (0 in prerouting, -1 in forward). What
 * a bridge does with what the host itself sends (output, postrouting) is not followed.
 */
export function randomBridge(random: Random): string {
  const chains = random.some(['prerouting', 'input', 'forward'] as const, 3).map((hook) => {
    const priority = hook === 'prerouting' ? random.pick([-300, -250]) : random.pick([-200, -150]);
    const rules = Array.from({ length: random.int(1, 5) }, () => `    ${rule(random, hook)}`);
    return [`  chain ${hook} {`, `    type filter hook ${hook} priority ${priority}; policy ${random.chance(0.1) ? 'drop' : 'accept'};`, ...rules, '  }'].join('\n');
  });
  return ['table bridge br {', ...chains, '}'].join('\n');
}

function rule(random: Random, hook: 'prerouting' | 'input' | 'forward'): string {
  const not = random.chance(0.2) ? '!= ' : '';
  const protocol = random.pick(['', 'tcp', 'udp']);
  const choices: (readonly [number, () => string])[] = [
    [3, () => `iifname ${not}${random.pick(['"p0"', '"p1"', '"p2"', '"p*"', '"br0"', '{ "p0", "p2" }'])}`],
    [3, () => `ip ${random.pick(['saddr', 'daddr'])} ${not}${prefix(random)}`],
    [2, () => `ether saddr ${not}${random.pick(Object.values(macs))}`],
    [1, () => `ether type ${random.pick(['ip', 'ip6'])}`],
    [1, () => `ip protocol ${not}${random.pick(['tcp', 'udp', 'icmp'])}`],
  ];
  // Behind a translation the frame goes to another MAC than it came with.
  if (hook === 'prerouting') choices.push([1, () => `ether daddr ${not}${random.pick(Object.values(macs))}`]);
  if (hook === 'forward') choices.push([3, () => `oifname ${not}${random.pick(['"p0"', '"p1"', '"p2"', '"br0"'])}`]);
  if (protocol !== '') choices.push([3, () => `${protocol} dport ${not}${random.pick(ports)}`]);
  const parts = [...new Set(Array.from({ length: random.int(0, 2) }, () => random.weighted(choices)()))];
  return [...parts, 'counter', random.weighted([[2, ''], [2, 'accept'], [2, 'drop'], [1, 'return']] as const)].join(' ').trim();
}
