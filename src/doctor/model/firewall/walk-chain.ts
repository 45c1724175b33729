import { evaluate, findElement } from './evaluate.ts';
import type { EvaluationContext } from './evaluate.ts';
import type { Doubt } from './field-holds.ts';
import type { Action, Chain, Condition, Rule, Step, Table } from './rule.ts';
import type { Surroundings } from './surroundings.ts';
import { translate } from './translate.ts';
import { assume, copyWalk, currentEntry, trailStep } from './walk-state.ts';
import type { Walk } from './walk-state.ts';
import { commandForTable, copyMark, fork, nextRule, on, translationText, unknownEnd } from './walk-step.ts';
import type { StepResult } from './walk-step.ts';
import type { IpSet } from './ip-set.ts';

export interface ChainContext {
  readonly surroundings: Surroundings;
  readonly ipSets: ReadonlyMap<string, IpSet>;
}

/** Goes on in the chain at hand until the chain is left, the packet ends, or an answer is open. */
export function walkChain(walk: Walk, context: ChainContext): StepResult {
  const { table } = currentEntry(walk);
  const evaluation: EvaluationContext = { surroundings: context.surroundings, ipSets: context.ipSets, tableSets: table.sets };
  while (true) {
    const frame = walk.frames.at(-1);
    if (frame === undefined) return on;
    const rule = frame.chain.rules[frame.rule];
    if (rule === undefined) {
      const left = leaveChain(walk);
      if (left !== on) return left;
      continue;
    }
    const step = rule.steps[frame.step];
    if (step === undefined) {
      frame.rule += 1;
      frame.step = 0;
      continue;
    }
    frame.step += 1;
    const result = isCondition(step) ? check(walk, rule, step, evaluation) : act(walk, rule, step, table, evaluation);
    if (result !== on) return result;
  }
}

function isCondition(step: Step): step is Condition {
  return conditionKinds.has(step.kind);
}

const conditionKinds: ReadonlySet<Step['kind']> = new Set(['field', 'element', 'ipset', 'physdev', 'sometimes', 'opaque', 'never'] satisfies Condition['kind'][]);

function check(walk: Walk, rule: Rule, condition: Condition, evaluation: EvaluationContext): StepResult {
  const held = evaluate(condition, walk.passing, evaluation);
  if (held === true) return on;
  const frame = walk.frames.at(-1);
  if (held === false || frame === undefined || rule.steps.slice(frame.step).every((step) => isCondition(step) || step.kind === 'count' || step.kind === 'pass')) {
    nextRule(walk);
    return on;
  }
  return fork(walk, rule, held, null, nextRule);
}

/** The end of a chain: back to the caller, or the policy. */
function leaveChain(walk: Walk): StepResult {
  const frame = walk.frames.at(-1);
  if (frame === undefined) return on;
  if (frame.chain.captured === 'some') assume(walk, `chain ${frame.chain.name}: nothing decides among the lines that were not captured`);
  if (walk.frames.length > 1) {
    walk.frames.pop();
    return on;
  }
  const { base, chain } = currentEntry(walk);
  walk.counted.set(chain, (walk.counted.get(chain) ?? 0) + 1);
  if (base.policy === null) {
    const doubt: Doubt = { sort: 'unknown', what: `the policy of ${chain.name} is not captured`, command: 'iptables-save -c', key: `policy ${chain.name}` };
    return fork(walk, null, doubt, { kind: 'dropped', by: trailStep(walk, null, 'policy drop') }, (other) => {
      other.frames = [];
    });
  }
  if (base.policy === 'drop') return { kind: 'ended', ending: { kind: 'dropped', by: trailStep(walk, null, 'policy drop') } };
  walk.trail.push(trailStep(walk, null, 'policy accept'));
  walk.frames = [];
  return on;
}

