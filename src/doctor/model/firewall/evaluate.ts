import type { Field } from './field.ts';
import { fieldHolds } from './field-holds.ts';
import type { Doubt } from './field-holds.ts';
import type { IpSet } from './ip-set.ts';
import { ipSetHolds } from './ip-set.ts';
import type { Passing } from './passing.ts';
import type { Condition, NamedSet, PhysdevOption, SetElement } from './rule.ts';
import type { Surroundings } from './surroundings.ts';

export interface EvaluationContext {
  readonly surroundings: Surroundings;
  readonly ipSets: ReadonlyMap<string, IpSet>;
  /** Sets of the nft table at hand. */
  readonly tableSets: ReadonlyMap<string, NamedSet>;
}

export function evaluate(condition: Condition, passing: Passing, context: EvaluationContext): boolean | Doubt {
  switch (condition.kind) {
    case 'field':
      return negated(fieldHolds(condition.field, condition.within, passing, context.surroundings), condition.not);
    case 'element': {
      const set = typeof condition.set === 'string' ? context.tableSets.get(condition.set) ?? missingSet(condition.set, 'nft list ruleset') : condition.set;
      if ('sort' in set) return set;
      const found = findElement(set, condition.fields, passing, context.surroundings);
      if (found === 'absent') return false;
      return negated(typeof found === 'object' && found !== null && 'sort' in found ? found : doubtful(found !== null, set), condition.not);
    }
    case 'ipset': {
      const set = context.ipSets.get(condition.name);
      if (set === undefined) return missingSet(condition.name, `ipset save ${condition.name}`);
      return negated(ipSetHolds(set, condition.directions, passing, context), condition.not);
    }
    case 'physdev':
      return physdevHolds(condition.options, passing);
    case 'sometimes':
      return { sort: 'sometimes', what: condition.what, command: null, key: null };
    case 'opaque':
      return { sort: 'unknown', what: condition.what, command: condition.command, key: condition.what };
    case 'never':
      return false;
  }
}

function missingSet(name: string, command: string): Doubt {
  return { sort: 'unknown', what: `the elements of set ${name} are not captured`, command, key: `set ${name}` };
}

/** A listing shows what a dynamic set held when it was taken, not when the packet came. */
function doubtful(holds: boolean, set: NamedSet): boolean | Doubt {
  return set.steady ? holds : { sort: 'sometimes', what: `set ${set.name} is filled by packets as they pass`, command: null, key: `set ${set.name}` };
}

function negated(answer: boolean | Doubt | null, not: boolean): boolean | Doubt {
  if (answer === null) return false;
  return typeof answer === 'boolean' ? answer !== not : answer;
}

/** The first element whose every value fits; null when none does; `absent` when the packet lacks a field. */
export function findElement(set: NamedSet, fields: readonly Field[], passing: Passing, surroundings: Surroundings): SetElement | Doubt | 'absent' | null {
  let doubt: Doubt | null = null;
  for (const element of set.elements) {
    let fits: boolean | Doubt = true;
    for (let index = 0; index < fields.length && fits === true; index++) {
      const field = fields[index];
      const within = element.values[index];
      if (field === undefined || within === undefined) {
        fits = false;
        continue;
      }
      const held = fieldHolds(field, within, passing, surroundings);
      if (held === null) return 'absent';
      fits = held;
    }
    if (fits === true) return element;
    if (fits !== false) doubt ??= fits;
  }
  return doubt;
}

/**
 * As net/netfilter/xt_physdev.c: a packet that no bridge carried fits only options that are negated; `is-bridged` holds once the
 * leaving port is known, so never before FORWARD.
 */
function physdevHolds(options: readonly PhysdevOption[], passing: Passing): boolean | Doubt {
  const carried = passing.inPort !== null || passing.outPort !== null;
  for (const one of options) {
    if (!carried) {
      if (!one.not) return false;
      continue;
    }
    if (one.option === 'in' || one.option === 'out') {
      const port = one.option === 'in' ? passing.inPort : passing.outPort;
      // A bridge sends nothing out of the port it came in by.
      if (port === undefined && one.option === 'out' && one.name === passing.inPort) {
        if (!one.not) return false;
        continue;
      }
      if (port === undefined) return { sort: 'unknown', what: `the bridge port the packet ${one.option === 'in' ? 'came in by' : 'leaves by'}`, command: 'bridge fdb show', key: `physdev-${one.option} ${one.name}` };
      // Without a port: `--physdev-in` is passed over, `--physdev-out` fails, negated or not.
      if (port === null) {
        if (one.option === 'out') return false;
        continue;
      }
      const same = one.name.endsWith('*') ? port.startsWith(one.name.slice(0, -1)) : port === one.name;
      if (same === one.not) return false;
      continue;
    }
    const port = one.option === 'is-in' ? passing.inPort : passing.outPort;
    if ((port !== null) === one.not) return false;
  }
  return true;
}
