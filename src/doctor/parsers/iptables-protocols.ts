import { numbers } from '../model/firewall/field.ts';
import type { Field } from '../model/firewall/field.ts';
import { tcpFlagBits } from '../model/firewall/packet.ts';
import { icmpKind } from '../model/firewall/protocols.ts';
import { field, opaque, ports, unreadable } from './iptables-generic.ts';
import type { RuleDraft, RuleWords } from './iptables-option.ts';

export function tcpUdp(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  switch (option) {
    case '--sport': case '--source-port':
      ports(rule, 'sourcePort', [words.next()], not);
      return true;
    case '--dport': case '--destination-port':
      ports(rule, 'destinationPort', [words.next()], not);
      return true;
    case '--tcp-flags':
      tcpFlags(rule, words.next(), words.next(), not);
      return true;
    case '--syn':
      tcpFlags(rule, 'FIN,SYN,RST,ACK', 'SYN', not);
      return true;
    default:
      return false;
  }
}

export function tcpFlags(rule: RuleDraft, maskText: string, valueText: string, not: boolean): void {
  const mask = flagBits(maskText);
  const value = flagBits(valueText);
  if (mask === null || value === null) unreadable(rule, `--tcp-flags ${maskText} ${valueText}`);
  else field(rule, 'tcpFlags', { type: 'bits', mask, value }, not);
}

function flagBits(text: string): number | null {
  // `iptables -L` prints both as numbers: flags:0x17/0x02.
  if (/^0x[0-9a-f]{1,2}$/i.test(text)) return Number(text);
  let bits = 0;
  for (const name of text.split(',')) {
    if (name === 'ALL') bits |= 63;
    else if (name in tcpFlagBits) bits |= tcpFlagBits[name as keyof typeof tcpFlagBits];
    else if (name !== 'NONE') return null;
  }
  return bits;
}

export function icmp(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--icmp-type' && option !== '--icmpv6-type') return false;
  const text = words.next();
  const kind = icmpKind(text, rule.family);
  if (kind === null) unreadable(rule, `${option} ${text}`);
  else if (kind.type !== null && not && kind.code !== null) opaque(rule, `! ${option} ${text}`);
  else if (kind.type !== null) {
    field(rule, 'icmpType', numbers(kind.type), not);
    if (kind.code !== null) field(rule, 'icmpCode', numbers(kind.code), false);
  }
  return true;
}

export function multiport(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  const side = { '--sports': 'sourcePort', '--source-ports': 'sourcePort', '--dports': 'destinationPort', '--destination-ports': 'destinationPort', '--ports': 'eitherPort' }[option];
  if (side === undefined) return false;
  const texts = words.next().split(',');
  // `! --ports` means that neither port is listed, which is what a list value makes of it.
  ports(rule, side as Field, texts, not);
  return true;
}
