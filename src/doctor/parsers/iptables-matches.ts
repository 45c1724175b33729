import { mac } from '../address.ts';
import { names, numbers } from '../model/firewall/field.ts';
import { protocolNumber } from '../model/firewall/protocols.ts';
import type { Condition, PhysdevOption } from '../model/firewall/rule.ts';
import { address, field, opaque, ports, unreadable } from './iptables-generic.ts';
import { icmp, multiport, tcpUdp } from './iptables-protocols.ts';
import { deviceName, maskedValue, numberRange, valueAndMask } from './iptables-option.ts';
import type { RuleDraft, RuleWords } from './iptables-option.ts';

/** Reads one option of a match that has the module's name; false when the module does not have it. */
type Match = (option: string, words: RuleWords, not: boolean, rule: RuleDraft) => boolean;

/** `-m NAME` and the protocol modules, by name. A module that is not here is opaque. */
export const iptablesMatches: Readonly<Record<string, Match>> = {
  tcp: tcpUdp, udp: tcpUdp, sctp: tcpUdp, dccp: tcpUdp, udplite: tcpUdp,
  icmp: icmp, icmp6: icmp, icmpv6: icmp, multiport, state: connection, conntrack: connection, mac: macSource, physdev, comment,
  mark, connmark: mark, addrtype, iprange, set: matchSet, length, ttl, hl: ttl, pkttype, recent, policy,
};

/** Matches that hold now and then; what they are asked is kept as text. */
export const sometimesMatches = new Set(['limit', 'hashlimit', 'statistic', 'quota', 'quota2', 'connlimit', 'nth', 'random', 'time', 'connbytes', 'rateest', 'nfacct', 'cluster', 'cpu', 'dstlimit']);

function connection(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  switch (option) {
    case '--state': case '--ctstate':
      field(rule, 'connectionState', { type: 'names', names: words.next().toUpperCase().split(',') }, not);
      return true;
    case '--ctproto': {
      const number = protocolNumber(words.next());
      if (number === null) opaque(rule, '--ctproto');
      else field(rule, 'protocol', numbers(number), not);
      return true;
    }
    case '--ctorigsrc':
      return address(rule, 'originalSource', words.next(), not);
    case '--ctorigdst':
      return address(rule, 'originalDestination', words.next(), not);
    case '--ctorigsrcport':
      ports(rule, 'originalSourcePort', [words.next()], not);
      return true;
    case '--ctorigdstport':
      ports(rule, 'originalDestinationPort', [words.next()], not);
      return true;
    case '--ctdir':
      field(rule, 'connectionDirection', names(words.next().toLowerCase()), not);
      return true;
    case '--ctstatus': case '--ctreplsrc': case '--ctrepldst': case '--ctreplsrcport': case '--ctrepldstport': case '--ctexpire':
      opaque(rule, `${option} ${words.next()}`, 'conntrack -L');
      return true;
    default:
      return false;
  }
}

function macSource(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--mac-source') return false;
  macIs(rule, words.next(), not);
  return true;
}

/** A value that is no MAC (a paste edited by search and replace) keeps the rule, and leaves open whether it fits. */
export function macIs(rule: RuleDraft, text: string, not: boolean): void {
  const value = mac(text);
  if (value === null) {
    rule.oddities.push({ code: 'not-a-mac', text });
    opaque(rule, `"${text}" is not a MAC address`, 'iptables-save');
  } else field(rule, 'sourceMac', names(value), not);
}

function physdev(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  let read: PhysdevOption;
  switch (option) {
    case '--physdev-in': case '--physdev-out':
      read = { option: option === '--physdev-in' ? 'in' : 'out', name: deviceName(words.next()), not };
      break;
    case '--physdev-is-in':
      read = { option: 'is-in', not };
      break;
    case '--physdev-is-out':
      read = { option: 'is-out', not };
      break;
    case '--physdev-is-bridged':
      read = { option: 'is-bridged', not };
      break;
    default:
      return false;
  }
  const last = rule.steps.at(-1);
  if (last?.kind === 'physdev') rule.steps[rule.steps.length - 1] = { kind: 'physdev', options: [...last.options, read] };
  else rule.steps.push({ kind: 'physdev', options: [read] });
  return true;
}

function comment(option: string, words: RuleWords, _not: boolean, rule: RuleDraft): boolean {
  if (option !== '--comment') return false;
  rule.comment = words.next();
  return true;
}

function mark(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--mark') return false;
  const text = words.next();
  const read = valueAndMask(text);
  if (read === null) unreadable(rule, `--mark ${text}`);
  else field(rule, rule.module === 'connmark' ? 'connectionMark' : 'mark', maskedValue(read.value, read.mask), not);
  return true;
}

function addrtype(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option === '--limit-iface-in' || option === '--limit-iface-out') return true;
  if (option !== '--src-type' && option !== '--dst-type') return false;
  field(rule, option === '--src-type' ? 'sourceType' : 'destinationType', { type: 'names', names: words.next().toUpperCase().split(',') }, not);
  return true;
}

function iprange(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--src-range' && option !== '--dst-range') return false;
  return address(rule, option === '--src-range' ? 'source' : 'destination', words.next(), not);
}

function matchSet(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option === '--match-set' || option === '--set') {
    const name = words.next();
    const directions = words.next().split(',').map((side) => (side === 'dst' ? 'dst' as const : 'src' as const));
    rule.steps.push({ kind: 'ipset', name, directions, not } satisfies Condition);
    return true;
  }
  if (option === '--return-nomatch' || option === '--update-counters' || option === '--update-subcounters') return true;
  if (/^--(?:packets|bytes)-(?:eq|lt|gt)$/.test(option)) {
    rule.steps.push({ kind: 'sometimes', what: `${option} ${words.next()}` });
    return true;
  }
  return false;
}

function length(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--length') return false;
  const text = words.next();
  const range = numberRange(text);
  if (range === null) unreadable(rule, `--length ${text}`);
  else field(rule, 'length', { type: 'numbers', ranges: [range] }, not);
  return true;
}

function ttl(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  const kind = /^--(?:ttl|hl)-(eq|lt|gt)$/.exec(option)?.[1];
  if (kind === undefined) return false;
  const value = Number(words.next());
  if (!Number.isInteger(value)) unreadable(rule, option);
  else field(rule, 'ttl', { type: 'numbers', ranges: [kind === 'eq' ? [value, value] : kind === 'lt' ? [0, value - 1] : [value + 1, 255]] }, not);
  return true;
}

function pkttype(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option !== '--pkt-type') return false;
  const text = words.next();
  field(rule, 'packetType', names(text === 'unicast' ? 'host' : text), not);
  return true;
}

/** `--set` always holds (it only remembers the source); the questions depend on what passed before. */
function recent(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  switch (option) {
    case '--set':
      if (not) rule.steps.push({ kind: 'never' });
      return true;
    case '--rcheck': case '--update': case '--remove':
      rule.steps.push({ kind: 'sometimes', what: `recent ${option}` });
      return true;
    case '--name': case '--mask': case '--seconds': case '--hitcount':
      words.next();
      return true;
    case '--rsource': case '--rdest': case '--reap': case '--rttl':
      return true;
    default:
      return false;
  }
}

function policy(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  if (option === '--dir') {
    words.next();
    return true;
  }
  if (option !== '--pol') return false;
  const kind = words.next();
  // Packets are taken to be plain: whether IPsec handles one depends on policies outside the filter.
  if ((kind === 'none') === not) opaque(rule, `--pol ${kind}`, 'ip xfrm policy');
  return true;
}
