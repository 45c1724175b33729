import type { Action, Oddity, Step } from '../model/firewall/rule.ts';
import { genericOption, opaque } from './iptables-generic.ts';
import { iptablesMatches, sometimesMatches } from './iptables-matches.ts';
import type { RuleDraft } from './iptables-option.ts';
import { RuleWords, countStep } from './iptables-option.ts';
import { noOptions, readTargetOptions, targetAction } from './iptables-targets.ts';

const none: readonly Oddity[] = [];

export interface ReadRule {
  readonly steps: readonly Step[];
  readonly comment: string | null;
  readonly oddities: readonly Oddity[];
}

/** Where NETMAP stands decides which side it maps. */
export interface RulePlace {
  readonly family: 4 | 6;
  /** True in POSTROUTING and INPUT (and chains that only they reach): translations there change the source. */
  readonly afterRouting: boolean;
}

/**
 * The words of a rule as `iptables-save` writes them after `-A CHAIN`. Conditions in the order written (the order only matters to
 * speed), then the counter, then the target: a rule without target counts and goes on.
 */
export function readIptablesRule(words: readonly string[], place: RulePlace): ReadRule {
  const rule: RuleDraft = { steps: [], oddities: [], family: place.family, comment: null, module: '', protocol: '' };
  const cursor = new RuleWords(words);
  let target: Action | null = null;
  let not = false;
  while (!cursor.ended()) {
    const word = cursor.next();
    switch (word) {
      case '!':
        not = true;
        continue;
      case '-m':
      case '--match':
        enterModule(rule, cursor.next());
        break;
      case '-j':
      case '--jump':
        target = mapSide(targetAction(cursor.next(), cursor.ended() ? noOptions : readTargetOptions(cursor)), place);
        break;
      case '-g':
      case '--goto':
        target = { kind: 'goto', chain: cursor.next() };
        break;
      default:
        if (!word.startsWith('-')) unreadable(rule, word);
        // Old spelling: the `!` follows the option.
        else {
          if (cursor.peek() === '!') {
            cursor.next();
            not = true;
          }
          readOption(rule, word, cursor, not);
        }
    }
    not = false;
  }
  rule.steps.push(countStep);
  if (target !== null) rule.steps.push(target);
  return { steps: rule.steps, comment: rule.comment, oddities: rule.oddities.length === 0 ? none : rule.oddities };
}

function mapSide(action: Action, place: RulePlace): Action {
  return place.afterRouting && action.kind === 'translate' && typeof action.to.address === 'object' && action.to.address !== null && 'prefix' in action.to.address ? { ...action, what: 'source' } : action;
}

function enterModule(rule: RuleDraft, name: string): void {
  rule.module = name;
  if (sometimesMatches.has(name)) rule.steps.push({ kind: 'sometimes', what: name });
  else if (iptablesMatches[name] === undefined) opaque(rule, `match ${name}`, settles[name] ?? null);
}

/** Which command shows what an opaque match asks. */
const settles: Readonly<Record<string, string>> = { rpfilter: 'ip route get', socket: 'ss -tlnp', owner: 'ss -tnpe', cgroup: 'ss -tnpe', helper: 'conntrack -L' };

function readOption(rule: RuleDraft, option: string, cursor: RuleWords, not: boolean): void {
  if (genericOption(option, cursor, not, rule)) return;
  for (const module of [rule.module, protocolModule(rule)]) {
    if (iptablesMatches[module]?.(option, cursor, not, rule) === true) return;
  }
  const rest = cursor.arguments();
  // An option of a match that is opaque (or chance) already: it only says more of what nobody can evaluate.
  const last = rule.steps.at(-1);
  if (last !== undefined && (last.kind === 'opaque' || last.kind === 'sometimes')) {
    rule.steps[rule.steps.length - 1] = { ...last, what: `${last.what} ${not ? '! ' : ''}${option}${rest === '' ? '' : ` ${rest}`}`.slice(0, 200) };
    return;
  }
  opaque(rule, `${option}${rest === '' ? '' : ` ${rest}`}`.slice(0, 200));
}

function protocolModule(rule: RuleDraft): string {
  switch (rule.protocol) {
    case '6':
      return 'tcp';
    case '17':
      return 'udp';
    case '1':
    case 'ipv6-icmp':
    case '58':
      return 'icmp';
    default:
      return rule.protocol;
  }
}

function unreadable(rule: RuleDraft, text: string): void {
  rule.oddities.push({ code: 'unreadable-part', text: text.slice(0, 200) });
  opaque(rule, `"${text.slice(0, 200)}" cannot be read`, 'iptables-save');
}