function act(walk: Walk, rule: Rule, action: Action, table: Table, evaluation: EvaluationContext): StepResult {
  const { passing } = walk;
  switch (action.kind) {
    case 'count':
      walk.counted.set(rule, (walk.counted.get(rule) ?? 0) + 1);
      return on;
    case 'pass':
      walk.trail.push(trailStep(walk, rule, action.text));
      return on;
    case 'accept':
      walk.trail.push(trailStep(walk, rule, 'accept'));
      walk.frames = [];
      return on;
    case 'drop':
      return { kind: 'ended', ending: { kind: 'dropped', by: trailStep(walk, rule, 'drop') } };
    case 'reject':
      return { kind: 'ended', ending: { kind: 'rejected', by: trailStep(walk, rule, `reject with ${action.reply}`), reply: action.reply } };
    case 'continue':
      nextRule(walk);
      return on;
    case 'return': {
      walk.trail.push(trailStep(walk, rule, 'return'));
      const frame = walk.frames.at(-1);
      if (frame !== undefined) frame.rule = frame.chain.rules.length;
      return on;
    }
    case 'jump':
    case 'goto':
      return enter(walk, rule, action.kind, action.chain, table);
    case 'verdict-map': {
      const named = typeof action.map === 'string' ? action.map : '{}';
      const map = typeof action.map === 'string' ? table.sets.get(action.map) : action.map;
      if (map === undefined) return unknownEnd(walk, rule, { sort: 'unknown', what: `the elements of map ${named} are not captured`, command: 'nft list ruleset', key: null });
      const found = findElement(map, action.fields, passing, evaluation.surroundings);
      if (found === null || found === 'absent') {
        nextRule(walk);
        return on;
      }
      if ('sort' in found) return unknownEnd(walk, rule, found);
      return found.verdict === null ? on : act(walk, rule, found.verdict, table, evaluation);
    }
    case 'lot': {
      const at = trailStep(walk, rule, action.what);
      const ways = action.verdicts.map((verdict) => {
        const one = copyWalk(walk);
        one.doubts = [...one.doubts, { sort: 'sometimes', what: action.what, command: null, key: null, taken: true, at }];
        const result = act(one, rule, verdict, table, evaluation);
        return { walk: one, ending: result.kind === 'ended' ? result.ending : null };
      });
      return ways.length === 0 ? on : { kind: 'fork', ways };
    }
    case 'mark': {
      const present = action.of === 'packet' ? passing.mark : passing.connectionMark;
      const known = present !== undefined ? ((present & ~action.clear) ^ action.flip) >>> 0 : action.clear === 0xffffffff ? action.flip : undefined;
      if (action.of === 'packet') passing.mark = known;
      else if (passing.tracking === 'tracked') passing.connectionMark = known;
      walk.trail.push(trailStep(walk, rule, known === undefined ? 'mark changed' : `mark 0x${known.toString(16)}`));
      return on;
    }
    case 'copy-mark':
      copyMark(walk, action);
      return on;
    case 'no-track':
      // Too late once tracking has an entry for the packet; an INVALID one has none.
      if (passing.tracking === 'none') passing.tracking = 'untracked';
      walk.trail.push(trailStep(walk, rule, 'no tracking'));
      return on;
    case 'translate': {
      const { nat } = currentEntry(walk);
      if (nat === null) return unknownEnd(walk, rule, { sort: 'unknown', what: 'a translation outside a nat chain', command: null, key: null });
      translate(passing, action.what, action.to, walk.hook, evaluation.surroundings);
      walk.trail.push(trailStep(walk, rule, translationText(action.what, passing)));
      walk.frames = [];
      return on;
    }
    case 'tproxy':
      passing.toSelf = true;
      walk.trail.push(trailStep(walk, rule, 'handed to a local socket (tproxy)'));
      walk.frames = [];
      return on;
    case 'queue':
      return unknownEnd(walk, rule, { sort: 'unknown', what: 'a program outside the kernel decides (queue)', command: 'cat /proc/net/netfilter/nfnetlink_queue', key: null });
    case 'opaque-target': {
      const doubt: Doubt = { sort: 'unknown', what: action.what, command: action.command, key: `${action.what} in ${rule.source.file}:${rule.source.line}` };
      return fork(walk, rule, doubt, { kind: 'unknown', doubt, at: trailStep(walk, rule, action.what) }, () => undefined);
    }
  }
}

function enter(walk: Walk, rule: Rule, how: 'jump' | 'goto', name: string, table: Table): StepResult {
  walk.trail.push(trailStep(walk, rule, `${how} ${name}`));
  const chain: Chain | undefined = table.chains.get(name);
  const frame = walk.frames.at(-1);
  if (how === 'goto' && frame !== undefined) frame.rule = frame.chain.rules.length;
  if (walk.frames.length > 512) return unknownEnd(walk, rule, { sort: 'unknown', what: 'the chains jump in circles', command: 'iptables-save -c', key: null });
  if (chain === undefined || chain.captured === 'none') {
    const doubt: Doubt = { sort: 'unknown', what: `chain ${name} is jumped to but not captured`, command: commandForTable(table), key: `chain ${name}` };
    return fork(walk, rule, doubt, { kind: 'unknown', doubt, at: trailStep(walk, rule, doubt.what) }, (other) => {
      assume(other, `chain ${name} is not captured: it is taken to let the packet go on`);
    });
  }
  walk.frames.push({ chain, rule: 0, step: 0 });
  return on;
}

