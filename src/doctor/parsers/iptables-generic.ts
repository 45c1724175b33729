import { addressSet, names, numbers } from '../model/firewall/field.ts';
import type { Field, ValueSet } from '../model/firewall/field.ts';
import { protocolNumber } from '../model/firewall/protocols.ts';
import type { Condition } from '../model/firewall/rule.ts';
import { deviceName, portRange } from './iptables-option.ts';
import type { RuleDraft, RuleWords } from './iptables-option.ts';
import { servicePort } from './service-ports.ts';

export function field(rule: RuleDraft, name: Field, within: ValueSet, not: boolean): void {
  rule.steps.push({ kind: 'field', field: name, within, not });
}

export function opaque(rule: RuleDraft, what: string, command: string | null = null): void {
  rule.steps.push({ kind: 'opaque', what, command });
}

export function unreadable(rule: RuleDraft, text: string): void {
  rule.oddities.push({ code: 'unreadable-part', text });
  opaque(rule, `"${text}" cannot be read`, 'iptables-save');
}

const protocolSteps = new Map<number, Condition>();

function protocolStep(number: number, not: boolean): Condition {
  const key = not ? -1 - number : number;
  const step = protocolSteps.get(key) ?? { kind: 'field', field: 'protocol', within: numbers(number), not };
  protocolSteps.set(key, step);
  return step;
}

/** Options that need no module. */
export function genericOption(option: string, words: RuleWords, not: boolean, rule: RuleDraft): boolean {
  switch (option) {
    case '-s': case '--source': case '--src':
      return address(rule, 'source', words.next(), not);
    case '-d': case '--destination': case '--dst':
      return address(rule, 'destination', words.next(), not);
    case '-i': case '--in-interface':
      field(rule, 'inInterface', names(deviceName(words.next())), not);
      return true;
    case '-o': case '--out-interface':
      field(rule, 'outInterface', names(deviceName(words.next())), not);
      return true;
    case '-p': case '--protocol': case '--proto': {
      const text = words.next();
      const number = protocolNumber(text);
      rule.protocol = text;
      if (number === null) unreadable(rule, `-p ${text}`);
      else if (number !== 0) rule.steps.push(protocolStep(number, not));
      return true;
    }
    // Second and later fragments: connection tracking puts packets together first, so none of them gets here.
    case '-f': case '--fragment':
      if (!not) rule.steps.push({ kind: 'never' });
      return true;
    case '-4': case '-6': case '--ipv4': case '--ipv6':
      return true;
    default:
      return false;
  }
}

export function address(rule: RuleDraft, name: Field, text: string, not: boolean): boolean {
  const within = addressSet(text.includes(',') ? text.split(',') : [text]);
  if (within === null) {
    rule.oddities.push({ code: 'not-an-address', text });
    opaque(rule, `"${text}" is not an address`, 'iptables-save');
  } else if (!(within.type === 'numbers' && !not && within.ranges.some(([low, high]) => low === 0 && high === 0xffffffff))) field(rule, name, within, not);
  return true;
}

export function ports(rule: RuleDraft, name: Field, texts: readonly string[], not: boolean): void {
  const ranges: (readonly [number, number])[] = [];
  for (const text of texts) {
    const range = portRange(text, servicePort);
    if (range === null) {
      unreadable(rule, text);
      return;
    }
    ranges.push(range);
  }
  field(rule, name, { type: 'numbers', ranges }, not);
}
